/**
 * DuckDB: a C++ Parquet implementation of its own.
 *
 * Its quirks, so that nobody takes them for findings:
 * - it ignores `ARROW:schema`: a fixed-size list is a list, a FLOAT16 a FLOAT, a duration an integer;
 * - timestamps are as wide as it likes (INT96 comes in microseconds or nanoseconds by version), so the canonical
 *   form is in nanoseconds;
 * - it orders NaN above all numbers and -0 equal to 0, yet skips row groups by statistics that leave NaN out;
 * - it verifies no page checksums;
 * - a path is a glob pattern: `*`, `?` and `[` in a path would match other files, and are refused here.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { CanonicalColumn, Cell } from './canonical.js';
import { duckdbCells, duckdbTypeName } from './duckdb-cells.js';

export interface DuckdbFile {
  rows: number;
  /** Rows of each. */
  rowGroups: number[];
  createdBy: string;
  /** Footer keys as they stand there, repeated ones too; values in base64. */
  keys: [key: string, value: string][];
  /** The schema tree in the footer's order, root first. */
  schema: SchemaElement[];
  columns: CanonicalColumn[];
}

/** A line of the footer's schema, in DuckDB's words. */
export type SchemaElement = Record<string, string | number | null>;

let connecting: Promise<DuckDBConnection> | undefined;

function connect(): Promise<DuckDBConnection> {
  // Tests write other bytes under the same name within a tick of the clock, which its cache would not notice.
  const settings = { threads: '1', enable_external_file_cache: 'false' };
  connecting ??= DuckDBInstance.create(':memory:', settings).then((instance) => instance.connect());
  return connecting;
}

/** Rows of a query as objects of numbers, strings and so on. */
export async function query(sql: string): Promise<Record<string, unknown>[]> {
  const result = await (await connect()).runAndReadAll(sql);
  return result.getRowObjectsJS();
}

/** The columns of a query, canonically. */
async function queryColumns(sql: string): Promise<CanonicalColumn[]> {
  const result = await (await connect()).run(sql);
  const columns = result
    .columnNames()
    .map((name, i): CanonicalColumn => ({ name, type: duckdbTypeName(result.columnType(i)), cells: [] }));
  for (const chunk of await result.fetchAllChunks()) {
    for (const [i, column] of columns.entries()) {
      for (const cell of duckdbCells(chunk.getColumnVector(i))) column.cells.push(cell);
    }
  }
  return columns;
}

export async function read(path: string): Promise<DuckdbFile> {
  const name = literal(path);
  const schema = await query(`select * exclude (file_name) from parquet_schema(${name})`);
  const keys = await query(`select key, value from parquet_kv_metadata(${name})`);
  const [file] = await query(`select num_rows, created_by from parquet_file_metadata(${name})`);
  const groups = await query(
    `select row_group_id, any_value(row_group_num_rows) as n from parquet_metadata(${name})
     group by row_group_id order by row_group_id`,
  );
  return {
    rows: Number(file!['num_rows']),
    rowGroups: groups.map((group) => Number(group['n'])),
    createdBy: String(file!['created_by']),
    keys: keys.map((row) => [base64(row['key']).toString(), base64(row['value']).toString('base64')]),
    schema: schema.map((row) =>
      Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'bigint' ? Number(v) : v])),
    ) as SchemaElement[],
    columns: await queryColumns(`select * from ${table([path])}`),
  };
}

/** What DuckDB answers about one column of some files, partly from statistics. Min and max are canonical. */
export interface Aggregates {
  rows: number;
  valid: number;
  min: Cell;
  max: Cell;
}

export async function aggregates(paths: readonly string[], column: string): Promise<Aggregates> {
  const x = identifier(column);
  const [rows, valid, min, max] = await queryColumns(
    `select count(*), count(${x}), min(${x}), max(${x}) from ${table(paths)}`,
  );
  return {
    rows: Number(rows!.cells[0]),
    valid: Number(valid!.cells[0]),
    min: min!.cells[0]!,
    max: max!.cells[0]!,
  };
}

/** How many rows satisfy each condition, by reads of their own that prune with statistics and Bloom filters. */
export async function countsWhere(
  paths: readonly string[],
  conditions: readonly string[],
): Promise<number[]> {
  const counts = conditions.map((condition) => `(select count(*) from ${table(paths)} where ${condition})`);
  const columns = await queryColumns(`select ${counts.join(', ')}`);
  return columns.map((column) => Number(column.cells[0]));
}

/** Rewrites a file with DuckDB's own writer. `options` go into COPY's parentheses. */
export async function rewrite(
  source: string,
  target: string,
  options: readonly string[] = [],
): Promise<void> {
  const copy = ['format parquet', ...options].join(', ');
  await query(`copy (select * from ${table([source])}) to ${literal(target)} (${copy})`);
}

/** A FROM clause that reads `paths` in their order. */
export function table(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}], hive_partitioning = false)`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function literal(path: string): string {
  if (/[*?[]/.test(path)) throw new Error(`DuckDB would take ${path} for a pattern`);
  return text(path);
}

/** A BLOB of a row object. */
function base64(blob: unknown): Buffer {
  return Buffer.from(blob as Uint8Array);
}
