/** What the headers of pages say whose places are known. */
import { HeaderWindow, windowBytes } from './header-window.js';
import { countsOf, type PageCounts } from './page-header.js';
import type { PlacedPage } from './page-list.js';
import type { RangeReader } from './source.js';
import type { ByteRange, SourceChunk } from './source-chunk.js';

/** Headers that somebody has asked for and not got yet. */
const awaited = new WeakMap<PlacedPage, Promise<unknown>>();

/** The headers of pages, in their order. Far apart they are asked for all at once, and by nobody else meanwhile. */
export async function readHeads(
  reader: RangeReader,
  chunk: SourceChunk,
  pages: readonly PlacedPage[],
): Promise<PageCounts[]> {
  const missing = pages.filter((page) => !page.head && !awaited.has(page));
  const clusters = touching(missing).flatMap((some) =>
    isReadWhole(reader, some) ? [some] : underOneWindow(chunk, some),
  );
  for (const some of clusters) {
    const reading = readCluster(reader, chunk, some).finally(() => {
      for (const page of some) awaited.delete(page);
    });
    for (const page of some) awaited.set(page, reading);
  }
  await Promise.all(pages.flatMap((page) => awaited.get(page) ?? []));
  return pages.map(({ head }) => head!);
}

async function readCluster(
  reader: RangeReader,
  chunk: SourceChunk,
  pages: readonly PlacedPage[],
): Promise<void> {
  const window = new HeaderWindow(reader, chunk.range, true);
  if (isReadWhole(reader, pages)) await window.show(extentOf(pages));
  for (const page of pages) page.head ??= countsOf(await window.headAt(chunk, page.start));
}

/** Pages that lie one behind the other. */
function touching(pages: readonly PlacedPage[]): PlacedPage[][] {
  return clustersOf(pages, (cluster, page) => cluster.at(-1)?.end === page.start);
}

/** Pages whose headers one window shows. */
function underOneWindow(chunk: SourceChunk, pages: readonly PlacedPage[]): PlacedPage[][] {
  const bytes = windowBytes(chunk.range);
  return clustersOf(pages, ([first], page) => first !== undefined && page.start < first.start + bytes);
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
  const { start, end } = extentOf(pages);
  return end - start <= Math.min(pages.length * reader.readOverhead, reader.smallestCopy);
}

function extentOf(pages: readonly PlacedPage[]): ByteRange {
  return { start: pages[0]!.start, end: pages.at(-1)!.end };
}
