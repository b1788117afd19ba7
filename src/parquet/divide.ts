/**
 * Where a share of a row group becomes up to three row groups: the long stretch of pages that can be copied as it is, and
 * on either side the rows whose pages must be cut.
 *
 *     column a   |   page   |   page   |   page   |   page   |
 *     column b   | page | page |  page |  page  |  page | page|
 *                    ^ from ^ b1              b2 ^  ^ to        b1, b2: a page begins there in every column
 *     row groups     |  cut |      copied        |cut|
 *
 * Kept apart, the copied stretch owes nothing to bytes of ours in front of it or between its columns, and can lie where
 * a storage copies it without a megabyte passing through us. Parquet's rows may be divided among row groups as one likes.
 */
import type { DataPage, PageList } from './page-list.js';

/** Rows of a row group, half open. */
export interface RowRange {
  from: number;
  to: number;
}

/**
 * Divides the rows `from..to` of a row group, whose columns have the pages `lists`.
 * @param smallestCopy bytes that each column must have between the cuts; with less the rows stay together
 * @returns one to three ranges, none empty
 */
export function divide(
  lists: readonly PageList[],
  from: number,
  to: number,
  smallestCopy: number,
): RowRange[] {
  const bounds = commonBounds(lists, to).filter((row) => row >= from && row <= to);
  const first = bounds.at(0);
  const last = bounds.at(-1);
  if (first === undefined || last === undefined) return [{ from, to }];
  if (lists.some((list) => bytesBetween(list, first, last) < smallestCopy)) return [{ from, to }];
  return [
    { from, to: first },
    { from: first, to: last },
    { from: last, to },
  ].filter((range) => range.from < range.to);
}

/** The rows up to `until` at which every column has a clean edge between pages, ascending. */
function commonBounds(lists: readonly PageList[], until: number): number[] {
  const [first = [], ...others] = lists.map((list) => boundsOf(list, until));
  const sets = others.map((bounds) => new Set(bounds));
  return [...new Set(first)].filter((row) => sets.every((bounds) => bounds.has(row))).sort((a, b) => a - b);
}

function boundsOf({ pages, isComplete }: PageList, until: number): number[] {
  const bounds = pages.filter((page) => !page.continuesRow).map((page) => page.firstRow);
  const end = pages.at(-1)?.endRow;
  // A walk looks one page further where a row may go on, so one that ended at `until` ended at an edge.
  if (end !== undefined && (isComplete || end === until)) bounds.push(end);
  return bounds;
}

/** Bytes of the pages that hold the rows `from..to` exactly; 0 if a dictionary must be fetched from elsewhere. */
function bytesBetween({ dictionary, pages }: PageList, from: number, to: number): number {
  const inside = pages.filter((page) => isInside(page, from, to));
  if (dictionary && dictionary.end !== inside[0]?.start) return 0;
  return [...(dictionary ? [dictionary] : []), ...inside].reduce(
    (sum, { start, end }) => sum + end - start,
    0,
  );
}

function isInside({ firstRow, endRow, continuesRow }: DataPage, from: number, to: number): boolean {
  return endRow <= to && (firstRow > from || (firstRow === from && !continuesRow));
}
