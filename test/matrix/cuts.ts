/** Where a cell is cut: at a page's start and before its last row, inside it, in a run of nulls, at long lists, at both ends. */
import type { RowSlice, RowSlices } from '../../src/parquet/source.js';
import type { WrittenCell } from './write-cell.js';

/** Ascending, each within the rows; none of a cell without rows. */
export function cutsOf({ rows, pages, insideNulls, longLists }: Omit<WrittenCell, 'bytes'>): number[] {
  const middle = pages[pages.length >> 1];
  const wide = pages.find((page) => page.rows > 2);
  const wanted = [
    1,
    middle?.firstRow,
    middle && middle.firstRow + middle.rows - 1,
    wide && wide.firstRow + (wide.rows >> 1),
    insideNulls[insideNulls.length >> 1],
    longLists[longLists.length >> 1],
    longLists[0] === undefined ? undefined : longLists[0] + 1,
    rows - 1,
  ];
  const inside = wanted.filter((row) => row !== undefined && row > 0 && row < rows);
  return [...new Set(inside as number[])].sort((a, b) => a - b);
}

/** The rows between the cuts, all of file 0. */
export function slicesOf(rows: number, cuts: readonly number[]): RowSlices {
  const bounds = [0, ...cuts, rows];
  const [first, ...others] = bounds.slice(1).map((to, i): RowSlice => ({ source: 0, from: bounds[i]!, to }));
  return [first!, ...others];
}
