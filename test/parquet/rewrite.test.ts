/**
 * Generated data sets × random slices: what the engine makes is read back by parquet-wasm, DuckDB and pyarrow, which must
 * agree with each other and with the values the inputs were made of.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc, { howMany } from '../support/properties.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cell, doubleCell, floatCell } from '../support/canonical.js';
import type { ColumnSpec, FileSpec, PyarrowOptions, SimpleType } from '../support/file-spec.js';
import * as pyarrow from '../support/pyarrow.js';
import { readWithAll } from '../support/read-with-all.js';
import type { RowSlice } from '../../src/parquet/source.js';
import { reencodeFiles, reencodeTightly, spliceApart, spliceFiles } from './files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-rewrite-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Few different values, so that dictionaries and runs occur, and the awkward ones among them. */
const cells: Record<string, fc.Arbitrary<Cell>> = {
  bool: fc.boolean(),
  int32: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1)),
  int64: fc.constantFrom('0', '1', '-1', '9223372036854775807', '-9223372036854775808', '12345678901234'),
  float: fc.oneof(
    fc.integer({ min: 0, max: 3 }).map((n) => floatCell(n / 2)),
    fc.constantFrom('f:7fc00000', 'f:80000000', 'f:7f800000'),
  ),
  double: fc.oneof(
    fc.integer({ min: 0, max: 3 }).map((n) => doubleCell(n / 2)),
    fc.constantFrom('d:7ff8000000000000', 'd:8000000000000000', 'd:fff0000000000000'),
  ),
  string: fc.oneof(
    fc.constantFrom('s:', 's:a', 's:rated'),
    fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => `s:${text}`),
  ),
};

interface Kind {
  type: SimpleType;
  isList: boolean;
  isNullable: boolean;
}

const kind: fc.Arbitrary<Kind> = fc.record({
  type: fc.constantFrom<SimpleType[]>('bool', 'int32', 'int64', 'float', 'double', 'string'),
  isList: fc.boolean(),
  isNullable: fc.boolean(),
});

function cellOf({ type, isList, isNullable }: Kind): fc.Arbitrary<Cell> {
  const value = cells[type]!;
  const element = isNullable ? fc.option(value, { freq: 4 }) : value;
  if (!isList) return element;
  const list = fc.array(element, { maxLength: 5 });
  return isNullable ? fc.option(list, { freq: 6 }) : list;
}

function specOf({ type, isList, isNullable }: Kind, i: number, values: Cell[]): ColumnSpec {
  return {
    name: `c${i}`,
    type: isList ? { list: type, nullableElements: isNullable } : type,
    nullable: isNullable,
    cells: values,
  };
}

/** Settings that give a part of some dozen rows many pages, and now and then several row groups. */
const options: fc.Arbitrary<PyarrowOptions> = fc.record({
  compression: fc.constantFrom('snappy', 'none', 'gzip', 'zstd'),
  data_page_version: fc.constantFrom('1.0', '2.0'),
  data_page_size: fc.constantFrom(1, 40, 200),
  write_batch_size: fc.integer({ min: 1, max: 20 }),
  use_dictionary: fc.boolean(),
  dictionary_pagesize_limit: fc.constantFrom(10, 1_000_000),
  write_page_index: fc.boolean(),
  write_page_checksum: fc.boolean(),
  write_statistics: fc.boolean(),
});

interface Case {
  kinds: Kind[];
  /** Columns of cells, for all parts together. */
  columns: Cell[][];
  /** Rows of each part. */
  layout: number[];
  options: PyarrowOptions;
  groupRows: number;
  /** Bounds of the rows to take, as fractions. */
  bounds: number[];
}

const dataSet: fc.Arbitrary<Case> = fc
  .record({
    kinds: fc.array(kind, { minLength: 1, maxLength: 3 }),
    layout: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })), {
      minLength: 1,
      maxLength: 4,
    }),
    options,
    groupRows: fc.constantFrom(7, 1000),
    bounds: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 }),
  })
  .chain((shape) => {
    const rows = shape.layout.reduce((a, b) => a + b, 0);
    const columns = shape.kinds.map((one) => fc.array(cellOf(one), { minLength: rows, maxLength: rows }));
    return fc.tuple(...columns).map((values): Case => ({ ...shape, columns: values }));
  });

async function writeParts(
  number: number,
  { kinds, columns, layout, options: settings, groupRows }: Case,
): Promise<string[]> {
  const paths: string[] = [];
  let start = 0;
  for (const [i, rows] of layout.entries()) {
    const spec: FileSpec = {
      columns: kinds.map((one, c) => specOf(one, c, columns[c]!.slice(start, start + rows))),
      options: settings,
      rowGroups: Array.from({ length: Math.ceil(rows / groupRows) }, (_, g) =>
        Math.min(groupRows, rows - g * groupRows),
      ),
    };
    const path = join(folder, `${number}-in-${i}.parquet`);
    await pyarrow.write(path, spec);
    paths.push(path);
    start += rows;
  }
  return paths;
}

/** The slices that hold the rows `from..to` of all parts together. */
function slicesOf(layout: readonly number[], from: number, to: number): [RowSlice, ...RowSlice[]] {
  const slices: RowSlice[] = [];
  let start = 0;
  for (const [source, rows] of layout.entries()) {
    const slice = { source, from: Math.max(0, from - start), to: Math.min(rows, to - start) };
    if (slice.from < slice.to) slices.push(slice);
    start += rows;
  }
  return slices.length > 0 ? (slices as [RowSlice, ...RowSlice[]]) : [{ source: 0, from: 0, to: 0 }];
}

async function expectRows(path: string, one: Case, from: number, to: number): Promise<void> {
  const read = await readWithAll([path]);
  expect(read.columns.map((column) => column.cells)).toEqual(
    one.columns.map((column) => column.slice(from, to)),
  );
  expect(await pyarrow.check(path)).toEqual([]);
}

/** pyarrow can be made to write pages without a single level, and then stops reading at them: no input of ours. */
async function isReadable(paths: readonly string[], one: Case): Promise<boolean> {
  try {
    const { columns } = await readWithAll(paths);
    return JSON.stringify(columns.map((column) => column.cells)) === JSON.stringify(one.columns);
  } catch {
    return false;
  }
}

let number = 0;

describe.each([
  ['spliced', spliceFiles],
  ['spliced with long runs kept apart', spliceApart],
  ['re-encoded', reencodeFiles],
  ['re-encoded with small dictionaries', reencodeTightly],
] as const)('%s', (_, make) => {
  test('any columns, pages, codecs, parts and slices: three readers find the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(dataSet, async (one) => {
        const name = ++number;
        const paths = await writeParts(name, one);
        fc.pre(await isReadable(paths, one));
        const total = one.layout.reduce((a, b) => a + b, 0);
        const bounds = [0, ...one.bounds.map((f) => Math.round(f * total)).sort((a, b) => a - b), total];
        for (const [i, from] of bounds.slice(0, -1).entries()) {
          const to = bounds[i + 1]!;
          const output = join(folder, `${name}-out.parquet`);
          await make(paths, slicesOf(one.layout, from, to), output, { shape: `(${to - from},)` });
          await expectRows(output, one, from, to);
        }
      }),
      { numRuns: howMany(40) },
    );
  }, 3_600_000);
});
