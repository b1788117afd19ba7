/** The header that stands in front of each page. */
import {
  DataPageHeader,
  DataPageHeaderV2,
  DictionaryPageHeader,
  PageHeader,
  PageType,
  Statistics,
} from './format.js';
import type { Leaf } from './schema.js';
import { ThriftError } from './thrift.js';
import { readStruct } from './thrift-reader.js';

/** What a page header says in numbers. Of pages that are not opened nothing else is kept. */
export interface PageCounts {
  /** Bytes of the header itself. */
  size: number;
  /** `PageType`. */
  type: number;
  /** Bytes of the body as it lies in the file, and decompressed (levels included). */
  compressedSize: number;
  uncompressedSize: number;
  /** Levels (or, for a dictionary page, entries). */
  numValues: number;
  /** Rows; only V2 pages say. */
  numRows?: number | undefined;
  /** Levels without a value, if it says so. */
  numNulls?: number | undefined;
}

/** A page header. */
export interface PageHead extends PageCounts {
  struct: PageHeader;
}

/**
 * Rows of a page, from its header alone; undefined when only its levels tell. V2 headers of pyarrow before 12 give levels
 * for rows where there are lists.
 */
export function statedRows({ maxRepetition }: Leaf, { numRows, numValues }: PageCounts): number | undefined {
  if (maxRepetition === 0) return numRows ?? numValues;
  return numRows === numValues ? undefined : numRows;
}

/** A header's numbers alone: the rest may hold on to all the bytes it was read from. */
export function countsOf(head: PageHead): PageCounts {
  const { size, type, compressedSize, uncompressedSize, numValues, numRows, numNulls } = head;
  return { size, type, compressedSize, uncompressedSize, numValues, numRows, numNulls };
}

/**
 * Reads the header that starts at `offset`.
 * @throws ThriftTruncated when `bytes` end inside it, ThriftError when it is none
 */
export function readPageHead(bytes: Uint8Array, offset: number): PageHead {
  const { struct, end } = readStruct(PageHeader, bytes, offset);
  const type = struct.require(PageHeader.type);
  const head: PageHead = {
    struct,
    size: end - offset,
    type,
    compressedSize: struct.require(PageHeader.compressedPageSize),
    uncompressedSize: struct.require(PageHeader.uncompressedPageSize),
    numValues: 0,
  };
  if (head.compressedSize < 0 || head.uncompressedSize < 0) throw new ThriftError('a page of negative size');
  if (type === PageType.dataPage) {
    const v1 = struct.require(PageHeader.dataPageHeader);
    head.numValues = v1.require(DataPageHeader.numValues);
    head.numNulls = v1.get(DataPageHeader.statistics)?.get(Statistics.nullCount);
  } else if (type === PageType.dataPageV2) {
    const v2 = struct.require(PageHeader.dataPageHeaderV2);
    head.numValues = v2.require(DataPageHeaderV2.numValues);
    head.numRows = v2.require(DataPageHeaderV2.numRows);
    head.numNulls = v2.get(DataPageHeaderV2.numNulls);
  } else if (type === PageType.dictionaryPage) {
    head.numValues = struct.require(PageHeader.dictionaryPageHeader).require(DictionaryPageHeader.numValues);
  }
  if (head.numValues < 0 || (head.numRows ?? 0) < 0) throw new ThriftError('a page with a negative count');
  return head;
}
