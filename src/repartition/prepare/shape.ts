/**
 * The footer key `shape`. DistPartitioning evaluates it as a Python tuple and reshapes the part's array to it, so a
 * stale one fails there, long after the run that left it.
 */
import type { DataSet } from '../../metadata/model.js';
import type { CountedGroup, PartFacts } from '../model.js';
import { dataSetName } from '../data-set-name.js';

/**
 * What must become of a part's `shape` when the part has `rows` rows.
 *
 * - Labels and masks in one flat column get `(rows,)`.
 * - A column of lists never keeps a flat shape: its array has two dimensions.
 * - Any other shape keeps its further dimensions, and its first is made true.
 * - What Python can't read as a shape goes.
 *
 * @returns the key's value, null to remove it, undefined when what the part has (or lacks) is right
 */
export function shapeChange(
  { flat }: Pick<DataSet, 'flat'>,
  { shape, scalarColumn, rows }: Pick<PartFacts, 'shape' | 'scalarColumn' | 'rows'>,
): string | null | undefined {
  if (flat && scalarColumn) {
    const wanted = `(${rows},)`;
    return wanted === shape ? undefined : wanted;
  }
  if (shape === undefined) return undefined;
  const wanted = trueShape(shape, scalarColumn, rows);
  return wanted === shape ? undefined : wanted;
}

function trueShape(shape: string, scalarColumn: boolean, rows: number): string | null {
  const dimensions = dimensionsOf(shape);
  if (!dimensions) return null;
  const [first, ...others] = dimensions;
  if (others.length === 0) {
    if (!scalarColumn) return null;
    // Python takes (10) for a number.
    return isTrue(first, rows) && shape.includes(',') ? shape : `(${rows},)`;
  }
  return isTrue(first, rows) ? shape : `(${[rows, ...others].join(', ')})`;
}

/** numpy finds out a dimension of -1 itself. */
function isTrue(dimension: string, rows: number): boolean {
  return dimension === '-1' || Number(dimension) === rows;
}

/** The dimensions as they are written; undefined when the text is no tuple of whole numbers, or an empty one. */
function dimensionsOf(shape: string): [string, ...string[]] | undefined {
  const inner = /^\s*\((.*)\)\s*$/s.exec(shape)?.[1];
  const dimensions = inner?.split(',').map((text) => text.trim()) ?? [];
  if (dimensions.length > 1 && dimensions.at(-1) === '') dimensions.pop();
  const isShape = dimensions.length > 0 && dimensions.every((text) => /^(?:-1|0|[1-9]\d*)$/.test(text));
  return isShape ? (dimensions as [string, ...string[]]) : undefined;
}

/** One line for each data set with shapes that Python can't read: they are left out of what is written. */
export function shapeWarnings({ dataSets }: CountedGroup): string[] {
  return dataSets.flatMap(({ dataSet, parts }) => {
    const odd = parts.filter(({ shape }) => shape !== undefined && !dimensionsOf(shape));
    const [first] = odd;
    if (!first) return [];
    const which = odd.length === 1 ? `a part has` : `${odd.length} parts have`;
    return [
      `${dataSetName(dataSet)}: ${which} a shape key that is no shape, ${JSON.stringify(first.shape)} in ${first.path}; it is not kept`,
    ];
  });
}
