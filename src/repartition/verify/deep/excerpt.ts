/**
 * Excerpts: a column's pages, a few at a time, each time as a Parquet file of its own that a reader takes whole
 * (`excerpt-file.ts`). So what is in memory is some pages, whatever the size of row groups.
 */
import type { Room } from '../../../memory.js';
import { openKnownCodec, type PageCodec } from '../../../parquet/codec.js';
import {
  DataPageHeader,
  DataPageHeaderV2,
  Encoding,
  isDictionaryEncoding,
  PageHeader,
  PageType,
} from '../../../parquet/format.js';
import type { PageHead } from '../../../parquet/page-header.js';
import type { SourceChunk } from '../../../parquet/source-chunk.js';
import { bareColumn, bareLeaf, type BarePage } from './bare-pages.js';
import type { Column } from './columns.js';
import type { Desk } from './desk.js';
import { excerptFooter, type Placed, stubFor } from './excerpt-file.js';
import { allowFor, claimOf, isReadAtOnce, MOST_BYTES, MOST_SIZE, MOST_VALUES } from './excerpt-room.js';
import type { PartFile } from './file.js';
import { listsOf, type Offsets, type PageLevels, type Starts } from './known-levels.js';
import { isDataPage, type Page, pagesOf } from './pages.js';

export interface Excerpt {
  /** A Parquet file. Good until the next excerpt. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Values, or levels of lists. */
  values: number;
  /** Decompressed, about. */
  size: number;
  /** Whether its first list begins with a value that is not there, and goes on with the last list of the excerpt before. */
  goesOn: boolean;
  /** Of lists of numbers: which levels its pages have, where that is worth knowing. */
  levels?: readonly PageLevels[] | undefined;
  /** The excerpt has the values alone, and these are the lists they belong to. */
  lists?: Offsets;
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

async function* runsOf(source: Source): AsyncGenerator<Excerpt> {
  const { file, column, chunks, room, desk } = source;
  const chunk = chunks[0]!;
  const held = room.bytes;
  // Of one that we don't know the reader will say what it thinks.
  const codec = column.shape === 'list' && column.isNumeric ? await openKnownCodec(chunk.codec) : undefined;
  let dictionary: Page | undefined;
  let run: Run | undefined;
  let begun = false;
  const allow = async (head: PageHead): Promise<void> => {
    const claimed = claimOf(head, chunk.leaf) + (dictionary ? claimOf(dictionary.head, chunk.leaf) : 0);
    await allowFor(room, held, claimed);
  };
  for await (const page of pagesOf(chunk, file.bytesOf(chunk.range, desk.windows), allow)) {
    if (page.head.type === PageType.dictionaryPage) {
      // Its window is not kept for it.
      dictionary = { ...page, bytes: page.bytes.slice() };
    }
    if (!isDataPage(page.head)) continue;
    const opened = codec ? openedPage(page, chunk, codec, desk) : { levels: undefined };
    if (run && !run.hasRoomFor(page, opened)) {
      yield run.excerpt();
      run = undefined;
    }
    run ??= new Run(source, { dictionary, page, isBare: isBare(opened), begun });
    run.add(page, opened);
    begun = true;
  }
  if (run) yield run.excerpt();
  room.shrink(held);
}

/** A page of lists whose levels are known, or such as may be worth knowing. */
type Opened = { bare: BarePage; starts: Starts } | { levels: PageLevels | undefined };

function openedPage(page: Page, { leaf }: SourceChunk, codec: PageCodec, { bare, known }: Desk): Opened {
  // One that is larger than all others is read in batches.
  const isSmall = isReadAtOnce({ values: page.head.numValues, size: page.head.uncompressedSize });
  const opened = isSmall ? bare.of(page, leaf, codec) : undefined;
  const starts = opened && known.find(opened.levels);
  if (opened && starts) return { bare: opened, starts };
  return { levels: opened && known.canLearn(opened.levels) ? copied(opened.levels) : undefined };
}

function copied(levels: PageLevels): PageLevels {
  return { ...levels, bytes: levels.bytes.slice() };
}

function isBare(opened: Opened): boolean {
  return 'bare' in opened;
}

/** Pages one behind the other, all with their levels or all without. */
class Run {
  private values = 0;
  /** Decompressed. */
  private size = 0;
  /** Of its pages as they lie in the part. */
  private bytes = 0;
  private readonly start: number;
  private readonly dictionaryBytes: number | undefined;
  private readonly isBare: boolean;
  private readonly goesOn: boolean;
  private readonly known: { starts: Starts; count: number }[] = [];
  private levels: PageLevels[] | undefined = [];

  constructor(
    private readonly source: Source,
    how: { dictionary: Page | undefined; page: Page; isBare: boolean; begun: boolean },
  ) {
    const { desk, column, chunks } = source;
    this.isBare = how.isBare;
    this.goesOn = how.begun && column.shape === 'list' && how.page.head.type === PageType.dataPage;
    desk.clear();
    this.start = desk.length;
    // Many a chunk begins with a dictionary and goes on without.
    const words = usesDictionary(how.page) ? how.dictionary?.bytes : undefined;
    this.dictionaryBytes = words?.length;
    if (words) desk.put(words);
    const { leaf } = chunks[0]!;
    if (this.goesOn) desk.put(stubFor(how.isBare ? bareLeaf(leaf) : leaf));
  }

  hasRoomFor(page: Page, opened: Opened): boolean {
    if (isBare(opened) !== this.isBare) return false;
    if (usesDictionary(page) && this.dictionaryBytes === undefined) return false;
    // A dictionary is read again with each.
    const times = Math.max(1, (4 * (this.dictionaryBytes ?? 0)) / MOST_BYTES);
    const bytes = this.bytes + page.bytes.length;
    const size = this.size + page.head.uncompressedSize;
    const values = this.values + page.head.numValues;
    if (bytes > times * MOST_BYTES || size > times * MOST_SIZE || values > times * MOST_VALUES) return false;
    // Where lists are put together by us, they are all there at once.
    return !this.isBare || isReadAtOnce({ values, size });
  }

  add({ head, bytes }: Page, opened: Opened): void {
    const { desk } = this.source;
    this.values += head.numValues;
    this.size += head.uncompressedSize;
    this.bytes += bytes.length;
    if ('bare' in opened) {
      desk.put(opened.bare.header);
      desk.put(opened.bare.values);
      this.known.push({ starts: opened.starts, count: head.numValues });
    } else {
      desk.put(bytes);
      if (opened.levels) this.levels?.push(opened.levels);
      else this.levels = undefined;
    }
  }

  excerpt(): Excerpt {
    const { start, dictionaryBytes, goesOn, size, source } = this;
    const { file, column, chunks, desk } = source;
    const values = this.values + (goesOn ? 1 : 0);
    const placed = { chunk: chunks[0]!, start, length: desk.length - start, dictionaryBytes, values };
    desk.put(excerptFooter(this.isBare ? bareColumn(column) : column, file, [placed], values));
    const excerpt = { bytes: desk.file(), values, size, goesOn };
    return this.isBare
      ? { ...excerpt, lists: listsOf(this.known, goesOn) }
      : { ...excerpt, levels: this.levels };
  }
}

/** Whether a data page's values are said by a dictionary. */
function usesDictionary({ head: { struct } }: Page): boolean {
  const [v1, v2] = [struct.get(PageHeader.dataPageHeader), struct.get(PageHeader.dataPageHeaderV2)];
  const encoding = v1?.get(DataPageHeader.encoding) ?? v2?.get(DataPageHeaderV2.encoding) ?? Encoding.plain;
  return isDictionaryEncoding(encoding);
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
  desk.clear();
  for (const chunk of chunks) {
    const start = desk.length;
    let dictionaryBytes: number | undefined;
    for await (const { head, bytes } of pagesOf(chunk, file.bytesOf(chunk.range, desk.windows), () =>
      Promise.resolve(),
    )) {
      if (head.type === PageType.dictionaryPage) dictionaryBytes ??= bytes.length;
      desk.put(bytes);
    }
    placed.push({ chunk, start, length: desk.length - start, dictionaryBytes, values: chunk.numValues });
  }
  const size = chunks.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  const values = chunks.reduce((most, { numValues }) => Math.max(most, numValues), 0);
  if (rows > 0) {
    desk.put(excerptFooter(column, file, placed, rows));
    yield { bytes: desk.file(), values, size, goesOn: false };
  }
  room.shrink(held);
}
