/** Page headers where they lie: read a few kilobytes at a time, since only the one before says where the next begins. */
import { explainDamage } from './errors.js';
import { checkBareLevels } from './page.js';
import { type PageHead, readPageHead } from './page-header.js';
import type { RangeReader } from './source.js';
import type { ByteRange, SourceChunk } from './source-chunk.js';
import { ThriftError, ThriftTruncated } from './thrift.js';

/** Chunks up to this size are read whole when their headers are walked; of others a little at a time. */
const WHOLE_CHUNK_BYTES = 256 * 1024;
export const HEADER_BYTES = 4 * 1024;
/** A header with two long bounds in its statistics may be large, but not larger than this. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

/** How much of a chunk is read when a header is wanted. */
export function windowBytes({ start, end }: ByteRange): number {
  return end - start <= WHOLE_CHUNK_BYTES ? WHOLE_CHUNK_BYTES : HEADER_BYTES;
}

/** Reads page headers through a window, so that neighbours cost one read. */
export class HeaderWindow {
  private start = 0;
  private bytes: Uint8Array = new Uint8Array(0);

  /** @param use `once`: what is shown will be remembered as numbers */
  constructor(
    private readonly reader: RangeReader,
    private readonly range: ByteRange,
    private readonly use?: 'once',
  ) {}

  /** Reads all of a range that is too short to be copied, so that its headers need no more reads. */
  async show({ start, end }: ByteRange): Promise<void> {
    this.take(start, await this.reader.read(start, end, 'run'));
  }

  /** Takes bytes that somebody has read. @param start of the first */
  take(start: number, bytes: Uint8Array): void {
    this.start = start;
    this.bytes = bytes;
  }

  /** The bytes `start..end`, if they have been read. */
  inHand({ start, end }: ByteRange): Uint8Array | undefined {
    const isInHand = start >= this.start && end <= this.start + this.bytes.length;
    return isInHand ? this.bytes.subarray(start - this.start, end - this.start) : undefined;
  }

  async headAt(chunk: SourceChunk, offset: number): Promise<PageHead> {
    for (let length = windowBytes(this.range); ; length *= 8) {
      const end = Math.min(offset + length, this.range.end);
      try {
        if (offset >= this.start && offset < this.start + this.bytes.length) {
          const head = readPageHead(this.bytes, offset - this.start);
          const behind = offset - this.start + head.size;
          checkBareLevels(chunk, head, this.bytes.subarray(behind));
          return head;
        }
      } catch (error) {
        const canGrow = this.start + this.bytes.length < this.range.end && length <= MAX_HEADER_BYTES;
        if (!(error instanceof ThriftTruncated && canGrow)) throw damagedPage(chunk, offset, error);
      }
      if (offset >= this.range.end)
        throw damagedPage(chunk, offset, new ThriftError('the chunk ends before its pages'));
      this.take(offset, await this.reader.read(offset, end, this.use));
    }
  }
}

/** Runs `work` on a page; what it throws names file, column and byte. */
export async function inPage<T>(chunk: SourceChunk, offset: number, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw damagedPage(chunk, offset, error);
  }
}

export function damagedPage(chunk: SourceChunk, offset: number, error: unknown): unknown {
  return explainDamage(chunk.file, `column ${chunk.leaf.path}, page at byte ${offset}`, error);
}
