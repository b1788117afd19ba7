/** Data sets for property-based tests: a small JSON that says everything, and the files it stands for. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CanonicalColumn, type Cell, doubleCell, floatCell } from './canonical.js';
import * as duckdb from './duckdb.js';
import type { ColumnSpec, FileSpec, PyarrowOptions, TypeSpec } from './file-spec.js';
import * as parquetWasm from './parquet-wasm.js';
import * as pyarrow from './pyarrow.js';
import { seededRandom } from './random.js';
import { type StraddlingOptions, writeStraddling } from './straddle.js';

export type LeafType = 'bool' | 'int32' | 'int64' | 'float' | 'double' | 'string' | 'binary';

/** A column and how its values are drawn. Shares are of 100. */
export interface GeneratedColumn {
  name: string;
  type: LeafType;
  /** A column of lists. */
  list: boolean;
  /** False for a required column, whose cells are never null. */
  nullable: boolean;
  /** Of a list. */
  nullableElements: boolean;
  nulls: number;
  nullElements: number;
  emptyLists: number;
  maxListLength: number;
  /** How many different values there are; few make dictionaries and long runs. */
  distinct: number;
  /** Values grow with the row, so that statistics have something to prune by. */
  sorted: boolean;
}

/** Who writes the parts. The others rewrite what pyarrow wrote, so pyarrow decides the schema only in part. */
export type Writer =
  | { kind: 'pyarrow'; options: PyarrowOptions; footerKeys?: Record<string, string> }
  | { kind: 'parquet-wasm'; options: parquetWasm.WasmWriterOptions }
  | { kind: 'duckdb'; options: string[] }
  /** Rows that straddle pages: columns nullable, and none of booleans. */
  | { kind: 'straddling'; options: Omit<StraddlingOptions, 'rowGroups' | 'keys'> };

export interface DataSetSpec {
  seed: number;
  columns: GeneratedColumn[];
  /** Rows of each part. */
  parts: number[];
  /** At most so many rows in a row group. A part without rows has one empty row group when `emptyRowGroup` is set. */
  rowGroupRows: number;
  emptyRowGroup: boolean;
  /** Footer keys of every part. */
  keys: Record<string, string>;
  writer: Writer;
}

export interface DataSet {
  /** In order. */
  paths: string[];
  /** Rows of each. */
  partRows: number[];
  rows: number;
  /** The values that went in. */
  columns: CanonicalColumn[];
}

/** Writes the parts as `part-00000.parquet` … into `folder`, which is made. The same spec gives the same values. */
export async function writeDataSet(spec: DataSetSpec, folder: string): Promise<DataSet> {
  await mkdir(folder, { recursive: true });
  const rows = spec.parts.reduce((sum, part) => sum + part, 0);
  const columns = spec.columns.map((column, i) => generate(column, rows, spec.seed * 31 + i));
  const paths: string[] = [];
  let start = 0;
  for (const [i, count] of spec.parts.entries()) {
    const path = join(folder, `part-${String(i).padStart(5, '0')}.parquet`);
    const values = columns.map((cells) => cells.slice(start, start + count));
    await writePart(spec, values, count, path);
    paths.push(path);
    start += count;
  }
  return {
    paths,
    partRows: spec.parts,
    rows,
    columns: spec.columns.map(({ name, type, list }, i) => ({
      name,
      type: list ? `list<${type}>` : type,
      cells: columns[i]!,
    })),
  };
}

async function writePart(spec: DataSetSpec, values: Cell[][], rows: number, path: string): Promise<void> {
  const { writer } = spec;
  const rowGroups = rowGroupsOf(spec, rows);
  if (writer.kind === 'straddling') {
    const columns = spec.columns.map(({ name, type, list }, i) => {
      if (type === 'bool') throw new Error('no straddling booleans');
      return { name, type, list, cells: values[i]! };
    });
    await writeStraddling(path, columns, { ...writer.options, keys: spec.keys, rowGroups });
    return;
  }
  const file: FileSpec = {
    columns: spec.columns.map((column, i): ColumnSpec => ({
      name: column.name,
      type: typeOf(column),
      nullable: column.nullable,
      cells: values[i]!,
    })),
    rowGroups,
    keys: spec.keys,
  };
  if (writer.kind === 'pyarrow') {
    const { options, footerKeys } = writer;
    await pyarrow.write(path, { ...file, options, ...(footerKeys ? { footerKeys } : {}) });
    return;
  }
  const draft = `${path}.draft`;
  await pyarrow.write(draft, file);
  if (writer.kind === 'parquet-wasm') {
    await parquetWasm.rewrite(draft, path, {
      ...writer.options,
      rowGroupRows: spec.rowGroupRows,
      keys: spec.keys,
    });
  } else {
    const keys = Object.entries(spec.keys).map(([k, v]) => `${duckdb.identifier(k)}: ${duckdb.text(v)}`);
    await duckdb.rewrite(draft, path, [
      ...writer.options,
      ...(keys.length > 0 ? [`kv_metadata {${keys.join(', ')}}`] : []),
    ]);
  }
  await rm(draft);
}

function typeOf({ type, list, nullableElements }: GeneratedColumn): TypeSpec {
  return list ? { list: type, nullableElements } : type;
}

function rowGroupsOf({ rowGroupRows, emptyRowGroup }: DataSetSpec, rows: number): number[] {
  if (rows === 0) return emptyRowGroup ? [0] : [];
  const groups = Math.ceil(rows / rowGroupRows);
  return Array.from({ length: groups }, (_, g) => Math.min(rowGroupRows, rows - g * rowGroupRows));
}

/** Splits the rows of a part list at the bounds of another: what each new part takes from which old one. */
export function slicesFor(
  partRows: readonly number[],
  layout: readonly number[],
): { source: number; from: number; to: number }[][] {
  let outStart = 0;
  return layout.map((count) => {
    const [lo, hi] = [outStart, outStart + count];
    outStart = hi;
    let start = 0;
    const slices = partRows.flatMap((rows, source) => {
      const slice = { source, from: Math.max(lo - start, 0), to: Math.min(hi - start, rows) };
      start += rows;
      return slice.from < slice.to ? [slice] : [];
    });
    return slices.length > 0 ? slices : [{ source: 0, from: 0, to: 0 }];
  });
}

// --- values ----------------------------------------------------------------------------------------------------------

function generate(column: GeneratedColumn, rows: number, seed: number): Cell[] {
  const next = seededRandom(seed);
  const below = (n: number) => Math.floor(next() * n);
  const happens = (share: number) => next() * 100 < share;
  const leaf = (row: number): Cell => {
    const index = below(column.distinct);
    return value(column.type, column.sorted ? row * column.distinct + index : index);
  };
  return Array.from({ length: rows }, (_, row): Cell => {
    if (column.nullable && happens(column.nulls)) return null;
    if (!column.list) return leaf(row);
    if (happens(column.emptyLists)) return [];
    return Array.from({ length: 1 + below(column.maxListLength) }, () =>
      column.nullableElements && happens(column.nullElements) ? null : leaf(row),
    );
  });
}

/** Values that break things stand first, so that columns of few values have them. */
const AWKWARD: Partial<Record<LeafType, Cell[]>> = {
  int32: [0, -1, 2147483647, -2147483648],
  int64: ['0', '-1', '9223372036854775807', '-9223372036854775808', '9007199254740993'],
  // NaN, one with a payload, a signalling one, -0, 0, the infinities, the least subnormal
  float: [
    'f:7fc00000',
    'f:ffc00001',
    'f:7fa00000',
    'f:80000000',
    'f:00000000',
    'f:7f800000',
    'f:ff800000',
    'f:00000001',
  ],
  double: [
    'd:7ff8000000000000',
    'd:fff8000000000001',
    'd:7ff4000000000000',
    'd:8000000000000000',
    'd:0000000000000000',
    'd:7ff0000000000000',
    'd:fff0000000000000',
    'd:0000000000000001',
  ],
  string: ['s:', 's:a', 's:é', 's:\u{1f600}', `s:${'long '.repeat(30)}`, 's:it\'s "quoted"\n'],
  binary: ['x:', 'x:00', 'x:ff', 'x:ffff', `x:${'00ff'.repeat(50)}`],
};

function value(type: LeafType, index: number): Cell {
  const awkward = AWKWARD[type] ?? [];
  if (index < awkward.length) return awkward[index]!;
  const n = index - awkward.length;
  switch (type) {
    case 'bool':
      return n % 2 === 1;
    case 'int32':
      return n * 7 - 1000;
    case 'int64':
      return (BigInt(n) * 1_000_003n - 500_000n).toString();
    case 'float':
      return floatCell(n / 8 - 100);
    case 'double':
      return doubleCell(n / 3 - 1000);
    case 'string':
      return `s:${'abcdefgh'.slice(n % 8)}-${n}`;
    case 'binary':
      return `x:${n.toString(16).padStart(8, '0')}`;
  }
}
