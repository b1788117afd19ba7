/** Where the graph is: what every command about a prefix has and passes on. */
import type { PrefixOptions } from '../repartition/api.js';
import type { Session } from './command.js';
import { path, required, type Values } from './options.js';
import { readS3Options } from './s3-options.js';

export const prefixOption = {
  'input-prefix': required(path('The graph: a folder, or s3://bucket/prefix', 'folder')),
};

export function prefixFrom(
  values: Values<typeof prefixOption>,
  { signal }: Session,
): Pick<PrefixOptions, 'inputPrefix' | 's3' | 'signal'> {
  const s3 = readS3Options(values);
  return { inputPrefix: values['input-prefix'], ...(s3 && { s3 }), signal };
}
