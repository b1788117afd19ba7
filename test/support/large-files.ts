/** The same rows, for files too big to hold as cells: pyarrow digests them in batches, DuckDB compares row by row. */
import * as duckdb from './duckdb.js';
import * as pyarrow from './pyarrow.js';

/**
 * Passes when the concatenated rows of `outputs` are those of `inputs`: bit for bit for pyarrow (SHA-256 of each
 * column's validity, list lengths and values), value for value for DuckDB, to which all NaNs are equal and both zeros.
 * Memory stays at a few batches; a gigabyte takes some seconds.
 * @throws Error that names the columns and the first row that differ
 */
export async function expectSameRowsOfLargeFiles(
  inputs: readonly string[],
  outputs: readonly string[],
): Promise<void> {
  const before = await pyarrow.digest(inputs);
  const after = await pyarrow.digest(outputs);
  const problems: string[] = [];
  if (before.rows !== after.rows) problems.push(`pyarrow: ${before.rows} rows became ${after.rows}`);
  for (let i = 0; i < Math.max(before.columns.length, after.columns.length); i++) {
    const [a, b] = [JSON.stringify(before.columns[i]), JSON.stringify(after.columns[i])];
    if (a !== b) problems.push(`pyarrow: ${a} became ${b}`);
  }
  for (const { name } of before.columns) {
    const row = await firstDifference(inputs, outputs, name);
    if (row !== undefined) problems.push(`DuckDB: column ${name} differs in row ${row}`);
  }
  if (problems.length > 0) throw new Error(['the rows are not the same:', ...problems].join('\n  '));
}

async function firstDifference(
  inputs: readonly string[],
  outputs: readonly string[],
  column: string,
): Promise<number | undefined> {
  const x = duckdb.identifier(column);
  const side = (paths: readonly string[]) =>
    `(select ${x} as value, true as present, row_number() over () - 1 as row from ${duckdb.table(paths)})`;
  // The shorter side is filled up with nulls, so `present` tells a missing row from a null.
  const [answer] = await duckdb.query(
    `select min(coalesce(a.row, b.row)) as row from ${side(inputs)} a positional join ${side(outputs)} b
     where a.value is distinct from b.value or a.present is distinct from b.present`,
  );
  const row = answer?.['row'];
  return row === null || row === undefined ? undefined : Number(row);
}
