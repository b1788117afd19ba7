/**
 * A column chunk's piece: the rows `from..to` of it, as segments and the metadata that describe them.
 *
 *     source   | dictionary | page | page | page | page | page |
 *                              ^ from               ^ to
 *     piece    | dictionary |ge | page | page | pa|
 *                copied      made copied        made
 */
import { damaged } from './errors.js';
import { requireFirstPage } from './first-page.js';
import { type ColumnIndex, ColumnMetaData, type OffsetIndex } from './format.js';
import { inPage } from './header-window.js';
import * as indexes from './indexes.js';
import { cutPage, type MadePage } from './make-page.js';
import { countNulls, type PieceOfPage } from './nulls.js';
import { sumPages } from './page-sums.js';
import { countsOf } from './page-header.js';
import { PageBuffers } from './page-buffers.js';
import type { DataPage, PageList } from './page-list.js';
import { listPages, openDataPage, takeRoom } from './pages.js';
import { type Cut, cutLevels, type PickedPage, pickPages } from './pick-pages.js';
import { headsComeWith } from './read-heads.js';
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

/**
 * The whole chunk, copied as it is; `rows` are its row group's.
 * @throws RepartitionError `parquet` when it does not begin with a page, or when its pages must be looked at to know where
 *   they end, and don't add up
 */
export async function wholePiece(
  reader: RangeReader,
  source: number,
  chunk: SourceChunk,
  rows: number,
): Promise<ChunkPiece> {
  const { start } = chunk.range;
  if (chunk.isExact) await requireFirstPage(reader, chunk);
  const end = chunk.isExact ? chunk.range.end : await endOfPages(reader, chunk, rows);
  const meta = chunk.meta.clone().set(ColumnMetaData.totalCompressedSize, end - start);
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

async function endOfPages(reader: RangeReader, chunk: SourceChunk, rows: number): Promise<number> {
  const { pages } = await listPages(reader, chunk, undefined, rows, Infinity);
  return pages.at(-1)?.end ?? chunk.range.end;
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
  const { list } = open;
  const picked = pickPages(list.pages, from, to);
  // All begin at once: nobody then asks for the headers of pages that are read anyway.
  const cuts = picked.map(({ ordinal, page, cut }) => cut && beginCut(open, ordinal, page, cut));
  try {
    return await pieceOf(open, from, to, picked, cuts);
  } finally {
    // Whoever is told of a failure may let go of all that is read from.
    await Promise.allSettled(cuts.flatMap((cut) => cut ?? []));
  }
}

async function pieceOf(
  { reader, source, chunk, offsetIndex, columnIndex, list }: OpenChunk,
  from: number,
  to: number,
  picked: readonly PickedPage[],
  cuts: readonly (Promise<CutPage> | undefined)[],
): Promise<ChunkPiece> {
  const builder = new PieceBuilder(source);
  if (list.dictionary) builder.copy(list.dictionary);
  const dictionarySize = builder.size;

  const placed: indexes.IndexedPage[] = [];
  const origins: PieceOfPage[] = [];
  const copied: DataPage[] = [];
  const made: MadePage[] = [];
  for (const [i, { ordinal, page }] of picked.entries()) {
    const start = builder.size;
    const cut = await cuts[i];
    if (cut) {
      const { result, sourceNulls } = cut;
      builder.append(result.bytes);
      made.push(result);
      origins.push({ page, sourcePage: ordinal, cut: { ...result, sourceNulls } });
    } else {
      builder.copy(page);
      copied.push(page);
      origins.push({ page, sourcePage: ordinal });
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
    numNulls: await countNulls(reader, chunk, list, indexes.pageNullCounts(columnIndex), origins),
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

interface CutPage {
  result: MadePage;
  /** Of the page that was cut. */
  sourceNulls: number;
}

function beginCut(open: OpenChunk, ordinal: number, page: DataPage, cut: Cut): Promise<CutPage> {
  const { reader, list } = open;
  const next = list.pages[ordinal + 1];
  // Shorter ones are read whole for their headers, many at once.
  const isFar = next && reader.readOverhead > 0 && next.end - next.start > reader.readOverhead;
  const along = isFar && next.start === page.end ? next : undefined;
  const cutting = cutAt(open, page, cut, along);
  headsComeWith(cutting, page, along);
  return cutting;
}

async function cutAt(
  { reader, chunk, list }: OpenChunk,
  page: DataPage,
  cut: Cut,
  along: DataPage | undefined,
): Promise<CutPage> {
  const room = await takeRoom(reader, chunk, page);
  try {
    const buffers = new PageBuffers();
    const opened = await openDataPage(reader, chunk, list, page, room, { along, buffers });
    page.head ??= countsOf(opened.head);
    const made = await inPage(chunk, page.start, () => ({
      result: cutPage(chunk.leaf, opened, cutLevels(opened.page, cut)),
      sourceNulls: opened.page.numLevels - opened.page.values.count,
    }));
    // Not after a failure, when somebody may still be reading into them.
    buffers.giveBack();
    return made;
  } finally {
    room.release();
  }
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
