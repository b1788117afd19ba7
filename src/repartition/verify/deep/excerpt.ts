/**
 * Excerpts: a column's pages, a few at a time, each time as a Parquet file of its own that a reader takes whole
 * (`excerpt-file.ts`). So what is in memory is some pages, whatever the size of row groups.
 */
import type { Room } from '../../../memory.js';
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
import type { Column } from './columns.js';
import { type Desk, fileOf, type Placed, stubFor } from './excerpt-file.js';
import { allowFor, claimOf, MOST_BYTES, MOST_SIZE, MOST_VALUES } from './excerpt-room.js';
import type { PartFile } from './file.js';
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
