/** The pages of a column chunk, one after the other, from windows that end anywhere. */
import { hasTrueChecksum } from '../../../parquet/page.js';
import { type PageHead, readPageHead } from '../../../parquet/page-header.js';
import type { SourceChunk } from '../../../parquet/source-chunk.js';
import {
  Codec,
  DataPageHeader,
  DataPageHeaderV2,
  DictionaryPageHeader,
  PageHeader,
  PageType,
} from '../../../parquet/format.js';
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
  { range, leaf, numValues, codec }: Pick<SourceChunk, 'range' | 'leaf' | 'numValues' | 'codec'>,
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
    const inside = sizeInside(codec, head, page);
    if (inside !== undefined && inside !== head.uncompressedSize) {
      throw new UnreadablePart(`${at} has ${inside} bytes where its header says ${head.uncompressedSize}`);
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

/** What parquet.thrift requires and pyarrow does not do without; parquet-wasm and our engine are less strict. */
function requireFields({ struct }: PageHead): void {
  const v1 = struct.get(PageHeader.dataPageHeader);
  v1?.require(DataPageHeader.encoding);
  v1?.require(DataPageHeader.definitionLevelEncoding);
  v1?.require(DataPageHeader.repetitionLevelEncoding);
  const v2 = struct.get(PageHeader.dataPageHeaderV2);
  v2?.require(DataPageHeaderV2.encoding);
  v2?.require(DataPageHeaderV2.definitionLevelsByteLength);
  v2?.require(DataPageHeaderV2.repetitionLevelsByteLength);
  struct.get(PageHeader.dictionaryPageHeader)?.require(DictionaryPageHeader.encoding);
}

/**
 * The decompressed size as the body has it, where that can be told without decompressing: pyarrow refuses a header that
 * says otherwise. Source: format_description.txt of snappy.
 */
function sizeInside(codec: number, { struct, size }: PageHead, page: Uint8Array): number | undefined {
  const v2 = struct.get(PageHeader.dataPageHeaderV2);
  if (codec === Codec.uncompressed || v2?.get(DataPageHeaderV2.isCompressed) === false)
    return page.length - size;
  if (codec !== Codec.snappy) return undefined;
  const levels =
    (v2?.get(DataPageHeaderV2.definitionLevelsByteLength) ?? 0) +
    (v2?.get(DataPageHeaderV2.repetitionLevelsByteLength) ?? 0);
  let [length, scale] = [0, 1];
  for (let at = size + levels; at < page.length; at++, scale *= 128) {
    length += (page[at]! & 0x7f) * scale;
    if (page[at]! < 0x80) return levels + length;
  }
  return undefined;
}

async function headOf(bytes: Queue, where: () => string): Promise<PageHead> {
  for (let size = HEADER_BYTES; ; size *= 2) {
    const isAll = !(await bytes.fill(size));
    try {
      const head = readPageHead(bytes.peek(size), 0);
      requireFields(head);
      return head;
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
