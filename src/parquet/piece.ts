/**
 * A column chunk's piece: the rows `from..to` of it, as segments and the metadata that describe them.
 *
 *     source   | dictionary | page | page | page | page | page |
 *                              ^ from               ^ to
 *     piece    | dictionary |ge | page | page | pa|
 *                copied      made copied        made
 */
import { damaged } from './errors.js';
import { type ColumnIndex, ColumnMetaData, type OffsetIndex } from './format.js';
import { inPage } from './header-window.js';
import * as indexes from './indexes.js';
import { cutPage, type MadePage } from './make-page.js';
import { sumPages } from './page-sums.js';
import { type DataPage, listPages, openDataPage, type PageList } from './pages.js';
import { type Cut, cutLevels, pickPages } from './pick-pages.js';
import { append, type ParquetSegment } from './segments.js';
import type { RangeReader } from './source.js';
import type { ByteRange, SourceChunk } from './source-chunk.js';
import { cutColumnMetaData } from './statistics.js';

export interface ChunkPiece {
  chunk: SourceChunk;
  segments: ParquetSegment[];
  /** Bytes of the segments. */
  size: number;
  /** ColumnMetaData; its offsets, and the offset index's, count from the piece's first byte. */
  meta: ColumnMetaData;
  offsetIndex?: OffsetIndex;
  columnIndex?: ColumnIndex;
  /** In the source file. */
  bloomFilter?: ByteRange;
}

/** Where pages of a chunk begin: what moves with it. */
export const PAGE_OFFSETS = [
  ColumnMetaData.dataPageOffset,
  ColumnMetaData.dictionaryPageOffset,
  ColumnMetaData.indexPageOffset,
] as const;

/** The whole chunk, copied as it is. */
export async function wholePiece(
  reader: RangeReader,
  source: number,
  chunk: SourceChunk,
): Promise<ChunkPiece> {
  const { start, end } = chunk.range;
  const meta = chunk.meta.clone();
  for (const field of PAGE_OFFSETS) {
    const offset = meta.get(field);
    if (offset === undefined) continue;
    // Writers without a dictionary page may say 0.
    if (offset >= start) meta.set(field, offset - start);
    else meta.delete(field);
  }
  const offsetIndex = await indexes.readOffsetIndex(reader, chunk);
  const columnIndex = await indexes.readColumnIndex(reader, chunk);
  return {
    chunk,
    segments: [{ kind: 'copy', source, start, end }],
    size: end - start,
    meta,
    ...(offsetIndex && { offsetIndex: indexes.shiftOffsetIndex(offsetIndex, -start) }),
    ...(columnIndex && { columnIndex }),
    ...(chunk.bloomFilter && { bloomFilter: chunk.bloomFilter }),
  };
}

/** A chunk to cut, and what is known of its pages. */
export interface OpenChunk {
  reader: RangeReader;
  source: number;
  chunk: SourceChunk;
  offsetIndex: OffsetIndex | undefined;
  columnIndex: ColumnIndex | undefined;
  list: PageList;
}

/**
 * Finds a chunk's pages up to row `until`; `rows` are its row group's.
 * @throws RepartitionError `parquet` when they don't add up
 */
export async function openChunk(
  reader: RangeReader,
  source: number,
  chunk: SourceChunk,
  rows: number,
  until: number,
): Promise<OpenChunk> {
  const offsetIndex = await indexes.readOffsetIndex(reader, chunk);
  const columnIndex = await indexes.readColumnIndex(reader, chunk);
  const list = await listPages(reader, chunk, offsetIndex, rows, until);
  return { reader, source, chunk, offsetIndex, columnIndex, list };
}

/**
 * The rows `from..to` of a chunk.
 * @throws RepartitionError `parquet` when a page that must be opened is damaged or of a kind we can't cut
 */
export async function cutPiece(open: OpenChunk, from: number, to: number): Promise<ChunkPiece> {
  const { reader, source, chunk, offsetIndex, columnIndex, list } = open;
  const picked = pickPages(list.pages, from, to);
  const builder = new PieceBuilder(source);
  if (list.dictionary) builder.copy(list.dictionary);
  const dictionarySize = builder.size;

  const placed: indexes.IndexedPage[] = [];
  const origins: indexes.PieceOfPage[] = [];
  const copied: DataPage[] = [];
  const made: MadePage[] = [];
  for (const { ordinal, page, cut } of picked) {
    const start = builder.size;
    if (cut) {
      const { result, sourceNulls } = await cutAt(reader, chunk, page, cut);
      builder.append(result.bytes);
      made.push(result);
      origins.push({ sourcePage: ordinal, cut: { ...result, sourceNulls } });
    } else {
      builder.copy(page);
      copied.push(page);
      origins.push({ sourcePage: ordinal });
    }
    placed.push({ start, end: builder.size, firstRow: Math.max(0, page.firstRow - from) });
  }

  const sums = await sumPages(reader, chunk, list, copied);
  const numLevels = sums.numLevels + made.reduce((sum, page) => sum + page.numLevels, 0);
  if (chunk.leaf.maxRepetition === 0 && numLevels !== to - from) {
    const what = `its pages hold ${numLevels} values for the ${to - from} rows from ${from}`;
    throw damaged(chunk.file, `column ${chunk.leaf.path}: ${what}`);
  }
  const meta = cutColumnMetaData(chunk, {
    numLevels,
    numNulls: countNulls(chunk, columnIndex, origins),
    numPages: picked.length,
    hasDictionary: list.dictionary !== undefined,
    cutEncodings: new Set(made.map((page) => page.encoding)),
    compressedSize: builder.size,
    uncompressedSize:
      sums.uncompressedSize +
      sums.dictionarySize +
      made.reduce((sum, page) => sum + page.uncompressedSize, 0),
  });
  meta.set(ColumnMetaData.dataPageOffset, dictionarySize);
  if (list.dictionary) meta.set(ColumnMetaData.dictionaryPageOffset, 0);
  else meta.delete(ColumnMetaData.dictionaryPageOffset);
  const cutIndex = offsetIndex && columnIndex && indexes.cutColumnIndex(columnIndex, origins);
  return {
    chunk,
    segments: builder.segments,
    size: builder.size,
    meta,
    ...(offsetIndex && { offsetIndex: indexes.makeOffsetIndex(placed) }),
    ...(cutIndex && { columnIndex: cutIndex }),
  };
}

async function cutAt(
  reader: RangeReader,
  chunk: SourceChunk,
  page: DataPage,
  cut: Cut,
): Promise<{ result: MadePage; sourceNulls: number }> {
  const opened = await openDataPage(reader, chunk, page);
  return inPage(chunk, page.start, () => {
    const { from, to } = cutLevels(opened.page, cut);
    const result = cutPage(chunk.leaf, opened.head, opened.page, opened.codec, from, to);
    return { result, sourceNulls: opened.page.numLevels - opened.page.values.count };
  });
}

/** Nulls among the piece's levels: exact, or undefined when a copied page's are not known. */
function countNulls(
  chunk: SourceChunk,
  columnIndex: ColumnIndex | undefined,
  origins: readonly indexes.PieceOfPage[],
): number | undefined {
  if (chunk.leaf.maxDefinition === 0) return 0;
  const counts = indexes.pageNullCounts(columnIndex);
  let nulls = 0;
  for (const { sourcePage, cut } of origins) {
    const ofSource = counts?.[sourcePage];
    // Lists: writers differ in whether an empty list counts as a null, so go by what this one did.
    if (cut && (chunk.leaf.maxRepetition === 0 || ofSource === cut.sourceNulls)) nulls += cut.numNulls;
    else if (!cut && ofSource !== undefined) nulls += ofSource;
    else return undefined;
  }
  return nulls;
}

/** Lays segments one behind the other; copies of neighbouring ranges become one. */
class PieceBuilder {
  readonly segments: ParquetSegment[] = [];
  size = 0;
  private readonly source: number;

  constructor(source: number) {
    this.source = source;
  }

  copy({ start, end }: ByteRange): void {
    append(this.segments, { kind: 'copy', source: this.source, start, end });
    this.size += end - start;
  }

  append(bytes: Uint8Array): void {
    this.segments.push({ kind: 'bytes', bytes });
    this.size += bytes.length;
  }
}
