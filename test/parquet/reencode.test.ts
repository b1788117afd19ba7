/** Re-encoding many small parts says by dictionary what they said by dictionary. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RowSlices } from '../../src/parquet/source.js';
import type { FileSpec } from '../support/file-spec.js';
import * as pyarrow from '../support/pyarrow.js';
import { readWithAll } from '../support/read-with-all.js';
import { reencodeFiles } from './files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-join-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sizeOf = async (path: string): Promise<number> => (await stat(path)).size;

async function joined(parts: readonly FileSpec[], output: string): Promise<string[]> {
  const paths = parts.map((_, i) => join(folder, `${i}.parquet`));
  for (const [i, part] of parts.entries()) await pyarrow.write(paths[i]!, part);
  const slices = parts.map(({ columns }, source) => ({ source, from: 0, to: columns[0]!.cells.length }));
  await reencodeFiles(paths, slices as unknown as RowSlices, output);
  return paths;
}

test('long texts that repeat are written once, though they come from many dictionaries', async () => {
  const texts = Array.from({ length: 5 }, (_, i) => `s:${String.fromCharCode(97 + i).repeat(20_000)}`);
  const part = (i: number): FileSpec => ({
    columns: [
      {
        name: 'text',
        type: 'string',
        cells: Array.from({ length: 400 }, (_, row) => texts[(row + i) % (3 + (i % 3))]!),
      },
    ],
    options: { compression: 'none' },
  });
  const output = join(folder, 'texts.parquet');
  const paths = await joined([0, 1, 2, 3, 4, 5].map(part), output);
  const read = await readWithAll([output]);
  const inputs = await Promise.all(paths.map((path) => pyarrow.read(path)));
  expect(read.columns[0]!.cells).toEqual(inputs.flatMap(({ columns }) => columns[0]!.cells));
  expect(await sizeOf(output)).toBeLessThan(5 * 20_000 + 10_000);
  expect(Math.min(...(await Promise.all(paths.map(sizeOf))))).toBeGreaterThan(3 * 20_000);
});

test('values that fill the dictionary go on in PLAIN', async () => {
  const part = (i: number): FileSpec => ({
    columns: [
      {
        name: 'text',
        type: 'string',
        cells: Array.from({ length: 60 }, (_, row) => `s:${`${i}-${row % 30} `.repeat(3_000)}`),
      },
    ],
    options: { compression: 'none' },
  });
  const output = join(folder, 'many-texts.parquet');
  const paths = await joined([0, 1, 2].map(part), output);
  const read = await readWithAll([output]);
  const inputs = await Promise.all(paths.map((path) => pyarrow.read(path)));
  expect(read.columns[0]!.cells).toEqual(inputs.flatMap(({ columns }) => columns[0]!.cells));
});
