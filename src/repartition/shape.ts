/**
 * The footer key `shape`. DistPartitioning evaluates it as a Python tuple and reshapes the part's array to it, so a
 * stale one fails there, long after the run that left it.
 */
import type { DataSet } from '../metadata/model.js';
import type { PartFacts } from './model.js';

/**
 * What must become of a part's `shape` when the part has `rows` rows.
 *
 * - Labels and masks in one flat column get `(rows,)`.
 * - A column of lists never keeps a flat shape: its array has two dimensions.
 * - Any other shape keeps its further dimensions, and its first is made true.
 *
 * @returns the key's value, null to remove it, undefined when what the part has (or lacks) is right
 */
export function shapeChange(
  { flat }: Pick<DataSet, 'flat'>,
  { shape, flatColumn, rows }: Pick<PartFacts, 'shape' | 'flatColumn' | 'rows'>,
): string | null | undefined {
  const wanted =
    flat && flatColumn ? `(${rows},)` : shape === undefined ? undefined : keptShape(shape, flatColumn, rows);
  if (wanted === (shape ?? null)) return undefined;
  if (shape === undefined && (wanted === null || wanted === undefined)) return undefined;
  return wanted;
}

function keptShape(shape: string, flatColumn: boolean, rows: number): string | null {
  const dimensions = /^\s*\(([\d\s,]*)\)\s*$/
    .exec(shape)?.[1]
    ?.split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (!dimensions || dimensions.length === 0) return null;
  if (dimensions.length === 1) return flatColumn ? sameOr(shape, dimensions, rows) : null;
  return sameOr(shape, dimensions, rows);
}

/** The text as it is when it is true already, whatever its spacing. */
function sameOr(shape: string, [first, ...others]: readonly string[], rows: number): string {
  if (Number(first) === rows) return shape;
  return others.length === 0 ? `(${rows},)` : `(${[rows, ...others].join(', ')})`;
}
