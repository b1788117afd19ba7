/** The documents that `--json` prints, held against the schemas in the package. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { repositoryRoot } from './paths.js';

/**
 * @param schema its file in `schemas/`
 * @returns what is wrong with the document; nothing if all is well
 */
export async function problemsOf(schema: string, text: string): Promise<unknown[]> {
  const parsed = JSON.parse(await readFile(join(repositoryRoot, 'schemas', schema), 'utf8')) as object;
  const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(parsed);
  return validate(JSON.parse(text)) ? [] : (validate.errors ?? []);
}
