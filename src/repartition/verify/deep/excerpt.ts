/**
 * Excerpts: a column's pages, a few at a time, each time as a Parquet file of its own that a reader takes whole
 * (`excerpt-file.ts`). So what is in memory is some pages, whatever the size of row groups.
 */
import type { Room } from '../../../memory.js';
import { openCodec, type PageCodec, UnknownCodec } from '../../../parquet/codec.js';
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
import { bareColumn, bareLeaf, barePages } from './bare-pages.js';
import type { Column } from './columns.js';
import { type Desk, fileOf, type Placed, stubFor } from './excerpt-file.js';
import { allowFor, claimOf, isReadAtOnce, MOST_BYTES, MOST_SIZE, MOST_VALUES } from './excerpt-room.js';
import type { PartFile } from './file.js';
import type { KnownLevels, Offsets } from './known-levels.js';
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
  /** Of lists of numbers: which levels they have, where that is worth knowing. */
  levels?: string | undefined;
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
  known: KnownLevels;
}

/** All values of a column of one row group. */
export function excerptsOf(source: Source): AsyncGenerator<Excerpt> {
  return source.column.shape === 'nested' ? wholeOf(source) : runsOf(source);
}

async function* runsOf({ file, column, chunks, room, desk, known }: Source): AsyncGenerator<Excerpt> {
  const chunk = chunks[0]!;
  const held = room.bytes;
  let dictionary: Page | undefined;
  let run = new Run();
  let begun = false;
  const codec = column.shape === 'list' && column.isNumeric ? await codecOf(chunk) : undefined;
  const excerpt = (): Excerpt => {
    const { size, pages } = run;
    const goesOn = begun && column.shape === 'list' && pages[0]!.head.type === PageType.dataPage;
    const values = run.values + (goesOn ? 1 : 0);
    // One page that is larger than all others is read in batches.
    const bare = codec && isReadAtOnce(run) ? barePages(pages, chunk.leaf, codec) : undefined;
    const levels = bare && `${goesOn} ${bare.levels}`;
    const lists = levels === undefined ? undefined : known.find(levels);
    const whole = { column, leaf: chunk.leaf, pages: pages.map(({ bytes }) => bytes) };
    const read =
      bare && lists ? { column: bareColumn(column), leaf: bareLeaf(chunk.leaf), pages: bare.pages } : whole;
    // Many a chunk begins with a dictionary and goes on without.
    const words = run.usesDictionary ? dictionary : undefined;
    const placed = {
      chunk,
      pages: [...(words ? [words.bytes] : []), ...(goesOn ? [stubFor(read.leaf)] : []), ...read.pages],
      dictionaryBytes: words?.bytes.length,
      values,
    };
    begun = true;
    run = new Run();
    const bytes = desk.assemble(fileOf(read.column, file, [placed], values));
    return { bytes, values, size, goesOn, ...(lists ? { lists } : { levels }) };
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

/** Undefined for one that we don't know: the reader will say what it thinks of it. */
async function codecOf({ codec }: SourceChunk): Promise<PageCodec | undefined> {
  try {
    return await openCodec(codec);
  } catch (error) {
    if (error instanceof UnknownCodec) return undefined;
    throw error;
  }
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
