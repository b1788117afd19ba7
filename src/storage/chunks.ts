/** Cutting a file's segments into buffers' worth of work. Pure: no disk here. */
import { lengthOf, neighbours, sliceOf } from '../segments.js';
import type { CopySegment, Segment } from './storage.js';

/** Segments of objects: two ranges have one source when they are of one version of one path. */
export const objectSegments = neighbours<Pick<CopySegment, 'path' | 'version'>>(
  (a, b) => a.path === b.path && a.version === b.version,
);

/** A run of the output that fits a buffer. Where its bytes come from, in order. */
export interface Chunk {
  /** Offset in the output. */
  at: number;
  size: number;
  pieces: Segment[];
}

export { lengthOf as sizeOf };

/**
 * Cuts the concatenation of `segments` at every multiple of `size` bytes. Neighbouring ranges of one source become
 * one piece; empty segments disappear.
 *
 *     segments  |--copy a--|b|---------copy a----------|b|b|
 *     chunks    |<-- size -->|<-- size -->|<-- rest ------>|
 */
export function* cutIntoChunks(segments: readonly Segment[], size: number): Generator<Chunk> {
  let chunk: Chunk = { at: 0, size: 0, pieces: [] };
  for (const segment of segments) {
    const length = lengthOf(segment);
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + size - chunk.size);
      objectSegments.append(chunk.pieces, sliceOf(segment, from, to));
      chunk.size += to - from;
      from = to;
      if (chunk.size < size) continue;
      yield chunk;
      chunk = { at: chunk.at + size, size: 0, pieces: [] };
    }
  }
  if (chunk.size > 0) yield chunk;
}
