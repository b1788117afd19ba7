/** Bytes as references: ranges of files, and what was uploaded. Nothing is copied when objects are put together. */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';

export type Piece =
  | { kind: 'file'; file: number; start: number; length: number }
  | { kind: 'bytes'; bytes: Uint8Array; length: number };

/** Pieces in order. */
export interface Rope {
  length: number;
  pieces: readonly Piece[];
}

export function ropeOf(pieces: readonly Piece[]): Rope {
  return { pieces, length: pieces.reduce((sum, { length }) => sum + length, 0) };
}

export function concat(ropes: readonly Rope[]): Rope {
  return ropeOf(ropes.flatMap(({ pieces }) => pieces));
}

/** Bytes `from` up to `to`, which lie inside the rope. */
export function slice({ pieces }: Rope, from: number, to: number): Rope {
  const taken: Piece[] = [];
  let at = 0;
  for (const piece of pieces) {
    const [start, end] = [Math.max(from - at, 0), Math.min(to - at, piece.length)];
    if (start < end) taken.push(cut(piece, start, end));
    at += piece.length;
    if (at >= to) break;
  }
  return ropeOf(taken);
}

function cut(piece: Piece, start: number, end: number): Piece {
  const length = end - start;
  return piece.kind === 'file'
    ? { kind: 'file', file: piece.file, start: piece.start + start, length }
    : { kind: 'bytes', bytes: piece.bytes.subarray(start, end), length };
}

/** Fills a new buffer with bytes `from` up to `to`. */
export function read(rope: Rope, from: number, to: number): Buffer {
  const buffer = Buffer.allocUnsafe(to - from);
  let filled = 0;
  let at = 0;
  for (const piece of rope.pieces) {
    const [start, end] = [Math.max(from - at, 0), Math.min(to - at, piece.length)];
    at += piece.length;
    if (start >= end) continue;
    if (piece.kind === 'bytes') buffer.set(piece.bytes.subarray(start, end), filled);
    else readFully(piece.file, buffer, filled, end - start, piece.start + start);
    filled += end - start;
    if (filled === buffer.length) break;
  }
  return buffer;
}

function readFully(file: number, buffer: Buffer, offset: number, length: number, position: number): void {
  for (let done = 0; done < length;) {
    const got = readSync(file, buffer, offset + done, length - done, position + done);
    if (got === 0) throw new Error('a template has become shorter');
    done += got;
  }
}

/** Uploaded bytes stay in memory up to here; what comes later goes to a file. */
const IN_MEMORY = 64 * 1024 * 1024;

/** Keeps what was uploaded. */
export class Uploaded {
  private held = 0;
  private spill: { file: number; end: number } | undefined;

  /** @param path of a file that may be made; it has no name any more as soon as it is open */
  constructor(private readonly path: string) {}

  keep(chunks: readonly Uint8Array[]): Rope {
    return ropeOf(chunks.filter(({ byteLength }) => byteLength > 0).map((bytes) => this.piece(bytes)));
  }

  close(): void {
    if (this.spill) closeSync(this.spill.file);
    this.spill = undefined;
  }

  private piece(bytes: Uint8Array): Piece {
    const length = bytes.byteLength;
    this.held += length;
    if (this.held <= IN_MEMORY) return { kind: 'bytes', bytes, length };
    if (!this.spill) {
      this.spill = { file: openSync(this.path, 'w+'), end: 0 };
      unlinkSync(this.path);
    }
    const { file, end: start } = this.spill;
    for (let done = 0; done < length;) done += writeSync(file, bytes, done, length - done, start + done);
    this.spill.end += length;
    return { kind: 'file', file, start, length };
  }
}
