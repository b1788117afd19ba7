/** Whether a part is spliced or re-encoded: spliced, unless that would leave crumbs. Pure, so that it is decided once. */
import type { Footer } from './footer.js';
import { ColumnChunk, ColumnMetaData, RowGroup } from './format.js';

/** Pages copied as they are but for those that are cut, or every value said again. */
export type Method = 'splice' | 're-encode';

/** What the decision needs to know of a row group. */
export interface RowGroupFacts {
  rows: number;
  /** Of its pages, as they lie in the file. */
  bytes: number;
}

/** A row range of a file, and the file's row groups. */
export interface SliceFacts {
  rowGroups: readonly RowGroupFacts[];
  from: number;
  to: number;
}

/** More row groups than this in one part, and smaller than this each on average, are crumbs. */
const CRUMB_ROW_GROUPS = 16;
const CRUMB_BYTES = 1024 * 1024;

/** Sizes as the footer gives them: what is wrong with them is found when the row group is opened. */
export function rowGroupFacts(footer: Footer): RowGroupFacts[] {
  return footer.rowGroups.map((group) => ({ rows: group.require(RowGroup.numRows), bytes: bytesOf(group) }));
}

function bytesOf(group: RowGroup): number {
  let bytes = 0;
  for (const column of group.get(RowGroup.columns) ?? []) {
    const size = column.get(ColumnChunk.metaData)?.get(ColumnMetaData.totalCompressedSize) ?? 0;
    bytes += Math.max(0, size);
  }
  return bytes;
}

/**
 * Row groups are never joined by a splice, so many small parts would become one of as many small row groups.
 * @param slices of one new part
 */
export function methodFor(slices: readonly SliceFacts[]): Method {
  let groups = 0;
  let bytes = 0;
  for (const { rowGroups, from, to } of slices) {
    let start = 0;
    for (const group of rowGroups) {
      const rows = Math.min(to - start, group.rows) - Math.max(from - start, 0);
      start += group.rows;
      if (rows <= 0) continue;
      groups++;
      bytes += bytesOfRows(group, rows);
    }
  }
  return groups > CRUMB_ROW_GROUPS && bytes / groups < CRUMB_BYTES ? 're-encode' : 'splice';
}

/** Bytes of the pages that hold so many of a row group's rows, as far as that can be told without reading them. */
export function bytesOfRows(group: RowGroupFacts, rows: number): number {
  return (group.bytes * rows) / Math.max(group.rows, 1);
}
