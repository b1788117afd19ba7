/** Pages of a chunk, listed but not opened. */
import type { PageCounts } from './page-header.js';
import type { ByteRange } from './source-chunk.js';

/** A page where it lies. */
export interface PlacedPage extends ByteRange {
  /** Of its header, once that was read. */
  head?: PageCounts | undefined;
  /** Somebody has asked for it, and not got it yet. */
  headComes?: Promise<unknown> | undefined;
}

/** A data page where it lies. */
export interface DataPage extends PlacedPage {
  /** Rows of the row group that start before this page, and before its end. */
  firstRow: number;
  endRow: number;
  /** The page begins inside a row that an earlier page began: only V1 pages without an index do that. */
  continuesRow: boolean;
}

export interface PageList {
  /** The dictionary page, header included. */
  dictionary?: PlacedPage;
  /** In order. A walk stops behind the row it was asked for; an OffsetIndex lists all. */
  pages: DataPage[];
  /** Whether `pages` are all the chunk has. */
  isComplete: boolean;
}

/**
 * The pages whose headers tell what the copied ones add up to: these themselves, or all others where those are fewer and
 * what all have in sum is known.
 */
export function tellingPages(
  { pages, isComplete }: PageList,
  copied: readonly DataPage[],
  isSumKnown = true,
): readonly DataPage[] {
  if (!isComplete || !isSumKnown || 2 * copied.length <= pages.length) return copied;
  const isCopied = new Set(copied);
  return pages.filter((page) => !isCopied.has(page));
}
