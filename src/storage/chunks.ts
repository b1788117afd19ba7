/** Cutting a file's segments into buffers' worth of work. Pure: no disk here. */
import type { Segment } from './storage.js';

/** A run of the output that fits a buffer. Where its bytes come from, in order. */
export interface Chunk {
  /** Offset in the output. */
  at: number;
  size: number;
  pieces: Segment[];
}

/** Bytes of a segment. */
export function sizeOf(segment: Segment): number {
  return segment.kind === 'bytes' ? segment.bytes.length : segment.end - segment.start;
}

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
    const length = sizeOf(segment);
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + size - chunk.size);
      append(chunk.pieces, part(segment, from, to));
      chunk.size += to - from;
      from = to;
      if (chunk.size < size) continue;
      yield chunk;
      chunk = { at: chunk.at + size, size: 0, pieces: [] };
    }
  }
  if (chunk.size > 0) yield chunk;
}

function part(segment: Segment, from: number, to: number): Segment {
  if (segment.kind === 'bytes') return { kind: 'bytes', bytes: segment.bytes.subarray(from, to) };
  return { ...segment, start: segment.start + from, end: segment.start + to };
}

function append(pieces: Segment[], piece: Segment): void {
  const last = pieces.at(-1);
  const joins =
    last?.kind === 'copy' &&
    piece.kind === 'copy' &&
    last.path === piece.path &&
    last.version === piece.version &&
    last.end === piece.start;
  if (joins) last.end = piece.end;
  else pieces.push(piece);
}
