/**
 * The page indexes that lie between the last row group and the footer: where each page starts (OffsetIndex), and
 * bounds and null counts by page (ColumnIndex).
 * Source: https://github.com/apache/parquet-format/blob/master/PageIndex.md
 */
import type { Chunk } from './chunk.js';
import { damaged } from './errors.js';
import { ColumnIndex, OffsetIndex, PageLocation } from './format.js';
import type { RangeReader } from './source.js';
import { readStruct, Struct, ThriftError, ThriftType } from './thrift.js';

/** A data page as the OffsetIndex knows it; `end` is behind its body. */
export interface IndexedPage {
  start: number;
  end: number;
  /** Counted from the row group's first row. */
  firstRow: number;
}

/** The chunk's OffsetIndex; undefined when the writer made none. */
export async function readOffsetIndex(reader: RangeReader, chunk: Chunk): Promise<Struct | undefined> {
  return chunk.offsetIndex && readIndex(reader, chunk, chunk.offsetIndex, 'offset index');
}

/** The chunk's ColumnIndex; undefined when the writer made none. */
export async function readColumnIndex(reader: RangeReader, chunk: Chunk): Promise<Struct | undefined> {
  return chunk.columnIndex && readIndex(reader, chunk, chunk.columnIndex, 'column index');
}

async function readIndex(
  reader: RangeReader,
  chunk: Chunk,
  range: { start: number; end: number },
  what: string,
): Promise<Struct> {
  const bytes = await reader.read(range.start, range.end);
  try {
    return readStruct(bytes).struct;
  } catch (error) {
    if (!(error instanceof ThriftError)) throw error;
    throw damaged(
      chunk.file,
      `the ${what} of column ${chunk.leaf.path} at byte ${range.start} cannot be read`,
      error,
    );
  }
}

/**
 * The pages of an OffsetIndex.
 * @param rows of the row group
 * @throws RepartitionError `parquet` unless they lie in the chunk, one behind the other, their rows ascending
 */
export function indexedPages(chunk: Chunk, index: Struct, rows: number): IndexedPage[] {
  const pages: IndexedPage[] = [];
  try {
    let end = chunk.range.start;
    let row = 0;
    for (const location of index.structs(OffsetIndex.pageLocations) ?? []) {
      const start = location.requireInt(PageLocation.offset);
      const firstRow = location.requireInt(PageLocation.firstRowIndex);
      const isFirst = pages.length === 0;
      if (start < end || firstRow < row || (isFirst && firstRow !== 0))
        throw new ThriftError('pages out of order');
      end = start + location.requireInt(PageLocation.compressedPageSize);
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
export function makeOffsetIndex(pages: readonly IndexedPage[]): Struct {
  const locations = pages.map(({ start, end, firstRow }) =>
    new Struct()
      .setI64(PageLocation.offset, start)
      .setI32(PageLocation.compressedPageSize, end - start)
      .setI64(PageLocation.firstRowIndex, firstRow),
  );
  return new Struct().setList(OffsetIndex.pageLocations, ThriftType.struct, locations);
}

/** The same index for a chunk that lies `delta` bytes further on; whatever else it says stays. */
export function shiftOffsetIndex(index: Struct, delta: number): Struct {
  const locations = (index.structs(OffsetIndex.pageLocations) ?? []).map((location) =>
    location.clone().setI64(PageLocation.offset, location.requireInt(PageLocation.offset) + delta),
  );
  return index.clone().setList(OffsetIndex.pageLocations, ThriftType.struct, locations);
}

/** A page of a cut chunk, told by the source page it comes from and, if it was cut, its own counts. */
export interface PieceOfPage {
  /** Ordinal of the source page in its chunk. */
  sourcePage: number;
  cut?: { numLevels: number; numNulls: number; sourceNulls: number };
}

/**
 * The ColumnIndex of a cut chunk. A cut page keeps its source's bounds, which stay bounds, and so does the boundary
 * order; a cut page of nulls alone loses them. Null counts are exact or, when the source counts nulls in another
 * way than by levels without a value, left out. Histograms and NaN counts, which would have to be counted anew,
 * are left out.
 * @returns undefined when the source's index does not fit its pages
 */
export function cutColumnIndex(source: Struct, pieces: readonly PieceOfPage[]): Struct | undefined {
  const nullPages = source.list(ColumnIndex.nullPages);
  const minValues = source.list(ColumnIndex.minValues);
  const maxValues = source.list(ColumnIndex.maxValues);
  const nullCounts = source.ints(ColumnIndex.nullCounts);
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
    const isNull = nullPages.items[sourcePage];
    const min = minValues.items[sourcePage];
    const max = maxValues.items[sourcePage];
    if (typeof isNull !== 'boolean' || !(min instanceof Uint8Array) || !(max instanceof Uint8Array))
      return undefined;
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
    .setList(ColumnIndex.nullPages, nullPages.elementType, picked.nulls)
    .setList(ColumnIndex.minValues, ThriftType.binary, picked.min)
    .setList(ColumnIndex.maxValues, ThriftType.binary, picked.max);
  if (hasCounts) index.setList(ColumnIndex.nullCounts, ThriftType.i64, picked.counts);
  return index;
}

/** Null counts by page, when the index has them. */
export function pageNullCounts(index: Struct | undefined): number[] | undefined {
  return index?.ints(ColumnIndex.nullCounts);
}
