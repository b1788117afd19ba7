/** Three independent readers, one answer: what they agree on, or an error that shows where they don't. */
import { type CanonicalColumn, type Cell, columnDifference, floatBitsCell, floatCell } from './canonical.js';
import * as duckdb from './duckdb.js';
import * as parquetWasm from './parquet-wasm.js';
import * as pyarrow from './pyarrow.js';

/** The concatenated rows of some files, and what the readers say of each file. */
export interface Canonical {
  rows: number;
  columns: CanonicalColumn[];
  /** In the order they were given. */
  files: AgreedFile[];
}

export interface AgreedFile extends pyarrow.FileFacts {
  /** The schema tree, as DuckDB lists it. */
  schema: duckdb.SchemaElement[];
}

/**
 * Reads the concatenation of `paths` with pyarrow, DuckDB and parquet-wasm.
 * @throws Error when a reader fails or two disagree about rows, row groups, columns, values, leaves or footer keys
 */
export async function readWithAll(paths: readonly string[]): Promise<Canonical> {
  if (paths.length === 0) throw new Error('no files to read');
  const columns: CanonicalColumn[] = [];
  const files: AgreedFile[] = [];
  for (const path of paths) {
    const { columns: more, ...file } = await readOne(path);
    files.push(file);
    if (files.length === 1) columns.push(...more.map((column) => ({ ...column, cells: [...column.cells] })));
    else append(columns, more, path);
  }
  return { rows: files.reduce((sum, file) => sum + file.rows, 0), columns, files };
}

function append(columns: CanonicalColumn[], more: CanonicalColumn[], path: string): void {
  const names = (of: CanonicalColumn[]) => of.map(({ name, type }) => `${name}: ${type}`).join(', ');
  if (names(columns) !== names(more)) {
    throw new Error(`${path} has the columns ${names(more)}, the files before it ${names(columns)}`);
  }
  for (const [i, column] of columns.entries()) {
    for (const cell of more[i]!.cells) column.cells.push(cell);
  }
}

async function readOne(path: string): Promise<AgreedFile & { columns: CanonicalColumn[] }> {
  const [py, duck, wasm] = await settle(path, [
    ['pyarrow', pyarrow.read(path)],
    ['DuckDB', duckdb.read(path)],
    ['parquet-wasm', parquetWasm.read(path)],
  ]);
  const problems = [
    ...sameFacts('DuckDB', py, factsOfDuckdb(duck)),
    ...sameFacts('parquet-wasm', py, factsOfWasm(wasm, py)),
    ...sameColumns('DuckDB', py.columns.map(widenHalf), duck.columns),
    ...sameColumns('parquet-wasm', py.columns, wasm.columns),
  ];
  if (problems.length > 0) {
    throw new Error([`the readers disagree about ${path}:`, ...problems].join('\n'));
  }
  return { ...py, schema: duck.schema };
}

type Reading<T> = [reader: string, result: Promise<T>];

/** All three answers, or an error that names each reader that failed and says which could read the file. */
async function settle<A, B, C>(
  path: string,
  readings: [Reading<A>, Reading<B>, Reading<C>],
): Promise<[A, B, C]> {
  const [a, b, c] = await Promise.allSettled([readings[0][1], readings[1][1], readings[2][1]]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled' && c.status === 'fulfilled') {
    return [a.value, b.value, c.value];
  }
  const lines = [a, b, c].map((one, i) => {
    const reader = readings[i]![0];
    return one.status === 'fulfilled' ? `  ${reader} could read it` : `  ${reader}: ${String(one.reason)}`;
  });
  throw new Error([`not every reader could read ${path}:`, ...lines].join('\n'));
}

/** What all three readers can say of a file, in one form. */
interface Facts {
  rows: number;
  rowGroups: number[];
  createdBy: string | undefined;
  /** Sorted by key. */
  keys: [string, string][];
  /** `path: PHYSICAL_TYPE`, or paths alone. */
  leaves: string[];
}

function factsOfPyarrow(file: pyarrow.FileFacts, other: Facts): Facts {
  const typed = other.leaves.some((leaf) => leaf.includes(': '));
  return {
    rows: file.rows,
    rowGroups: file.rowGroups,
    createdBy: file.createdBy,
    keys: sorted(Object.entries(file.keys)),
    leaves: file.leaves.map((leaf) => (typed ? `${leaf.path}: ${leaf.physicalType}` : leaf.path)),
  };
}

function factsOfDuckdb(file: duckdb.DuckdbFile): Facts {
  return { ...file, keys: sorted(file.keys), leaves: leavesOfTree(file.schema) };
}

/** Without row groups parquet-wasm tells no leaves; pyarrow's stand in, so that nothing is compared. */
function factsOfWasm(file: parquetWasm.WasmFile, py: pyarrow.FileFacts): Facts {
  const leaves = file.rowGroups.length > 0 ? file.leaves : py.leaves.map((leaf) => leaf.path);
  return { ...file, keys: sorted(Object.entries(file.keys)), leaves };
}

function sameFacts(reader: string, py: pyarrow.FileFacts, other: Facts): string[] {
  const ours = factsOfPyarrow(py, other);
  const names: (keyof Facts)[] = ['rows', 'rowGroups', 'createdBy', 'keys', 'leaves'];
  return names.flatMap((name) => {
    const [a, b] = [JSON.stringify(ours[name]), JSON.stringify(other[name])];
    return a === b ? [] : [`  ${name}\n    pyarrow: ${a}\n    ${reader}: ${b}`];
  });
}

function sameColumns(reader: string, ours: CanonicalColumn[], theirs: CanonicalColumn[]): string[] {
  if (ours.length !== theirs.length)
    return [`  pyarrow: ${ours.length} columns, ${reader}: ${theirs.length}`];
  return ours.flatMap((column, i) => {
    const difference = columnDifference({ from: 'pyarrow', column }, { from: reader, column: theirs[i]! });
    return difference === undefined ? [] : [`  ${difference.replaceAll('\n', '\n  ')}`];
  });
}

/** Dotted paths and physical types of a schema tree given depth first. */
function leavesOfTree(schema: readonly duckdb.SchemaElement[]): string[] {
  const leaves: string[] = [];
  let next = 0;
  const walk = (prefix: string[]): void => {
    const element = schema[next++]!;
    const path = [...prefix, String(element['name'])];
    const children = Number(element['num_children'] ?? 0);
    if (element['type'] !== null) leaves.push(`${path.slice(1).join('.')}: ${String(element['type'])}`);
    for (let i = 0; i < children; i++) walk(path);
  };
  walk([]);
  return leaves;
}

function sorted(keys: [string, string][]): [string, string][] {
  return [...keys].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** DuckDB reads FLOAT16 as FLOAT. */
function widenHalf(column: CanonicalColumn): CanonicalColumn {
  if (!column.type.includes('float16')) return column;
  return { ...column, type: column.type.replaceAll('float16', 'float'), cells: column.cells.map(widenCell) };
}

function widenCell(cell: Cell): Cell {
  if (typeof cell === 'string') return cell.startsWith('h:') ? widenBits(parseInt(cell.slice(2), 16)) : cell;
  if (Array.isArray(cell)) return cell.map(widenCell);
  if (typeof cell !== 'object' || cell === null) return cell;
  return Object.fromEntries(Object.entries(cell).map(([name, value]) => [name, widenCell(value)]));
}

/** IEEE 754: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
function widenBits(bits: number): string {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return floatCell(sign * fraction * 2 ** -24);
  if (exponent < 31) return floatCell(sign * (1 + fraction / 1024) * 2 ** (exponent - 15));
  return floatBitsCell((((bits & 0x8000) << 16) | 0x7f800000 | (fraction << 13)) >>> 0);
}
