/** Finding a chunk's pages: from its OffsetIndex, or by a walk over the page headers. */
import type { ByteRange, Chunk } from './chunk.js';
import { openCodec, type PageCodec } from './codec.js';
import { damaged, explainDamage } from './errors.js';
import { PageType } from './format.js';
import { indexedPages } from './indexes.js';
import { LONG_RUN } from './placement.js';
import { countRowStarts, openPage, type OpenPage, type PageHead, readPageHead } from './page.js';
import type { RangeReader } from './source.js';
import { type Struct, ThriftError, ThriftTruncated } from './thrift.js';

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
  chunk: Chunk,
  offsetIndex: Struct | undefined,
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

async function walkPages(reader: RangeReader, chunk: Chunk, rows: number, until: number): Promise<PageList> {
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

/** Chunks up to this size are read whole when their headers are walked; of others a little at a time. */
const WHOLE_CHUNK_BYTES = 256 * 1024;
const HEADER_BYTES = 4 * 1024;
/** A header with two long bounds in its statistics may be large, but not larger than this. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

function windowBytes({ start, end }: ByteRange): number {
  return end - start <= WHOLE_CHUNK_BYTES ? WHOLE_CHUNK_BYTES : HEADER_BYTES;
}

/** Reads page headers through a window, so that neighbours cost one read. */
class HeaderWindow {
  private readonly reader: RangeReader;
  private readonly range: ByteRange;
  private start = 0;
  private bytes: Uint8Array = new Uint8Array(0);

  constructor(reader: RangeReader, range: ByteRange) {
    this.reader = reader;
    this.range = range;
  }

  /** Reads all of a range, so that its headers need no more reads. */
  async show({ start, end }: ByteRange): Promise<void> {
    this.bytes = await this.reader.read(start, end);
    this.start = start;
  }

  async headAt(chunk: Chunk, offset: number): Promise<PageHead> {
    for (let length = windowBytes(this.range); ; length *= 8) {
      const end = Math.min(offset + length, this.range.end);
      try {
        if (offset >= this.start && offset < this.start + this.bytes.length) {
          return readPageHead(this.bytes, offset - this.start);
        }
      } catch (error) {
        const canGrow = this.start + this.bytes.length < this.range.end && length <= MAX_HEADER_BYTES;
        if (!(error instanceof ThriftTruncated && canGrow)) throw damagedPage(chunk, offset, error);
      }
      if (offset >= this.range.end)
        throw damagedPage(chunk, offset, new ThriftError('the chunk ends before its pages'));
      this.bytes = await this.reader.read(offset, end);
      this.start = offset;
    }
  }
}

/** The headers of pages that an OffsetIndex listed, in their order. Far apart they are asked for all at once. */
export async function readHeads(
  reader: RangeReader,
  chunk: Chunk,
  pages: readonly DataPage[],
): Promise<PageHead[]> {
  const runs = runsOf(pages).flatMap((run) => (isReadWhole(reader, run) ? [run] : neighbours(chunk, run)));
  const heads = await Promise.all(
    runs.map(async (run) => {
      const window = new HeaderWindow(reader, chunk.range);
      if (isReadWhole(reader, run)) await window.show(extentOf(run));
      const ofRun: PageHead[] = [];
      for (const page of run) ofRun.push((page.head ??= await window.headAt(chunk, page.start)));
      return ofRun;
    }),
  );
  return heads.flat();
}

/** Pages that lie one behind the other. */
function runsOf(pages: readonly DataPage[]): DataPage[][] {
  const runs: DataPage[][] = [];
  for (const page of pages) {
    const run = runs.at(-1);
    if (run?.at(-1)?.end === page.start) run.push(page);
    else runs.push([page]);
  }
  return runs;
}

/**
 * Longer runs aren't read only for their headers. On S3 these are the runs that can't be copied by the server
 * (`LONG_RUN`), so that whoever wants their headers will mostly want all of them.
 */
const MAX_WHOLE_RUN = LONG_RUN;

function isReadWhole(reader: RangeReader, run: readonly DataPage[]): boolean {
  // A walk has read them already.
  if (run.every(({ head }) => head !== undefined)) return false;
  const { start, end } = extentOf(run);
  return end - start <= Math.min(run.length * reader.readOverhead, MAX_WHOLE_RUN);
}

function extentOf(run: readonly DataPage[]): ByteRange {
  return { start: run[0]!.start, end: run.at(-1)!.end };
}

/** Runs of pages whose headers one window shows. */
function neighbours(chunk: Chunk, pages: readonly DataPage[]): DataPage[][] {
  const bytes = windowBytes(chunk.range);
  const runs: DataPage[][] = [];
  for (const page of pages) {
    const run = runs.at(-1);
    if (run && page.start < run[0]!.start + bytes) run.push(page);
    else runs.push([page]);
  }
  return runs;
}

export interface OpenedPage {
  head: PageHead;
  page: OpenPage;
  codec: PageCodec;
}

/** Reads, decompresses and takes apart one data page. */
export async function openDataPage(reader: RangeReader, chunk: Chunk, page: DataPage): Promise<OpenedPage> {
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

/** Runs `work` on a page; what it throws names file, column and byte. */
export async function inPage<T>(chunk: Chunk, offset: number, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw damagedPage(chunk, offset, error);
  }
}

function damagedPage(chunk: Chunk, offset: number, error: unknown): unknown {
  return explainDamage(chunk.file, `column ${chunk.leaf.path}, page at byte ${offset}`, error);
}
