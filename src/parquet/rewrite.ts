/** From slices to a new part: spliced where that pays, re-encoded where it would leave crumbs. */
import type { KeyChanges } from './file-builder.js';
import { estimateBytes, join } from './join.js';
import type { ParquetSegment, RowSlice } from './source.js';
import { rowGroupShares, splice, type SpliceSource } from './splice.js';

/** A new part: segments to compose, or bytes that are made while they are written. */
export type Rewritten =
  | { method: 'splice'; segments: ParquetSegment[]; size: number; copiedBytes: number }
  | { method: 're-encode'; chunks: AsyncIterable<Uint8Array> };

/** More row groups than this in one part, and smaller than this each on average, are crumbs. */
const CRUMB_ROW_GROUPS = 16;
const CRUMB_BYTES = 1024 * 1024;

/**
 * The rows of `slices`, in their order, as one part.
 * @throws RepartitionError `parquet` or `mismatch`, see `splice` and `join`
 */
export async function rewrite(
  sources: readonly SpliceSource[],
  slices: readonly [RowSlice, ...RowSlice[]],
  keys: KeyChanges,
): Promise<Rewritten> {
  if (wouldCrumble(sources, slices)) return { method: 're-encode', chunks: join(sources, slices, keys) };
  return { method: 'splice', ...(await splice(sources, slices, keys)) };
}

function wouldCrumble(sources: readonly SpliceSource[], slices: readonly RowSlice[]): boolean {
  const shares = rowGroupShares(sources, slices);
  if (shares.length <= CRUMB_ROW_GROUPS) return false;
  const bytes = shares.reduce((sum, share) => sum + estimateBytes(share), 0);
  return bytes / shares.length < CRUMB_BYTES;
}
