/**
 * How long the vectors of a part are, by its footer: row groups count their values. A matrix has rows of one length, so
 * what is another number of values a row cannot be stacked. An empty list counts as one value, as does a missing one.
 */
import type { Footer } from '../../parquet/footer.js';
import { ColumnChunk, ColumnMetaData, RowGroup } from '../../parquet/format.js';

/**
 * @returns NaN when rows have different lengths; undefined when the part has no rows, or is not one column of lists
 */
export function vectorWidth({ leaves, rowGroups }: Footer): number | undefined {
  if (leaves.length !== 1 || leaves[0]!.maxRepetition !== 1) return undefined;
  const widths = rowGroups.flatMap((group) => {
    const rows = group.get(RowGroup.numRows) ?? 0;
    const values = group.get(RowGroup.columns)?.[0]?.get(ColumnChunk.metaData)?.get(ColumnMetaData.numValues);
    return rows === 0 || values === undefined ? [] : [values / rows];
  });
  const [first] = widths;
  if (first === undefined) return undefined;
  return Number.isInteger(first) && widths.every((width) => width === first) ? first : NaN;
}

/** The widths of a data set's parts, each once; NaN where rows inside a part differ. */
export function widthsOf(parts: readonly { width?: number }[]): number[] {
  return [...new Set(parts.flatMap(({ width }) => width ?? []))];
}
