/** The promise of every alignment: the same rows in the same order, the same schema, the same footer keys but `shape`. */
import { expect } from 'vitest';
import { type AgreedFile, readWithAll } from './read-with-all.js';
import { check } from './pyarrow.js';

/** Keys that alignment may change: `shape`, which is the point, and `ARROW:schema`, which carries a copy of it. */
const CHANGEABLE = ['shape', 'ARROW:schema'];

/**
 * Fails unless the concatenated rows of `outputs` equal those of `inputs` for three readers, value for value and null
 * for null, and every output has the inputs' schema and footer keys and tells the truth in its footer.
 */
export async function expectSameRows(inputs: readonly string[], outputs: readonly string[]): Promise<void> {
  const [before, after] = [await readWithAll(inputs), await readWithAll(outputs)];
  expect(after.columns).toEqual(before.columns);
  const [template] = before.files as [AgreedFile];
  for (const file of after.files) {
    expect({ path: file.path, ...describe(file) }).toEqual({ path: file.path, ...describe(template) });
    expect(await check(file.path)).toEqual([]);
  }
}

function describe(file: AgreedFile): object {
  const keys = Object.entries(file.keys).filter(([key]) => !CHANGEABLE.includes(key));
  return {
    keys: Object.fromEntries(keys),
    hasArrowSchema: 'ARROW:schema' in file.keys,
    arrowSchema: file.arrowSchema,
    leaves: file.leaves,
    schema: file.schema,
  };
}
