/** From slices to a new part: spliced where that pays, re-encoded where it would leave crumbs. */
import type { KeyChanges } from './file-builder.js';
import { estimateBytes, join } from './join.js';
import type { ParquetSegment } from './segments.js';
import { type OpenSource, rowGroupShares, type RowSlices, splice } from './splice.js';

/** A new part: segments to compose, or bytes that are made while they are written. */
export type Rewritten =
  | { method: 'splice'; segments: ParquetSegment[]; size: number; copiedBytes: number }
  | { method: 're-encode'; chunks: AsyncIterable<Uint8Array> };

/** More row groups than this in one part, and smaller than this each on average, are crumbs. */
const CRUMB_ROW_GROUPS = 16;
const CRUMB_BYTES = 1024 * 1024;

/** Footers opened side by side while the row groups are counted. */
const OPEN_AT_ONCE = 32;

/**
 * The rows of `slices`, in their order, as one part.
 * @throws RepartitionError `parquet` or `mismatch`, see `splice` and `join`
 */
export async function rewrite(open: OpenSource, slices: RowSlices, keys: KeyChanges): Promise<Rewritten> {
  if (await wouldCrumble(open, slices)) return { method: 're-encode', chunks: join(open, slices, keys) };
  return { method: 'splice', ...(await splice(open, slices, keys)) };
}

async function wouldCrumble(open: OpenSource, slices: RowSlices): Promise<boolean> {
  let groups = 0;
  let bytes = 0;
  for (let i = 0; i < slices.length; i += OPEN_AT_ONCE) {
    const some = slices.slice(i, i + OPEN_AT_ONCE);
    const shares = await Promise.all(
      some.map(async (slice) => rowGroupShares(await open(slice.source), slice)),
    );
    for (const share of shares.flat()) {
      groups++;
      bytes += estimateBytes(share);
    }
  }
  return groups > CRUMB_ROW_GROUPS && bytes / groups < CRUMB_BYTES;
}
