/** What the headers of pages say whose places are known. */
import { HeaderWindow, windowBytes } from './header-window.js';
import { countsOf, type PageCounts } from './page-header.js';
import type { PlacedPage } from './page-list.js';
import type { RangeReader } from './source.js';
import type { ByteRange, SourceChunk } from './source-chunk.js';

/**
 * Of a chunk that is cut, one byte in so many is read where that saves requests: the pages that are opened, and what lies
 * between headers. Almost all bytes stay where they are.
 */
const READ_SHARE = 1 / 30;
/** What was read of chunks so, in bytes. */
const readOf = new WeakMap<SourceChunk['struct'], number>();

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
  for (const some of inRequests(reader, chunk, clusters)) {
    const reading = readClusters(reader, chunk, some);
    for (const page of some.flatMap((cluster) => cluster.pages)) comesWith(page, reading);
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
export function headsComeWith(
  opening: Promise<unknown>,
  chunk: SourceChunk,
  page: PlacedPage,
  along?: PlacedPage,
): void {
  // Whoever opens it tells what is wrong with it.
  const opened = opening.catch(() => undefined);
  if (!page.head && !page.headComes) {
    countRead(chunk, page.end - page.start);
    comesWith(page, opened);
  }
  if (along && !along.head && !along.headComes) comesWith(along, opened);
}

/** Notes what the header of a page says, if it does. @param bytes from its first on */
export async function noteHead(
  reader: RangeReader,
  chunk: SourceChunk,
  page: PlacedPage,
  bytes: Uint8Array,
): Promise<void> {
  const window = new HeaderWindow(reader, chunk.range, true);
  window.take(page.start, bytes);
  try {
    page.head ??= countsOf(await window.headAt(chunk, page.start));
  } catch {
    // Whoever needs it asks again, and is told.
  }
}

function comesWith(page: PlacedPage, reading: Promise<unknown>): void {
  const read = reading.finally(() => {
    delete page.headComes;
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

/** One request's. */
async function readClusters(
  reader: RangeReader,
  chunk: SourceChunk,
  clusters: readonly Cluster[],
): Promise<void> {
  const shown = clusters.map((cluster) => extentOf(cluster, chunk));
  const windows = clusters.map(() => new HeaderWindow(reader, chunk.range, true));
  if (clusters.length > 1) {
    const parts = await reader.apart!.read(shown);
    windows.forEach((window, i) => window.take(shown[i]!.start, parts[i]!));
  } else if (clusters[0]!.isWhole) {
    await windows[0]!.show(shown[0]!);
  }
  for (const [i, { pages }] of clusters.entries()) {
    for (const page of pages) page.head ??= countsOf(await windows[i]!.headAt(chunk, page.start));
  }
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
 * Clusters by request: two windows share one as long as what lies between them is less than what would come while a second
 * request is waited for, the shortest of such holes first, and as long as few bytes of the chunk are read.
 */
function inRequests(
  reader: RangeReader,
  chunk: SourceChunk,
  clusters: readonly Cluster[],
): (readonly Cluster[])[] {
  if (!reader.apart) return clusters.map((cluster) => [cluster]);
  const { longestHole } = reader.apart;
  const extents = clusters.map((cluster) => extentOf(cluster, chunk));
  // What a window shows may reach into the next one.
  const holes = extents.slice(1).map(({ start }, i) => ({ i, bytes: Math.max(0, start - extents[i]!.end) }));
  const partners = new Map<number, number>();
  for (const { i, bytes } of holes.sort((a, b) => a.bytes - b.bytes)) {
    if (bytes > longestHole || partners.has(i) || partners.has(i + 1)) continue;
    if (clusters[i]!.isWhole || clusters[i + 1]!.isWhole || !mayRead(chunk, bytes)) continue;
    countRead(chunk, bytes);
    partners.set(i, i + 1).set(i + 1, i);
  }
  return clusters.flatMap((cluster, i) => {
    const partner = partners.get(i);
    if (partner === undefined) return [[cluster]];
    return partner > i ? [[cluster, clusters[partner]!]] : [];
  });
}

function mayRead({ struct, range }: SourceChunk, bytes: number): boolean {
  return (readOf.get(struct) ?? 0) + bytes <= READ_SHARE * (range.end - range.start);
}

function countRead({ struct }: SourceChunk, bytes: number): void {
  readOf.set(struct, (readOf.get(struct) ?? 0) + bytes);
}

/**
 * Whether pages are read only for their headers: where a read costs more than their bytes. More than the smallest copy
 * is never read so. What is shorter can't be copied by the server, so whoever wants its headers will mostly want it all.
 */
function isReadWhole(reader: RangeReader, pages: readonly PlacedPage[]): boolean {
  const bytes = pages.at(-1)!.end - pages[0]!.start;
  return bytes <= Math.min(pages.length * reader.readOverhead, reader.smallestCopy);
}

/** What is read for a cluster. */
function extentOf({ pages, isWhole }: Cluster, { range }: SourceChunk): ByteRange {
  const { start } = pages[0]!;
  return { start, end: isWhole ? pages.at(-1)!.end : Math.min(start + windowBytes(range), range.end) };
}
