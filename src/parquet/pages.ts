/** Finding a chunk's pages: from its OffsetIndex, or by a walk over the page headers. */
import type { ByteRange, SourceChunk } from './source-chunk.js';
import { openCodec, type PageCodec } from './codec.js';
import { damaged } from './errors.js';
import { type OffsetIndex, PageType } from './format.js';
import { damagedPage, HeaderWindow, inPage } from './header-window.js';
import { indexedPages } from './indexes.js';
import { countRowStarts, openPage, type OpenPage } from './page.js';
import { type PageHead, readPageHead } from './page-header.js';
import type { RangeReader } from './source.js';
import { ThriftError } from './thrift.js';

/** A data page where it lies. */
export interface DataPage extends ByteRange {
  /** Rows of the row group that start before this page, and before its end. */
  firstRow: number;
  endRow: number;
  /** The page begins inside a row that an earlier page began: only V1 pages without an index do that. */
  continuesRow: boolean;
  /** Once it was read. */
  head?: PageHead;
}

export interface PageList {
  /** The dictionary page, header included. */
  dictionary?: ByteRange;
  /** In order. A walk stops behind the row it was asked for; an OffsetIndex lists all. */
  pages: DataPage[];
  /** Whether `pages` are all the chunk has. */
  isComplete: boolean;
}

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
  const indexed = offsetIndex ? indexedPages(chunk, offsetIndex, rows) : [];
  // An index that leaves a hole between pages may have left out a page: then the headers are asked.
  const isGapless = indexed.every((page, i) => i === 0 || page.start === indexed[i - 1]!.end);
  if (indexed.length === 0 || !isGapless) return walkPages(reader, chunk, rows, until);
  const pages = indexed.map((page, i): DataPage => ({
    ...page,
    endRow: indexed[i + 1]?.firstRow ?? rows,
    continuesRow: false,
  }));
  const first = indexed[0]?.start ?? chunk.range.start;
  const list: PageList = { pages, isComplete: true };
  if (first > chunk.range.start) list.dictionary = { start: chunk.range.start, end: first };
  return list;
}

async function walkPages(
  reader: RangeReader,
  chunk: SourceChunk,
  rows: number,
  until: number,
): Promise<PageList> {
  const window = new HeaderWindow(reader, chunk.range);
  const list: PageList = { pages: [], isComplete: false };
  // Only in V1 pages of repeated columns is the number of rows hidden, and may a row go on in the next page.
  const isRepeated = chunk.leaf.maxRepetition > 0;
  let offset = chunk.range.start;
  let levels = 0;
  let rowsStarted = 0;
  while (levels < chunk.numValues) {
    const head = await window.headAt(chunk, offset);
    const end = offset + head.size + head.compressedSize;
    if (end > chunk.range.end)
      throw damagedPage(chunk, offset, new ThriftError('the page reaches beyond its chunk'));
    if (head.type === PageType.dictionaryPage) {
      list.dictionary = { start: offset, end };
    } else if (head.type === PageType.dataPage || head.type === PageType.dataPageV2) {
      const page: DataPage = {
        start: offset,
        end,
        firstRow: rowsStarted,
        endRow: 0,
        continuesRow: false,
        head,
      };
      const isHidden = isRepeated && head.numRows === undefined;
      if (isHidden) {
        const open = await openDataPage(reader, chunk, page);
        page.continuesRow = open.page.repetition?.find(0, 0) !== 0;
        rowsStarted += countRowStarts(open.page);
      } else {
        rowsStarted += head.numRows ?? head.numValues;
      }
      page.endRow = rowsStarted;
      list.pages.push(page);
      levels += head.numValues;
      if (rowsStarted > until || (rowsStarted === until && !isHidden)) return list;
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

export interface OpenedPage {
  head: PageHead;
  page: OpenPage;
  codec: PageCodec;
}

/** Reads, decompresses and takes apart one data page. */
export async function openDataPage(
  reader: RangeReader,
  chunk: SourceChunk,
  page: DataPage,
): Promise<OpenedPage> {
  const bytes = await reader.read(page.start, page.end);
  return inPage(chunk, page.start, async () => {
    const head = readPageHead(bytes, 0);
    if (head.type !== PageType.dataPage && head.type !== PageType.dataPageV2) {
      throw new ThriftError('no data page where one belongs');
    }
    const codec = await openCodec(chunk.codec);
    return { head, codec, page: openPage(chunk.leaf, head, bytes.subarray(head.size), codec) };
  });
}
