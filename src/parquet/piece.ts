/**
 * A column chunk's piece: the rows `from..to` of it, as segments and the metadata that describe them.
 *
 *     source   | dictionary | page | page | page | page | page |
 *                              ^ from               ^ to
 *     piece    | dictionary |ge | page | page | pa|
 *                copied      made copied        made
 */
import type { ByteRange, Chunk } from './chunk.js';
import { damaged } from './errors.js';
import { Codec, ColumnMetaData } from './format.js';
import * as indexes from './indexes.js';
import { cutPage, levelOfRow, type MadePage, type OpenPage, type PageHead } from './page.js';
import { type DataPage, inPage, listPages, openDataPage, type PageList, readHeads } from './pages.js';
import { append, type ParquetSegment } from './segments.js';
import type { RangeReader } from './source.js';
import { cutColumnMetaData } from './statistics.js';
import type { Struct } from './thrift.js';

export interface ChunkPiece {
  chunk: Chunk;
  segments: ParquetSegment[];
  /** Bytes of the segments. */
  size: number;
  /** ColumnMetaData; its offsets, and the offset index's, count from the piece's first byte. */
  meta: Struct;
  offsetIndex?: Struct;
  columnIndex?: Struct;
  /** In the source file. */
  bloomFilter?: ByteRange;
}

/** The whole chunk, copied as it is. */
export async function wholePiece(reader: RangeReader, source: number, chunk: Chunk): Promise<ChunkPiece> {
  const { start, end } = chunk.range;
  const meta = chunk.meta.clone();
  for (const id of [
    ColumnMetaData.dataPageOffset,
    ColumnMetaData.dictionaryPageOffset,
    ColumnMetaData.indexPageOffset,
  ]) {
    const offset = meta.int(id);
    if (offset === undefined) continue;
    // Writers without a dictionary page may say 0.
    if (offset >= start) meta.setI64(id, offset - start);
    else meta.delete(id);
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
  chunk: Chunk;
  offsetIndex: Struct | undefined;
  columnIndex: Struct | undefined;
  list: PageList;
}

/**
 * Finds a chunk's pages up to row `until`; `rows` are its row group's.
 * @throws RepartitionError `parquet` when they don't add up
 */
export async function openChunk(
  reader: RangeReader,
  source: number,
  chunk: Chunk,
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
  meta.setI64(ColumnMetaData.dataPageOffset, dictionarySize);
  if (list.dictionary) meta.setI64(ColumnMetaData.dictionaryPageOffset, 0);
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

/** The part of a page to keep, as rows that start in it; an open end means the page's own edge. */
export interface Cut {
  fromRow?: number;
  toRow?: number;
}

export interface PickedPage {
  ordinal: number;
  page: DataPage;
  cut?: Cut;
}

/**
 * The pages that hold the rows `from..to`, and where to cut the first and the last. A row that began in an earlier
 * page belongs to whoever takes the row, so a page that continues one is cut in front of its first own row.
 */
export function pickPages(pages: readonly DataPage[], from: number, to: number): PickedPage[] {
  const picked: PickedPage[] = [];
  pages.forEach((page, ordinal) => {
    const isBefore = page.endRow <= from;
    const isBehind = page.firstRow > to || (page.firstRow === to && !page.continuesRow);
    if (isBefore || isBehind) return;
    const cut: Cut = {};
    if (from > page.firstRow || (from === page.firstRow && page.continuesRow))
      cut.fromRow = from - page.firstRow;
    if (to < page.endRow) cut.toRow = to - page.firstRow;
    const isCut = cut.fromRow !== undefined || cut.toRow !== undefined;
    picked.push({ ordinal, page, ...(isCut && { cut }) });
  });
  return picked;
}

async function cutAt(
  reader: RangeReader,
  chunk: Chunk,
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

/** The levels that a cut keeps. */
export function cutLevels(page: OpenPage, cut: Cut): { from: number; to: number } {
  return {
    from: cut.fromRow === undefined ? 0 : levelOfRow(page, cut.fromRow),
    to: cut.toRow === undefined ? page.numLevels : levelOfRow(page, cut.toRow),
  };
}

interface PageSums {
  numLevels: number;
  /** Headers included, as `total_uncompressed_size` counts. */
  uncompressedSize: number;
  dictionarySize: number;
}

/**
 * Levels and decompressed bytes of the copied pages. Only their headers know, so the headers are read; but since the
 * chunk's totals are known, it is enough to read those of the fewer pages: the copied, or all the others.
 */
async function sumPages(
  reader: RangeReader,
  chunk: Chunk,
  list: PageList,
  copied: readonly DataPage[],
): Promise<PageSums> {
  const dictionary = list.dictionary
    ? [{ ...list.dictionary, firstRow: 0, endRow: 0, continuesRow: false }]
    : [];
  const dictionarySize = sum(await readHeads(reader, chunk, dictionary), sizeOf);
  const isFlat = chunk.leaf.maxRepetition === 0;
  if (chunk.codec === Codec.uncompressed && isFlat) {
    const numLevels = copied.reduce((levels, page) => levels + page.endRow - page.firstRow, 0);
    return {
      numLevels,
      uncompressedSize: copied.reduce((n, page) => n + page.end - page.start, 0),
      dictionarySize,
    };
  }
  const isCopied = new Set(copied);
  const others = list.pages.filter((page) => !isCopied.has(page));
  if (list.isComplete && others.length < copied.length) {
    const heads = await readHeads(reader, chunk, others);
    const numLevels = chunk.numValues - sum(heads, (head) => head.numValues);
    const uncompressedSize = chunk.uncompressedSize - dictionarySize - sum(heads, sizeOf);
    // Writers have been wrong about totals; pages can't be.
    if (numLevels >= 0 && uncompressedSize >= 0) return { numLevels, uncompressedSize, dictionarySize };
  }
  const heads = await readHeads(reader, chunk, copied);
  return {
    numLevels: sum(heads, (head) => head.numValues),
    uncompressedSize: sum(heads, sizeOf),
    dictionarySize,
  };
}

function sizeOf(head: PageHead): number {
  return head.size + head.uncompressedSize;
}

function sum(heads: readonly PageHead[], of: (head: PageHead) => number): number {
  return heads.reduce((total, head) => total + of(head), 0);
}

/** Nulls among the piece's levels: exact, or undefined when a copied page's are not known. */
function countNulls(
  chunk: Chunk,
  columnIndex: Struct | undefined,
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
