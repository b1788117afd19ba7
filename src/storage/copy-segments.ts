/** From segments to bytes in a file, a few buffers at a time. */
import { throwIfAborted } from '../errors.js';
import type { BufferPool } from './buffer-pool.js';
import { type Chunk, cutIntoChunks, sizeOf } from './chunks.js';
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
}

/** Chunks under way: while one is written, the next is read. Measured: more gain nothing on a local disk. */
const LANES = 2;

/** Writes `segments` one after the other to `file`, from its start. */
export async function copySegments(
  file: OutputFile,
  segments: readonly Segment[],
  context: CopyContext,
): Promise<void> {
  const chunks = cutIntoChunks(segments, context.pool.size);
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const chunk of chunks) {
      if (failed) return;
      try {
        await context.pool.lend((buffer) => copyChunk(file, chunk, buffer, context));
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // All lanes have to come to rest before the caller may close the files.
  const ended = await Promise.allSettled(Array.from({ length: LANES }, lane));
  const failure = ended.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}

async function copyChunk(
  file: OutputFile,
  chunk: Chunk,
  buffer: Uint8Array,
  context: CopyContext,
): Promise<void> {
  let filled = 0;
  for (const piece of chunk.pieces) {
    throwIfAborted(context.signal);
    const into = buffer.subarray(filled, filled + sizeOf(piece));
    if (piece.kind === 'bytes') into.set(piece.bytes);
    else await context.sources.read(context.resolve(piece.path), piece.version, into, piece.start);
    filled += into.length;
  }
  throwIfAborted(context.signal);
  await file.write(buffer.subarray(0, filled), chunk.at);
}
