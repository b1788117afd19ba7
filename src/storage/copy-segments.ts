/** From segments to bytes in a file, a few buffers at a time. */
import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../errors.js';
import type { BufferPool } from './buffer-pool.js';
import { lengthOf } from '../segments.js';
import { type Block, cutIntoBlocks } from './blocks.js';
import type { OutputFile } from './output-file.js';
import type { SourceFiles } from './source-files.js';
import type { Segment } from './storage.js';

/** Where the inputs are and what the copy may use. */
export interface CopyContext {
  sources: SourceFiles;
  pool: BufferPool;
  /** The absolute path of a segment's file. */
  resolve: (path: string) => string;
  signal: AbortSignal | undefined;
  /** Told of all bytes. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** Chunks after which others have their turn: a signal is heard, and an early sync that has ended. */
const BLOCKS_A_TURN = 8;

/**
 * Writes `segments` one after the other to `file`, from its start. Reads and writes right in this thread, which does
 * nothing else meanwhile: measured on two threads that copy parts of 128 MB, a tenth less time and a third less
 * processor time than reading the next block in one of libuv's threads while another writes this one.
 */
export async function copySegments(
  file: OutputFile,
  segments: readonly Segment[],
  context: CopyContext,
): Promise<void> {
  let copied = 0;
  for (const block of cutIntoBlocks(segments, context.pool.size)) {
    await context.pool.lend((buffer) => copyBlock(file, block, buffer, context));
    if (++copied % BLOCKS_A_TURN === 0) await setImmediate();
  }
}

async function copyBlock(
  file: OutputFile,
  block: Block,
  buffer: Uint8Array,
  context: CopyContext,
): Promise<void> {
  let filled = 0;
  for (const piece of block.pieces) {
    throwIfAborted(context.signal);
    const into = buffer.subarray(filled, filled + lengthOf(piece));
    if (piece.kind === 'bytes') into.set(piece.bytes);
    else await context.sources.read(context.resolve(piece.path), piece.version, into, piece.start);
    filled += into.length;
  }
  throwIfAborted(context.signal);
  file.write(buffer.subarray(0, filled), block.at);
  context.onBytes?.(filled);
}
