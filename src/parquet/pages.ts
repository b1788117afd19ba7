/** Finding a chunk's pages: from its OffsetIndex, or by a walk over the page headers. */
import type { Room } from '../memory.js';
import type { SourceChunk } from './source-chunk.js';
import { openCodec, type PageCodec } from './codec.js';
import { damaged } from './errors.js';
import { type OffsetIndex, PageType } from './format.js';
import { damagedPage, HEADER_BYTES, HeaderWindow, inPage } from './header-window.js';
import { EncodingError } from './hybrid.js';
import { indexedPages } from './indexes.js';
import { beginsInsideRow, countRowStarts, openPage, type OpenPage } from './page.js';
import { countsOf, type PageHead, readPageHead, statedRows } from './page-header.js';
import type { PageBuffers } from './page-buffers.js';
import type { DataPage, PageList, PlacedPage } from './page-list.js';
import { noteHead, readHeads } from './read-heads.js';
import type { RangeReader } from './source.js';
import { ThriftError } from './thrift.js';

/**
 * What indexes list of the chunks of open files, with what has been read of the headers: the parts on either side of a
 * boundary want the same, and far away each header is a request.
 */
const lists = new WeakMap<SourceChunk['struct'], PageList>();

/**
 * Lists the pages up to the one in which row `until` starts.
 * @param rows of the row group
 * @throws RepartitionError `parquet` when the pages don't add up, or must be opened to count rows and can't be
 */
export async function listPages(
  reader: RangeReader,
  chunk: SourceChunk,
  offsetIndex: OffsetIndex | undefined,
  rows: number,
  until: number,
): Promise<PageList> {
  const known = offsetIndex && lists.get(chunk.struct);
  if (known) return known;
  const indexed = offsetIndex ? indexedPages(chunk, offsetIndex, rows) : [];
  // An index that leaves a hole between pages may have left out a page: then the headers are asked.
  const isGapless = indexed.every((page, i) => i === 0 || page.start === indexed[i - 1]!.end);
  if (indexed.length === 0 || !isGapless) return walkPages(reader, chunk, rows, until);
  // All properties by name: of objects that are spread V8 makes a hidden class for each, and of pages there are very many.
  const pages = indexed.map(({ start, end, firstRow }, i): DataPage => ({
    start,
    end,
    firstRow,
    endRow: indexed[i + 1]?.firstRow ?? rows,
    continuesRow: false,
    head: undefined,
    headComes: undefined,
  }));
  const first = indexed[0]?.start ?? chunk.range.start;
  const list: PageList = { pages, isComplete: true };
  if (first > chunk.range.start) {
    list.dictionary = { start: chunk.range.start, end: first, head: undefined, headComes: undefined };
  }
  lists.set(chunk.struct, list);
  return list;
}

/** Says of a page that its first value continues a row that none began. */
export function withoutRow(chunk: SourceChunk, offset: number): unknown {
  return damagedPage(chunk, offset, new EncodingError('it goes on with a row where one must begin'));
}

/** Says of a page that it is longer than what is left of its chunk. */
export function beyondChunk(chunk: SourceChunk, offset: number): unknown {
  return damagedPage(chunk, offset, new ThriftError('the page reaches beyond its chunk'));
}

async function walkPages(
  reader: RangeReader,
  chunk: SourceChunk,
  rows: number,
  until: number,
): Promise<PageList> {
  const window = new HeaderWindow(reader, chunk.range);
  const list: PageList = { pages: [], isComplete: false };
  let offset = chunk.range.start;
  let levels = 0;
  let rowsStarted = 0;
  while (levels < chunk.numValues) {
    const head = await window.headAt(chunk, offset);
    const end = offset + head.size + head.compressedSize;
    if (end > chunk.range.end) throw beyondChunk(chunk, offset);
    if (head.type === PageType.dictionaryPage) {
      list.dictionary = { start: offset, end, head: countsOf(head), headComes: undefined };
    } else if (head.type === PageType.dataPage || head.type === PageType.dataPageV2) {
      const page: DataPage = {
        start: offset,
        end,
        firstRow: rowsStarted,
        endRow: 0,
        continuesRow: false,
        head: countsOf(head),
        headComes: undefined,
      };
      const stated = statedRows(chunk.leaf, head);
      if (stated === undefined) {
        const { continuesRow, rows } = await lookInside(reader, chunk, list, page);
        // In V1 pages of repeated columns a row may go on, if one has begun.
        if (continuesRow && list.pages.length === 0) throw withoutRow(chunk, offset);
        page.continuesRow = continuesRow;
        rowsStarted += rows;
      } else {
        rowsStarted += stated;
      }
      page.endRow = rowsStarted;
      list.pages.push(page);
      levels += head.numValues;
      if (rowsStarted > rows) break;
      // To the row group's last row all pages belong, and are counted.
      const isFound = rowsStarted > until || (rowsStarted === until && stated !== undefined);
      if (isFound && until < rows) return list;
    }
    offset = end;
  }
  if (rowsStarted !== rows || levels !== chunk.numValues) {
    throw damaged(
      chunk.file,
      `column ${chunk.leaf.path} holds ${rowsStarted} rows where its row group has ${rows}`,
    );
  }
  list.isComplete = true;
  return list;
}

/** What only a page's repetition levels tell. */
async function lookInside(
  reader: RangeReader,
  chunk: SourceChunk,
  list: PageList,
  page: PlacedPage,
): Promise<{ continuesRow: boolean; rows: number }> {
  const room = await takeRoom(reader, chunk, page);
  try {
    const opened = await openAnyPage(reader, chunk, list, page, room);
    return { continuesRow: beginsInsideRow(opened.page), rows: countRowStarts(opened.page) };
  } finally {
    room.release();
  }
}

/**
 * Waits for the room that a page takes before it is opened.
 * @throws RepartitionError `parquet` when there is not so much
 */
export async function takeRoom(reader: RangeReader, chunk: SourceChunk, page: PlacedPage): Promise<Room> {
  return inPage(chunk, page.start, () => reader.memory.take(page.end - page.start));
}

export interface OpenedPage {
  head: PageHead;
  page: OpenPage;
  codec: PageCodec;
  /** What it takes. */
  room: Room;
}

/**
 * Reads, decompresses and takes apart one data page of a list, and sees that it has the rows for which it was listed.
 * @param room for its bytes as they lie in the file; grows as the page does
 * @param along the page behind it, whose header is read with it
 * @param buffers whose memory it takes as long as it is open; by default its own
 * @throws RepartitionError `parquet` when it is damaged, needs too much memory, or is of a kind we can't read
 */
export async function openDataPage(
  reader: RangeReader,
  chunk: SourceChunk,
  list: PageList,
  page: DataPage,
  room: Room,
  { along, buffers }: { along?: PlacedPage | undefined; buffers?: PageBuffers } = {},
): Promise<OpenedPage> {
  const opened = await openAnyPage(reader, chunk, list, page, room, { along, buffers });
  const rows = countRowStarts(opened.page);
  const listed = page.endRow - page.firstRow;
  if (rows !== listed) {
    throw damagedPage(chunk, page.start, new EncodingError(`levels of ${rows} rows where ${listed} belong`));
  }
  if (beginsInsideRow(opened.page) && !page.continuesRow) {
    throw withoutRow(chunk, page.start);
  }
  return opened;
}

async function openAnyPage(
  reader: RangeReader,
  chunk: SourceChunk,
  list: PageList,
  page: PlacedPage,
  room: Room,
  { along, buffers }: { along?: PlacedPage | undefined; buffers?: PageBuffers | undefined } = {},
): Promise<OpenedPage> {
  return inPage(chunk, page.start, async () => {
    const end = along ? Math.min(along.start + HEADER_BYTES, along.end) : page.end;
    // What is read from far away may be remembered for the part on the other side of a boundary.
    const into = reader.readOverhead > 0 ? undefined : buffers?.take(end - page.start);
    const [read, entries] = await Promise.all([
      reader.read(page.start, end, undefined, into),
      dictionaryEntries(reader, chunk, list),
    ]);
    const bytes = read.subarray(0, page.end - page.start);
    if (along) await noteHead(reader, chunk, along, read.subarray(bytes.length));
    const head = readPageHead(bytes, 0);
    if (head.type !== PageType.dataPage && head.type !== PageType.dataPageV2) {
      throw new ThriftError('no data page where one belongs');
    }
    await room.grow(head.uncompressedSize);
    const codec = await openCodec(chunk.codec);
    const unpacking: PageCodec = {
      ...codec,
      decompress: (packed, size) => codec.decompress(packed, size, buffers?.take(size)),
    };
    const context = { leaf: chunk.leaf, codec: unpacking, entries, habits: chunk.habits };
    return { head, codec, room, page: openPage(context, head, bytes.subarray(head.size)) };
  });
}

/** Entries of a chunk's dictionary, as its page's header says; undefined when it has none. */
async function dictionaryEntries(
  reader: RangeReader,
  chunk: SourceChunk,
  { dictionary }: PageList,
): Promise<number | undefined> {
  if (!dictionary) return undefined;
  const [head] = await readHeads(reader, chunk, [dictionary]);
  return head?.type === PageType.dictionaryPage ? head.numValues : undefined;
}
