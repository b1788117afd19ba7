/** What node:zlib decompresses: to the size that was declared, and to the last byte of what is there. */
import type { ZlibOptions } from 'node:zlib';
import { refuse } from './codec-error.js';

/** One of node:zlib's functions, asked for more than its bytes: `info` is how it tells what it has read. */
export type InflateSync = (
  bytes: Uint8Array,
  options: Pick<ZlibOptions, 'chunkSize' | 'maxOutputLength' | 'info'>,
) => unknown;

/** Below it node:zlib takes no buffer. */
const MIN_CHUNK = 64;

/**
 * What `bytes` hold, if that is at most `limit` bytes. One buffer is made, of the declared size, and memory behind it is
 * used only as it is filled: no list of chunks, no copy of them.
 * @throws CodecError when they are damaged, hold more, or go on behind their end
 */
export function inflate(inflateSync: InflateSync, bytes: Uint8Array, limit: number): Uint8Array {
  let result: { buffer: Uint8Array; engine: { bytesWritten: number } };
  try {
    result = inflateSync(bytes, {
      // A byte to spare, or a stream that fills the buffer would need a second one to say that it has ended.
      chunkSize: Math.max(limit + 1, MIN_CHUNK),
      maxOutputLength: Math.max(limit, 1),
      info: true,
    }) as typeof result;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    refuse(code === 'ERR_BUFFER_TOO_LARGE' ? `they hold more than ${limit} bytes` : message);
  }
  // gunzip passes zeros behind its data, brotli and zstd anything.
  const left = bytes.length - result.engine.bytesWritten;
  if (left > 0) refuse(`${left} bytes are left over behind their end`);
  if (result.buffer.length > limit) refuse(`they hold more than ${limit} bytes`);
  return result.buffer;
}
