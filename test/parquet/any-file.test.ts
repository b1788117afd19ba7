/** Parquet files for programs that have no graph. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromBytes, readFacts, rewriteRows } from '../../src/parquet.js';
import type { RowSlice } from '../../src/parquet.js';
import { repositoryRoot } from '../support/paths.js';

const PATH =
  'test/fixtures/cases/aligned/node_data/user-vector/parquet/part-00000-75101245-4868-5ad9-8d0d-0cc49950460e-c000.snappy.parquet';
const file = fromBytes(PATH, readFileSync(join(repositoryRoot, PATH)));

async function rowsOf(slices: [RowSlice, ...RowSlice[]]): Promise<number> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await rewriteRows([file], slices)).bytes) chunks.push(chunk);
  return (await readFacts(fromBytes('out.parquet', Buffer.concat(chunks)))).rows;
}

test('slices in any order, twice, or none of their rows', async () => {
  const { rows } = await readFacts(file);
  expect(await rowsOf([{ source: 0, from: 1, to: rows }])).toBe(rows - 1);
  expect(
    await rowsOf([
      { source: 0, from: 2, to: 4 },
      { source: 0, from: 0, to: rows },
    ]),
  ).toBe(rows + 2);
  expect(await rowsOf([{ source: 0, from: 0, to: 0 }])).toBe(0);
});

describe('what makes no sense is an error, not an empty file', () => {
  const cases: [string, unknown, string][] = [
    ['no slices', [], 'usage'],
    ['a file that was not given', [{ source: 1, from: 0, to: 1 }], 'usage'],
    ['no file', [{ from: 0, to: 1 }], 'usage'],
    ['no number', [{ source: 0, from: 0, to: NaN }], 'mismatch'],
    ['no end', [{ source: 0, from: 0 }], 'mismatch'],
    ['half a row', [{ source: 0, from: 0.5, to: 2 }], 'mismatch'],
    ['rows before the first', [{ source: 0, from: -1, to: 2 }], 'mismatch'],
    ['rows behind the last', [{ source: 0, from: 0, to: 1e9 }], 'mismatch'],
    ['an end before the beginning', [{ source: 0, from: 3, to: 2 }], 'mismatch'],
  ];
  test.each(cases)('%s', async (_name, slices, code) => {
    await expect(rowsOf(slices as [RowSlice])).rejects.toMatchObject({ code });
  });
});
