/** Re-encoding many small parts says by dictionary what they said by dictionary. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RowSlices } from '../../src/parquet/source.js';
import type { FileSpec } from '../support/file-spec.js';
import { readPages } from '../support/pages.js';
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

describe('what is PLAIN once is PLAIN to the end of the chunk', () => {
  // Spark's vectorized reader loses the values in front where a chunk goes back to its dictionary.
  const text = (cells: FileSpec['columns'][0]['cells'], use_dictionary = true): FileSpec => ({
    columns: [{ name: 'text', type: 'string', cells }],
    options: { compression: 'none', use_dictionary },
  });
  const few = (rows: number): string[] => Array.from({ length: rows }, (_, i) => `s:${i % 3}`);
  const nulls = (rows: number): null[] => Array.from({ length: rows }, () => null);
  const long = (name: string): string[] =>
    Array.from({ length: 30 }, (_, i) => `s:${`${name}-${i} `.repeat(10_000)}`);

  test.each([
    ['a part without a dictionary in front', [text(few(50), false), text(few(60))], ['PLAIN']],
    [
      'a part without a dictionary between',
      [text(few(50)), text(few(50), false), text(few(50))],
      ['RLE_DICTIONARY', 'PLAIN'],
    ],
    [
      'a dictionary that is full',
      [text(few(50)), text(long('a')), text(few(60))],
      ['RLE_DICTIONARY', 'PLAIN'],
    ],
    [
      'a page of nulls between',
      [text(few(50)), text(nulls(20_000)), text(nulls(20_000)), text(few(50))],
      ['RLE_DICTIONARY'],
    ],
    ['a page of nulls in front', [text(nulls(20_000)), text(few(50))], ['PLAIN', 'RLE_DICTIONARY']],
  ])('%s', async (_, parts, order) => {
    const output = join(folder, 'order.parquet');
    const paths = await joined(parts, output);
    const read = await readWithAll([output]);
    const inputs = await Promise.all(paths.map((path) => pyarrow.read(path)));
    expect(read.columns[0]!.cells).toEqual(inputs.flatMap(({ columns }) => columns[0]!.cells));
    const { pages } = (await readPages(output)).groups[0]!.chunks[0]!;
    const encodings = pages.filter(({ kind }) => kind !== 'dictionary').map(({ encoding }) => encoding);
    expect(encodings.filter((one, i) => one !== encodings[i - 1])).toEqual(order);
  });
});
