/**
 * Do queries that skip data by statistics still find every row? DuckDB and pyarrow are asked for counts, minima and
 * maxima of a few values of each flat column, and the answers are compared with the values themselves.
 */
import { compare, extremes, hasKnownOrder, type Ordered, orderedCell, show } from './bounds.js';
import { type CanonicalColumn, type Cell, floatValue } from './canonical.js';
import * as duckdb from './duckdb.js';
import * as pyarrow from './pyarrow.js';

/**
 * One line per wrong answer about the concatenation of `paths`, whose true values are `columns`.
 * Lists, and types whose order we don't know, are only counted.
 */
export async function pruningProblems(
  paths: readonly string[],
  columns: readonly CanonicalColumn[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const column of columns) {
    const wrong = [...(await totals(paths, column)), ...(await comparisons(paths, column))];
    problems.push(...wrong.map((problem) => `column ${column.name}: ${problem}`));
  }
  return problems;
}

function isFlat(column: CanonicalColumn): boolean {
  return hasKnownOrder(column.type, '');
}

async function totals(paths: readonly string[], { name, type, cells }: CanonicalColumn): Promise<string[]> {
  const answer = await duckdb.aggregates(paths, name);
  const valid = cells.filter((cell) => cell !== null);
  const problems = [
    ...differ('DuckDB: count(*)', answer.rows, cells.length),
    ...differ('DuckDB: count(column)', answer.valid, valid.length),
  ];
  if (!isFlat({ name, type, cells })) return problems;
  const numbers = valid.map(orderedCell).filter((value) => value !== undefined);
  const real = extremes(numbers);
  const nan = numbers.length < valid.length;
  for (const side of ['min', 'max'] as const) {
    const told = answer[side];
    // With statistics at hand DuckDB forgets NaN; without, its maximum is NaN.
    if (nan && side === 'max' && told !== null && orderedCell(told) === undefined) continue;
    if (nan && numbers.length === 0) continue;
    const [a, b] = [told === null ? undefined : orderedCell(told), real?.[side]];
    if (a === undefined || b === undefined ? a === b : compare(a, b) === 0) continue;
    const word = (one: Ordered | undefined) => (one === undefined ? 'null' : show(one));
    problems.push(`DuckDB: ${side} ${word(a)}, really ${word(b)}`);
  }
  return problems;
}

async function comparisons(paths: readonly string[], column: CanonicalColumn): Promise<string[]> {
  if (!isFlat(column)) return [];
  const problems: string[] = [];
  for (const cell of probes(column.cells)) {
    const real = count(column.cells, cell);
    const arrow = await pyarrow.countWhere(paths, column.name, cell);
    const asked = JSON.stringify(cell);
    problems.push(
      ...differ('pyarrow: rows', arrow.all, column.cells.length),
      ...differ('pyarrow: nulls', arrow.null, real.nulls),
      ...differ('pyarrow: not null', arrow.valid, column.cells.length - real.nulls),
      ...differ(`pyarrow: = ${asked}`, arrow.equal, real.equal),
      ...differ(`pyarrow: < ${asked}`, arrow.less, real.less),
      ...differ(`pyarrow: > ${asked}`, arrow.greater, real.greater),
    );
    const literal = sqlLiteral(column.type, cell);
    if (literal === undefined) continue;
    const [equal, less, greater] = await duckdb.countsWhere(
      paths,
      ['=', '<', '>'].map((operator) => `${duckdb.identifier(column.name)} ${operator} ${literal}`),
    );
    // The Bloom filters that DuckDB writes have 0 and -0 apart, which it takes for equal, and lose binary values.
    if (orderedCell(cell) !== 0 && column.type !== 'binary')
      problems.push(...differ(`DuckDB: = ${asked}`, equal, real.equal));
    problems.push(...differ(`DuckDB: < ${asked}`, less, real.less));
    // NaN is above everything for DuckDB, where statistics don't make it skip a row group of NaN.
    if (greater! < real.greater || greater! > real.greater + real.nans) {
      problems.push(...differ(`DuckDB: > ${asked}`, greater, real.greater));
    }
  }
  return problems;
}

/** The least, the greatest and the middle one of the values. */
function probes(cells: readonly Cell[]): Cell[] {
  const values = cells.filter((cell) => cell !== null && orderedCell(cell) !== undefined);
  if (values.length === 0) return [];
  const sorted = [...values].sort((a, b) => compare(orderedCell(a)!, orderedCell(b)!));
  const chosen = [sorted[0]!, sorted[sorted.length >> 1]!, sorted[sorted.length - 1]!];
  return chosen.filter((cell, i) => chosen.indexOf(cell) === i);
}

function count(cells: readonly Cell[], probe: Cell) {
  const result = { nulls: 0, nans: 0, less: 0, equal: 0, greater: 0 };
  const value = orderedCell(probe)!;
  for (const cell of cells) {
    const other = cell === null ? undefined : orderedCell(cell);
    if (cell === null) result.nulls++;
    else if (other === undefined) result.nans++;
    else if (compare(other, value) === 0) result.equal++;
    else if (compare(other, value) < 0) result.less++;
    else result.greater++;
  }
  return result;
}

/** Undefined for a text that SQL cannot spell. */
function sqlLiteral(type: string, cell: Cell): string | undefined {
  if (typeof cell === 'boolean' || typeof cell === 'number') return String(cell);
  if (typeof cell !== 'string') return undefined;
  const text = cell;
  if (type === 'float' || type === 'double') return `'${floatValue(text)}'::${type}`;
  if (type === 'string') return text.includes('\0') ? undefined : duckdb.text(text.slice(2));
  if (type === 'binary') return `from_hex('${text.slice(2)}')`;
  return `'${text}'::bigint`;
}

function differ(what: string, told: number | undefined, real: number): string[] {
  return told === real ? [] : [`${what}: ${told}, really ${real}`];
}
