/** The pages of a column chunk, one after the other, from windows that end anywhere. */
import { hasTrueChecksum } from '../../../parquet/page.js';
import { type PageHead, readPageHead } from '../../../parquet/page-header.js';
import type { SourceChunk } from '../../../parquet/source-chunk.js';
import { PageType } from '../../../parquet/format.js';
import { ThriftTruncated } from '../../../parquet/thrift.js';
import { UnreadablePart } from './unreadable.js';

export interface Page {
  head: PageHead;
  /** Header and body. */
  bytes: Uint8Array;
}

/** A header is read from so many bytes, and from more where it goes on. */
const HEADER_BYTES = 512;

/**
 * Checksums of pages, written by nearly everybody and looked at by few, are looked at here.
 * @param allow is told of a page's claims before it is put together
 * @throws UnreadablePart when the chunk does not consist of pages with as many values as it says
 */
export async function* pagesOf(
  { range, leaf, numValues }: Pick<SourceChunk, 'range' | 'leaf' | 'numValues'>,
  windows: AsyncGenerator<Uint8Array>,
  allow: (head: PageHead) => Promise<void>,
): AsyncGenerator<Page> {
  const bytes = new Queue(windows);
  const where = (): string => `column ${leaf.path}: the page at byte ${range.start + bytes.taken}`;
  let values = 0;
  while (values < numValues) {
    const head = await headOf(bytes, where);
    const size = head.size + head.compressedSize;
    if (bytes.taken + size > range.end - range.start) {
      throw new UnreadablePart(`${where()} reaches beyond its column`);
    }
    await allow(head);
    await bytes.fill(size);
    const at = where();
    const page = bytes.take(size);
    if (!hasTrueChecksum(head.struct, page.subarray(head.size))) {
      throw new UnreadablePart(`${at} does not have the checksum it claims`);
    }
    yield { head, bytes: page };
    if (isDataPage(head)) values += head.numValues;
  }
  if (values !== numValues) {
    throw new UnreadablePart(
      `column ${leaf.path}: pages of ${values} values where its footer says ${numValues}`,
    );
  }
}

export function isDataPage({ type }: PageHead): boolean {
  return type === PageType.dataPage || type === PageType.dataPageV2;
}

async function headOf(bytes: Queue, where: () => string): Promise<PageHead> {
  for (let size = HEADER_BYTES; ; size *= 2) {
    const isAll = !(await bytes.fill(size));
    try {
      return readPageHead(bytes.peek(size), 0);
    } catch (error) {
      if (error instanceof ThriftTruncated && !isAll) continue;
      const why = error instanceof Error ? error.message : String(error);
      throw new UnreadablePart(`${where()} has no header: ${why}`);
    }
  }
}

/** Bytes in order; only what two windows share is copied. */
class Queue {
  /** Bytes. */
  taken = 0;
  private held: Uint8Array[] = [];
  private length = 0;

  constructor(private readonly windows: AsyncGenerator<Uint8Array>) {}

  /** Waits until so many bytes are there. @returns whether there are */
  async fill(size: number): Promise<boolean> {
    while (this.length < size) {
      const next = await this.windows.next();
      if (next.done === true) return false;
      this.held.push(next.value);
      this.length += next.value.length;
    }
    return true;
  }

  /** At most so many, or more where they are at hand. */
  peek(size: number): Uint8Array {
    const [first] = this.held;
    if (first && (first.length >= size || this.held.length === 1)) return first;
    return Buffer.concat(this.held, Math.min(size, this.length));
  }

  take(size: number): Uint8Array {
    const [first] = this.held;
    const taken = first && first.length >= size ? first.subarray(0, size) : Buffer.concat(this.held, size);
    this.taken += size;
    this.length -= size;
    for (let left = size; left > 0;) {
      const one = this.held[0]!;
      if (one.length > left) {
        this.held[0] = one.subarray(left);
        break;
      }
      left -= one.length;
      this.held.shift();
    }
    return taken;
  }
}
