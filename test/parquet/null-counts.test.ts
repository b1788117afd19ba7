/** Some readers take a null count that is missing for 0: Statistics have an exact one, or there are none. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ColumnChunk, ColumnMetaData, RowGroup, Statistics } from '../../src/parquet/format.js';
import type { Cell } from '../support/canonical.js';
import type { FileSpec, PyarrowOptions } from '../support/file-spec.js';
import * as duckdb from '../support/duckdb.js';
import * as pyarrow from '../support/pyarrow.js';
import { openFiles, spliceFiles } from './files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-nulls-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ROWS = 3000;
/** More nulls in front than behind, so that no page has the same number as another. */
const isNull = (row: number): boolean => row % 5 === 0 || (row < 1000 && row % 3 === 0);
const cells: Cell[] = Array.from({ length: ROWS }, (_, i) => (isNull(i) ? null : String(i)));
const spec = (options: PyarrowOptions, all: Cell[] = cells): FileSpec => ({
  columns: [{ name: 'x', type: 'int64', cells: all }],
  options: { max_rows_per_page: 500, write_batch_size: 1, use_dictionary: false, ...options },
});

/** What the statistics of each row group of a cut say, and how many nulls there are in it. */
async function nullsOfCut(
  input: string,
  from: number,
  to: number,
  all = cells,
): Promise<[unknown, number][]> {
  const output = join(folder, 'out.parquet');
  await spliceFiles([input], [{ source: 0, from, to }], output);
  const { footer } = await openFiles([output])(0);
  let row = from;
  return footer.rowGroups.map((group) => {
    const rows = group.require(RowGroup.numRows);
    const nulls = all.slice(row, row + rows).filter((cell) => cell === null).length;
    row += rows;
    const meta = group.require(RowGroup.columns)[0]!.require(ColumnChunk.metaData);
    const statistics = meta.get(ColumnMetaData.statistics);
    return [statistics?.get(Statistics.nullCount), nulls];
  });
}

/** Within a page; over pages of which few, or most, are copied; at the edges of pages. */
const CUTS = [
  [100, 200],
  [100, 1700],
  [0, 2900],
  [1300, 3000],
  [500, 2500],
] as const;

async function expectExact(input: string, all = cells): Promise<void> {
  for (const [from, to] of CUTS) {
    for (const [stated, nulls] of await nullsOfCut(input, from, to, all)) expect(stated).toBe(nulls);
  }
}

describe('nulls are counted exactly', () => {
  test.each([
    ['by the statistics that parquet-cpp gives V1 pages', { data_page_version: '1.0' }],
    ['by the headers of V2 pages', { data_page_version: '2.0' }],
    ['by the column index', { data_page_version: '1.0', write_page_index: true }],
    ['where sizes need no header', { data_page_version: '1.0', compression: 'none' }],
    ['where pages are compressed', { data_page_version: '2.0', compression: 'zstd' }],
  ] satisfies [string, PyarrowOptions][])('%s', async (_, options) => {
    const input = join(folder, 'in.parquet');
    await pyarrow.write(input, spec(options));
    await expectExact(input);
  });

  test('none are none, whoever wrote the file', async () => {
    const all = cells.map((_, i) => String(i));
    const input = join(folder, 'in.parquet');
    await pyarrow.write(input, spec({}, all));
    await expectExact(input, all);
  });

  test('a part that was cut before is cut again', async () => {
    const input = join(folder, 'in.parquet');
    await pyarrow.write(input, spec({ data_page_version: '1.0' }));
    const cut = join(folder, 'cut.parquet');
    await spliceFiles([input], [{ source: 0, from: 100, to: ROWS }], cut);
    const rest = cells.slice(100);
    for (const [stated, nulls] of await nullsOfCut(cut, 50, 2000, rest)) expect(stated).toBe(nulls);
  });
});

test('nulls that nobody counted take the bounds with them', async () => {
  const input = join(folder, 'duckdb.parquet');
  await duckdb.query(
    `COPY (SELECT CASE WHEN i % 5 = 0 THEN NULL ELSE i END AS x FROM range(500000) t(i))
     TO '${input}' (FORMAT parquet, ROW_GROUP_SIZE 500000)`,
  );
  const all = Array.from({ length: 500_000 }, (_, i): Cell => (i % 5 === 0 ? null : String(i)));
  for (const [from, to] of [
    [10, 20],
    [10, 499_990],
    [250_000, 500_000],
  ] as const) {
    for (const [stated, nulls] of await nullsOfCut(input, from, to, all)) {
      if (stated !== undefined) expect(stated).toBe(nulls);
    }
  }
});
