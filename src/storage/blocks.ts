/** Cutting a file's segments into buffers' worth of work. Pure: no disk here. */
import { lengthOf, neighbours, sliceOf } from '../segments.js';
import type { CopySegment, Segment } from './storage.js';

/** Segments of objects: two ranges have one source when they are of one version of one path. */
export const objectSegments = neighbours<Pick<CopySegment, 'path' | 'version'>>(
  (a, b) => a.path === b.path && a.version === b.version,
);

/** A run of the output that fits a buffer. Where its bytes come from, in order. */
export interface Block {
  /** Offset in the output. */
  at: number;
  size: number;
  pieces: Segment[];
}

/**
 * Cuts the concatenation of `segments` at every multiple of `size` bytes. Neighbouring ranges of one source become
 * one piece; empty segments disappear.
 *
 *     segments  |--copy a--|b|---------copy a----------|b|b|
 *     blocks    |<-- size -->|<-- size -->|<-- rest ------>|
 */
export function* cutIntoBlocks(segments: readonly Segment[], size: number): Generator<Block> {
  let block: Block = { at: 0, size: 0, pieces: [] };
  for (const segment of segments) {
    const length = lengthOf(segment);
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + size - block.size);
      objectSegments.append(block.pieces, sliceOf(segment, from, to));
      block.size += to - from;
      from = to;
      if (block.size < size) continue;
      yield block;
      block = { at: block.at + size, size: 0, pieces: [] };
    }
  }
  if (block.size > 0) yield block;
}
