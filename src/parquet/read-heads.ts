/** What the headers of pages say whose places are known. */
import { HeaderWindow, windowBytes } from './header-window.js';
import { countsOf, type PageCounts } from './page-header.js';
import type { PlacedPage } from './page-list.js';
import type { RangeReader } from './source.js';
import type { SourceChunk } from './source-chunk.js';

/** The headers of pages, in their order. Far apart they are asked for all at once, and by nobody else meanwhile. */
export async function readHeads(
  reader: RangeReader,
  chunk: SourceChunk,
  pages: readonly PlacedPage[],
): Promise<PageCounts[]> {
  const missing = pages.filter((page) => !page.head && !page.headComes);
  const clusters = touching(missing).flatMap((some) =>
    isReadWhole(reader, some) ? [{ pages: some, isWhole: true }] : underOneWindow(chunk, some),
  );
  for (const cluster of clusters) {
    const reading = readCluster(reader, chunk, cluster);
    for (const page of cluster.pages) comesWith(page, reading);
  }
  await Promise.all(pages.flatMap((page) => page.headComes ?? []));
  // What was to come with a page did not: it is asked for by itself, or tells what is wrong with it.
  if (pages.some(({ head }) => !head)) return readHeads(reader, chunk, pages);
  return pages.map(({ head }) => head!);
}

/**
 * Says that a page is about to be opened, so that nobody asks for its header.
 * @param along a page whose header is read with it
 */
export function headsComeWith(opening: Promise<unknown>, page: PlacedPage, along?: PlacedPage): void {
  // Whoever opens it tells what is wrong with it.
  const opened = opening.catch(() => undefined);
  for (const one of along ? [page, along] : [page]) {
    if (!one.head && !one.headComes) comesWith(one, opened);
  }
}

/** Notes what the header of a page says, if it does. @param bytes from its first on */
export async function noteHead(
  reader: RangeReader,
  chunk: SourceChunk,
  page: PlacedPage,
  bytes: Uint8Array,
): Promise<void> {
  const window = new HeaderWindow(reader, chunk.range, 'once');
  window.take(page.start, bytes);
  try {
    page.head ??= countsOf(await window.headAt(chunk, page.start));
  } catch {
    // Whoever needs it asks again, and is told.
  }
}

function comesWith(page: PlacedPage, reading: Promise<unknown>): void {
  const read = reading.finally(() => {
    page.headComes = undefined;
  });
  // It is told to whoever waits for it, perhaps nobody.
  read.catch(() => undefined);
  page.headComes = read;
}

/** Pages whose headers are read at once: through one window, or with all that lies between them. */
interface Cluster {
  pages: readonly PlacedPage[];
  isWhole: boolean;
}

async function readCluster(
  reader: RangeReader,
  chunk: SourceChunk,
  { pages, isWhole }: Cluster,
): Promise<void> {
  const window = new HeaderWindow(reader, chunk.range, 'once');
  if (isWhole) await window.show({ start: pages[0]!.start, end: pages.at(-1)!.end });
  for (const page of pages) page.head ??= countsOf(await window.headAt(chunk, page.start));
}

/** Pages that lie one behind the other. */
function touching(pages: readonly PlacedPage[]): PlacedPage[][] {
  return clustersOf(pages, (cluster, page) => cluster.at(-1)?.end === page.start);
}

/** Pages whose headers one window shows. */
function underOneWindow(chunk: SourceChunk, pages: readonly PlacedPage[]): Cluster[] {
  const bytes = windowBytes(chunk.range);
  const clusters = clustersOf(
    pages,
    ([first], page) => first !== undefined && page.start < first.start + bytes,
  );
  return clusters.map((pages) => ({ pages, isWhole: false }));
}

function clustersOf(
  pages: readonly PlacedPage[],
  belongs: (cluster: readonly PlacedPage[], page: PlacedPage) => boolean,
): PlacedPage[][] {
  const clusters: PlacedPage[][] = [];
  for (const page of pages) {
    const last = clusters.at(-1);
    if (last && belongs(last, page)) last.push(page);
    else clusters.push([page]);
  }
  return clusters;
}

/**
 * Whether pages are read only for their headers: where a read costs more than their bytes. More than the smallest copy
 * is never read so. What is shorter can't be copied by the server, so whoever wants its headers will mostly want it all.
 */
function isReadWhole(reader: RangeReader, pages: readonly PlacedPage[]): boolean {
  const bytes = pages.at(-1)!.end - pages[0]!.start;
  return bytes <= Math.min(pages.length * reader.readOverhead, reader.smallestCopy);
}
