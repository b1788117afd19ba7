/**
 * The page indexes that lie between the last row group and the footer: where each page starts (OffsetIndex), and
 * bounds and null counts by page (ColumnIndex).
 * Source: https://github.com/apache/parquet-format/blob/master/PageIndex.md
 */
import type { ByteRange, SourceChunk } from './source-chunk.js';
import { MemoryError } from '../memory.js';
import { damaged, explainDamage } from './errors.js';
import { ColumnIndex, OffsetIndex, PageLocation } from './format.js';
import type { PieceOfPage } from './nulls.js';
import type { RangeReader } from './source.js';
import { make, type Struct, type Table, ThriftError } from './thrift.js';
import { readStruct } from './thrift-reader.js';

/** A data page as the OffsetIndex knows it; `end` is behind its body. */
export interface IndexedPage {
  start: number;
  end: number;
  /** Counted from the row group's first row. */
  firstRow: number;
}

/** The chunk's OffsetIndex; undefined when the writer made none. */
export async function readOffsetIndex(
  reader: RangeReader,
  chunk: SourceChunk,
): Promise<OffsetIndex | undefined> {
  return chunk.offsetIndex && readIndex(reader, chunk, OffsetIndex, chunk.offsetIndex, 'offset index');
}

/** The chunk's ColumnIndex; undefined when the writer made none. */
export async function readColumnIndex(
  reader: RangeReader,
  chunk: SourceChunk,
): Promise<ColumnIndex | undefined> {
  return chunk.columnIndex && readIndex(reader, chunk, ColumnIndex, chunk.columnIndex, 'column index');
}

async function readIndex<N extends string>(
  reader: RangeReader,
  chunk: SourceChunk,
  table: Table<N>,
  range: ByteRange,
  what: string,
): Promise<Struct<N>> {
  const where = `the ${what} of column ${chunk.leaf.path} at byte ${range.start}`;
  const { total } = reader.memory;
  try {
    if (range.end - range.start > total) throw new MemoryError(range.end - range.start, total);
    return readStruct(table, await reader.read(range.start, range.end), 0, total).struct;
  } catch (error) {
    if (error instanceof MemoryError) throw explainDamage(chunk.file, where, error);
    if (error instanceof ThriftError) throw damaged(chunk.file, `${where} cannot be read`, error);
    throw error;
  }
}

/**
 * The pages of an OffsetIndex.
 * @param rows of the row group
 * @throws RepartitionError `parquet` unless they lie in the chunk, one behind the other, their rows ascending
 */
export function indexedPages(chunk: SourceChunk, index: OffsetIndex, rows: number): IndexedPage[] {
  const pages: IndexedPage[] = [];
  try {
    let end = chunk.range.start;
    let row = 0;
    for (const location of index.get(OffsetIndex.pageLocations) ?? []) {
      const start = location.require(PageLocation.offset);
      const firstRow = location.require(PageLocation.firstRowIndex);
      const isFirst = pages.length === 0;
      if (start < end || firstRow < row || (isFirst && firstRow !== 0))
        throw new ThriftError('pages out of order');
      end = start + location.require(PageLocation.compressedPageSize);
      row = firstRow;
      pages.push({ start, end, firstRow });
    }
    if (end > chunk.range.end || row > rows) throw new ThriftError('pages outside their chunk');
  } catch (error) {
    if (!(error instanceof ThriftError)) throw error;
    throw damaged(
      chunk.file,
      `the offset index of column ${chunk.leaf.path} is wrong: ${error.message}`,
      error,
    );
  }
  return pages;
}

/** An OffsetIndex for pages whose `start`s are relative to wherever the chunk will lie. */
export function makeOffsetIndex(pages: readonly IndexedPage[]): OffsetIndex {
  const pageLocations = pages.map(({ start, end, firstRow }) =>
    make(PageLocation, { offset: start, compressedPageSize: end - start, firstRowIndex: firstRow }),
  );
  return make(OffsetIndex, { pageLocations });
}

/** The same index for a chunk that lies `delta` bytes further on; whatever else it says stays. */
export function shiftOffsetIndex(index: OffsetIndex, delta: number): OffsetIndex {
  const locations = (index.get(OffsetIndex.pageLocations) ?? []).map((location) =>
    location.clone().set(PageLocation.offset, location.require(PageLocation.offset) + delta),
  );
  return index.clone().set(OffsetIndex.pageLocations, locations);
}

/**
 * The ColumnIndex of a cut chunk. A cut page keeps its source's bounds, which stay bounds, and so does the boundary
 * order; a cut page of nulls alone loses them. Null counts are exact or, when the source counts nulls in another
 * way than by levels without a value, left out. Histograms and NaN counts, which would have to be counted anew,
 * are left out.
 * @returns undefined when the source's index does not fit its pages
 */
export function cutColumnIndex(
  source: ColumnIndex,
  pieces: readonly Omit<PieceOfPage, 'page'>[],
): ColumnIndex | undefined {
  const nullPages = source.get(ColumnIndex.nullPages);
  const minValues = source.get(ColumnIndex.minValues);
  const maxValues = source.get(ColumnIndex.maxValues);
  const nullCounts = source.get(ColumnIndex.nullCounts);
  if (!nullPages || !minValues || !maxValues) return undefined;
  const none = new Uint8Array(0);
  const picked = {
    nulls: [] as boolean[],
    min: [] as Uint8Array[],
    max: [] as Uint8Array[],
    counts: [] as number[],
  };
  let hasCounts = nullCounts !== undefined;
  for (const { sourcePage, cut } of pieces) {
    const isNull = nullPages[sourcePage];
    const min = minValues[sourcePage];
    const max = maxValues[sourcePage];
    if (isNull === undefined || min === undefined || max === undefined) return undefined;
    const becameNull = cut !== undefined && cut.numNulls === cut.numLevels;
    picked.nulls.push(isNull || becameNull);
    picked.min.push(becameNull ? none : min);
    picked.max.push(becameNull ? none : max);
    const count = nullCounts?.[sourcePage];
    if (count === undefined || (cut && count !== cut.sourceNulls)) hasCounts = false;
    else picked.counts.push(cut ? cut.numNulls : count);
  }
  const index = source
    .clone()
    .delete(
      ColumnIndex.nullCounts,
      ColumnIndex.repetitionLevelHistograms,
      ColumnIndex.definitionLevelHistograms,
      ColumnIndex.nanCounts,
    )
    .set(ColumnIndex.nullPages, picked.nulls)
    .set(ColumnIndex.minValues, picked.min)
    .set(ColumnIndex.maxValues, picked.max);
  if (hasCounts) index.set(ColumnIndex.nullCounts, picked.counts);
  return index;
}

/** Null counts by page, when the index has them. */
export function pageNullCounts(index: ColumnIndex | undefined): readonly number[] | undefined {
  return index?.get(ColumnIndex.nullCounts);
}
