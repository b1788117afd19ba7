/** metadata.json from storage. */
import { RepartitionError } from '../../errors.js';
import { type GraphMetadata, parseMetadata } from '../../metadata/index.js';
import type { CallOptions, ObjectStat, Storage } from '../../storage/storage.js';

export interface ReadMetadata {
  metadata: GraphMetadata;
  /** Which version of the file it was. */
  stat: ObjectStat;
}

/**
 * @param option the option that names the file, for the hint
 * @throws RepartitionError `not-found` when there is none, `metadata` when it can't be understood
 */
export async function readMetadata(
  storage: Storage,
  file: string,
  option: 'inputMetadataFileName' | 'metadataFileName',
  options: CallOptions,
): Promise<ReadMetadata> {
  const stat = await storage.stat(file, options);
  if (!stat) {
    throw new RepartitionError('not-found', `no ${file} under ${storage.describe('')}`, {
      hint: `Give the prefix that gs-processing wrote to, or the name with \`${option}\`.`,
      operation: 'read',
      path: storage.describe(file),
    });
  }
  const bytes = await storage.read(file, 0, stat.size, { ...options, version: stat.version });
  return { metadata: parseMetadata(bytes, storage.describe(file)), stat };
}
