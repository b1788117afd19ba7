/** The pages of a column chunk, one after the other. */
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
import type { BytesInOrder } from './windows.js';

export interface Page {
  head: PageHead;
  /** Header and body. Good until the next page. */
  bytes: Uint8Array;
}

/** A header is read from so many bytes, and from more where it goes on. */
const HEADER_BYTES = 512;

/**
 * Checksums of pages, written by nearly everybody and looked at by few, are looked at here.
 * @param bytes of the chunk, from its beginning; closed in the end
 * @param allow is told of a page's claims before it is put together
 * @throws UnreadablePart when the chunk does not consist of pages with as many values as it says
 */
export async function* pagesOf(
  { range, leaf, numValues, codec }: Pick<SourceChunk, 'range' | 'leaf' | 'numValues' | 'codec'>,
  bytes: BytesInOrder,
  allow: (head: PageHead) => Promise<void>,
): AsyncGenerator<Page> {
  const where = (): string => `column ${leaf.path}: the page at byte ${range.start + bytes.taken}`;
  try {
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
  } finally {
    bytes.close();
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

async function headOf(bytes: BytesInOrder, where: () => string): Promise<PageHead> {
  for (let size = HEADER_BYTES; ; size *= 2) {
    const isAll = !(await bytes.fill(size));
    try {
      const head = readPageHead(bytes.peek(), 0);
      requireFields(head);
      return head;
    } catch (error) {
      if (error instanceof ThriftTruncated && !isAll) continue;
      const why = error instanceof Error ? error.message : String(error);
      throw new UnreadablePart(`${where()} has no header: ${why}`);
    }
  }
}
