/** From slices to a new part: spliced where that pays, re-encoded where it would leave crumbs. */
import { type Method, methodFor, rowGroupFacts, type SliceFacts } from './crumbs.js';
import type { KeyChanges } from './footer.js';
import { productVersion } from './product.js';
import { reencode } from './reencode.js';
import type { ParquetSegment } from './segments.js';
import { openSlices } from './slices.js';
import type { RowSlices } from './source.js';
import type { OpenSource } from './source-file.js';
import { splice } from './splice.js';

/** A new part: segments to compose, or bytes that are made while they are written. */
export type Rewritten =
  | { method: 'splice'; segments: ParquetSegment[]; size: number; copiedBytes: number }
  | { method: 're-encode'; chunks: AsyncIterable<Uint8Array> };

export interface RewriteOptions {
  /** What `methodFor` says of the slices. Left out, it is asked here, for which each file is opened once more. */
  method?: Method;
  /** Bytes from which a range is copied without passing through us, where the part will lie. */
  smallestCopy: number;
  /** Of this package, for the new part's footer. Default: package.json's. */
  version?: string;
  /** What the part is called, for its footer. */
  part?: string;
}

/**
 * The rows of `slices`, in their order, as one part. Each slice's file is opened once, in their order, and once
 * before if the method is left out.
 * @param keys footer keys to set, or with null to remove; all others come from the first slice's file
 * @throws RepartitionError `parquet` or `mismatch`, see `splice` and `reencode`
 */
export async function rewrite(
  open: OpenSource,
  slices: RowSlices,
  keys: KeyChanges,
  { method, smallestCopy, version = productVersion(), part }: RewriteOptions,
): Promise<Rewritten> {
  if ((method ?? (await decide(open, slices))) === 're-encode') {
    return { method: 're-encode', chunks: reencode(open, slices, keys, { version, part }) };
  }
  return { method: 'splice', ...(await splice(open, slices, keys, { smallestCopy, version, part })) };
}

async function decide(open: OpenSource, slices: RowSlices): Promise<Method> {
  const facts: SliceFacts[] = [];
  for await (const { footer, from, to } of openSlices(open, slices)) {
    facts.push({ rowGroups: rowGroupFacts(footer), from, to });
  }
  return methodFor(facts);
}
