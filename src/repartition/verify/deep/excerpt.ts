/**
 * Excerpts: a column's pages, a few at a time, each time as a Parquet file of its own that a reader takes whole. So what is
 * in memory is some pages, whatever the size of row groups. Pages are as they were; the footer is made.
 *
 *     PAR1 │ dictionary page │ stub │ page │ page │ footer
 *
 * Pages of version 1 may end inside a list, so that an excerpt may begin in the middle of one. Readers refuse that; hence a
 * stub: a page with one value, which begins a list that the values behind it go on with.
 */
import type { Room } from '../../../memory.js';
import { footerBytes, magicBytes } from '../../../parquet/footer.js';
import {
  ColumnChunk,
  ColumnMetaData,
  DataPageHeader,
  DataPageHeaderV2,
  Encoding,
  FileMetaData,
  isDictionaryEncoding,
  PageHeader,
  PageType,
  PhysicalType,
  RowGroup,
  SchemaElement,
} from '../../../parquet/format.js';
import type { PageHead } from '../../../parquet/page-header.js';
import type { Leaf } from '../../../parquet/schema.js';
import type { SourceChunk } from '../../../parquet/source-chunk.js';
import { make } from '../../../parquet/thrift.js';
import { writeStruct } from '../../../parquet/thrift-writer.js';
import type { Column } from './columns.js';
import type { PartFile } from './file.js';
import { isDataPage, type Page, pagesOf } from './pages.js';

export interface Excerpt {
  /** A Parquet file. Good until the next excerpt. */
  bytes: Uint8Array;
  /** Values, or levels of lists. */
  values: number;
  /** Decompressed, about. */
  size: number;
  /** Whether its first list begins with a value that is not there, and goes on with the last list of the excerpt before. */
  goesOn: boolean;
}

/** Of pages of an excerpt, unless one alone has more. Larger ones are no faster: what is decoded has left the cache. */
const [MOST_BYTES, MOST_SIZE, MOST_VALUES] = [2 * 1024 * 1024, 4 * 1024 * 1024, 512 * 1024];
/** What a reader keeps of a value beside itself: its levels, and where it ends. */
const LEVELS_BYTES = 8;

/** Room for the excerpts of usual pages, with what is made of them. */
export const USUAL_ROOM = 2 * MOST_BYTES + 2 * MOST_SIZE;

/** Where excerpts are put together. */
export class Desk {
  private bytes = new Uint8Array(0);

  /** Good until the next call. */
  assemble(pieces: readonly Uint8Array[]): Uint8Array {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.bytes.length < length) this.bytes = new Uint8Array(length + length / 4);
    let at = 0;
    for (const piece of pieces) {
      this.bytes.set(piece, at);
      at += piece.length;
    }
    return this.bytes.subarray(0, length);
  }
}

interface Source {
  file: PartFile;
  column: Column;
  /** Of the column, in one row group. */
  chunks: readonly SourceChunk[];
  rows: number;
  /** What the excerpt may take; it is asked for more where pages claim more. */
  room: Room;
  desk: Desk;
}

/** All values of a column of one row group. */
export function excerptsOf(source: Source): AsyncGenerator<Excerpt> {
  return source.column.shape === 'nested' ? wholeOf(source) : runsOf(source);
}

async function* runsOf({ file, column, chunks, room, desk }: Source): AsyncGenerator<Excerpt> {
  const chunk = chunks[0]!;
  const held = room.bytes;
  let dictionary: Page | undefined;
  let run = new Run();
  let begun = false;
  const excerpt = (): Excerpt => {
    // Many a chunk begins with a dictionary and goes on without.
    const words = run.usesDictionary ? dictionary : undefined;
    const goesOn = begun && column.shape === 'list' && run.pages[0]!.head.type === PageType.dataPage;
    const values = run.values + (goesOn ? 1 : 0);
    const pages = [
      ...(words ? [words.bytes] : []),
      ...(goesOn ? [stubFor(chunk.leaf)] : []),
      ...run.pages.map(({ bytes }) => bytes),
    ];
    const placed = { chunk, pages, dictionaryBytes: words?.bytes.length, values };
    const { size } = run;
    begun = true;
    run = new Run();
    return { bytes: desk.assemble(fileOf(column, file, [placed], values)), values, size, goesOn };
  };
  const allow = async (head: PageHead): Promise<void> => {
    const claimed = claimOf(head, chunk.leaf) + (dictionary ? claimOf(dictionary.head, chunk.leaf) : 0);
    await allowFor(room, held, claimed);
  };
  for await (const page of pagesOf(chunk, file.windows(chunk.range), allow)) {
    if (page.head.type === PageType.dictionaryPage) {
      // Its window is not kept for it.
      dictionary = { ...page, bytes: page.bytes.slice() };
    }
    if (!isDataPage(page.head)) continue;
    if (run.isFullFor(page, dictionary)) yield excerpt();
    run.add(page);
  }
  if (run.values > 0) yield excerpt();
  room.shrink(held);
}

/** Pages one behind the other. */
class Run {
  readonly pages: Page[] = [];
  values = 0;
  /** Decompressed. */
  size = 0;
  usesDictionary = false;
  private bytes = 0;

  add(page: Page): void {
    this.pages.push(page);
    this.values += page.head.numValues;
    this.size += page.head.uncompressedSize;
    this.bytes += page.bytes.length;
    this.usesDictionary ||= isDictionaryEncoding(encodingOf(page.head));
  }

  isFullFor({ head, bytes }: Page, dictionary: Page | undefined): boolean {
    // A dictionary is read again with each.
    const words = this.usesDictionary ? (dictionary?.bytes.length ?? 0) : 0;
    const times = Math.max(1, (4 * words) / MOST_BYTES);
    return (
      this.pages.length > 0 &&
      (this.bytes + bytes.length > times * MOST_BYTES ||
        this.size + head.uncompressedSize > times * MOST_SIZE ||
        this.values + head.numValues > times * MOST_VALUES)
    );
  }
}

/** Of a data page's values. */
function encodingOf({ struct }: PageHead): number {
  const [v1, v2] = [struct.get(PageHeader.dataPageHeader), struct.get(PageHeader.dataPageHeaderV2)];
  return v1?.get(DataPageHeader.encoding) ?? v2?.get(DataPageHeaderV2.encoding) ?? Encoding.plain;
}

/** Bytes that reading the page takes: as it lies, put together, and in the reader's memory; decompressed; its values. */
function claimOf({ type, compressedSize, uncompressedSize, numValues }: PageHead, leaf: Leaf): number {
  // A dictionary's values are about what it is decompressed.
  const values =
    type === PageType.dictionaryPage ? uncompressedSize : numValues * (LEVELS_BYTES + widthOf(leaf));
  return 3 * compressedSize + uncompressedSize + values;
}

/** Asks for what goes beyond the usual. */
async function allowFor(room: Room, held: number, claimed: number): Promise<void> {
  const missing = held + claimed - USUAL_ROOM - room.bytes;
  if (missing > 0) await room.grow(missing);
}

function widthOf({ type, typeLength }: Leaf): number {
  if (type === PhysicalType.fixedLenByteArray) return typeLength;
  return type === PhysicalType.int32 || type === PhysicalType.float ? 4 : 8;
}

/** Columns of several leaves, or of lists in lists, which have no common rows to be cut at. */
async function* wholeOf({ file, column, chunks, rows, room, desk }: Source): AsyncGenerator<Excerpt> {
  const held = room.bytes;
  await allowFor(
    room,
    held,
    chunks.reduce((sum, { range }) => sum + 3 * (range.end - range.start), 0),
  );
  const placed: Placed[] = [];
  for (const chunk of chunks) {
    const pages: Page[] = [];
    for await (const page of pagesOf(chunk, file.windows(chunk.range), () => Promise.resolve()))
      pages.push(page);
    const dictionaryBytes = pages.find(({ head }) => head.type === PageType.dictionaryPage)?.bytes.length;
    placed.push({
      chunk,
      pages: pages.map(({ bytes }) => bytes),
      dictionaryBytes,
      values: chunk.numValues,
    });
  }
  const size = chunks.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  const values = chunks.reduce((most, { numValues }) => Math.max(most, numValues), 0);
  if (rows > 0)
    yield { bytes: desk.assemble(fileOf(column, file, placed, rows)), values, size, goesOn: false };
  room.shrink(held);
}

interface Placed {
  chunk: SourceChunk;
  /** In order, the dictionary page first where there is one. */
  pages: readonly Uint8Array[];
  dictionaryBytes: number | undefined;
  values: number;
}

/** @param rows at least as many as there are: readers go by pages */
function fileOf(column: Column, { footer }: PartFile, placed: readonly Placed[], rows: number): Uint8Array[] {
  const magic = magicBytes();
  let at = magic.length;
  const columns = placed.map(({ chunk, pages, dictionaryBytes, values }) => {
    const length = pages.reduce((sum, { length: each }) => sum + each, 0);
    const meta = make(ColumnMetaData, {
      type: chunk.leaf.type,
      encodings: chunk.meta.get(ColumnMetaData.encodings) ?? [],
      pathInSchema: chunk.meta.get(ColumnMetaData.pathInSchema) ?? [],
      codec: chunk.codec,
      numValues: values,
      totalUncompressedSize: chunk.uncompressedSize,
      totalCompressedSize: length,
      dataPageOffset: at + (dictionaryBytes ?? 0),
    });
    if (dictionaryBytes !== undefined) meta.set(ColumnMetaData.dictionaryPageOffset, at);
    at += length;
    return make(ColumnChunk, { fileOffset: 0, metaData: meta });
  });
  const root = footer.meta.require(FileMetaData.schema)[0]!.clone().set(SchemaElement.numChildren, 1);
  const meta = make(FileMetaData, {
    version: 1,
    schema: [root, ...column.elements],
    numRows: rows,
    rowGroups: [make(RowGroup, { columns, totalByteSize: at, numRows: rows })],
  });
  // By its name readers know the writer's habits.
  if (footer.createdBy !== undefined) meta.set(FileMetaData.createdBy, footer.createdBy);
  return [magic, ...placed.flatMap(({ pages }) => pages), footerBytes(meta)];
}

/** A page with one value at its deepest level, all of whose bits are 0. Version 2 may be left as it is by the codec. */
function stubFor(leaf: Leaf): Uint8Array {
  // One run of one level each.
  const [repetition, definition] = [Uint8Array.of(2, 0), Uint8Array.of(2, leaf.maxDefinition)];
  const body = Buffer.concat([repetition, definition, new Uint8Array(stubWidth(leaf))]);
  const header = make(PageHeader, {
    type: PageType.dataPageV2,
    uncompressedPageSize: body.length,
    compressedPageSize: body.length,
  });
  header.set(
    PageHeader.dataPageHeaderV2,
    make(DataPageHeaderV2, {
      numValues: 1,
      numNulls: 0,
      numRows: 1,
      encoding: Encoding.plain,
      definitionLevelsByteLength: definition.length,
      repetitionLevelsByteLength: repetition.length,
      isCompressed: false,
    }),
  );
  return Buffer.concat([writeStruct(header), body]);
}

/** Bytes of a value in PLAIN: of a text its length, which is 0. */
function stubWidth({ type, typeLength }: Leaf): number {
  switch (type) {
    case PhysicalType.boolean:
      return 1;
    case PhysicalType.int64:
    case PhysicalType.double:
      return 8;
    case PhysicalType.int96:
      return 12;
    case PhysicalType.fixedLenByteArray:
      return typeLength;
    default:
      return 4;
  }
}
