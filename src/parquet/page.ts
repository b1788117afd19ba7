/**
 * One data page, opened and cut.
 *
 *     V1   header | compress( [len|repetition runs] [len|definition runs] values )
 *     V2   header | repetition runs | definition runs | compress( values )
 *
 * A level block is left out where its maximum level is 0. Nulls have levels but no value.
 * Source: https://github.com/apache/parquet-format/blob/master/README.md#data-pages
 */
import zlib from 'node:zlib';
import { CodecError, type PageCodec } from './codec.js';
import {
  DataPageHeader,
  DataPageHeaderV2,
  DictionaryPageHeader,
  Encoding,
  PageHeader,
  PageType,
} from './format.js';
import { EncodingError } from './hybrid.js';
import { Levels } from './levels.js';
import type { Leaf } from './schema.js';
import { readStruct, Struct, ThriftError, writeStruct } from './thrift.js';
import { concat, type EncodedValues, PlainEntries, sliceValues } from './values.js';

/** A page header, and what every walk over pages needs of it. */
export interface PageHead {
  struct: Struct;
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
  numRows?: number;
}

/**
 * Reads the header that starts at `offset`.
 * @throws ThriftTruncated when `bytes` end inside it, ThriftError when it is none
 */
export function readPageHead(bytes: Uint8Array, offset: number): PageHead {
  const { struct, end } = readStruct(bytes, offset);
  const type = struct.requireInt(PageHeader.type);
  const head: PageHead = {
    struct,
    size: end - offset,
    type,
    compressedSize: struct.requireInt(PageHeader.compressedPageSize),
    uncompressedSize: struct.requireInt(PageHeader.uncompressedPageSize),
    numValues: 0,
  };
  if (head.compressedSize < 0 || head.uncompressedSize < 0) throw new ThriftError('a page of negative size');
  if (type === PageType.dataPage) {
    head.numValues = struct.requireStruct(PageHeader.dataPageHeader).requireInt(DataPageHeader.numValues);
  } else if (type === PageType.dataPageV2) {
    const v2 = struct.requireStruct(PageHeader.dataPageHeaderV2);
    head.numValues = v2.requireInt(DataPageHeaderV2.numValues);
    head.numRows = v2.requireInt(DataPageHeaderV2.numRows);
  } else if (type === PageType.dictionaryPage) {
    head.numValues = struct
      .requireStruct(PageHeader.dictionaryPageHeader)
      .requireInt(DictionaryPageHeader.numValues);
  }
  if (head.numValues < 0 || (head.numRows ?? 0) < 0) throw new ThriftError('a page with a negative count');
  return head;
}

/** A data page taken apart. Levels are undefined where the largest possible one is 0. */
export interface OpenPage {
  repetition: Levels | undefined;
  definition: Levels | undefined;
  /** Levels in the page. */
  numLevels: number;
  values: EncodedValues;
}

/**
 * @param body the bytes behind the header
 * @throws CodecError, EncodingError, ThriftError when the page is damaged or uses a level encoding we can't read
 */
export function openPage(leaf: Leaf, head: PageHead, body: Uint8Array, codec: PageCodec): OpenPage {
  if (body.length !== head.compressedSize) throw new CodecError('the page is cut off');
  return head.type === PageType.dataPageV2
    ? openV2(leaf, head, body, codec)
    : openV1(leaf, head, body, codec);
}

function openV1(leaf: Leaf, head: PageHead, body: Uint8Array, codec: PageCodec): OpenPage {
  const header = head.struct.requireStruct(PageHeader.dataPageHeader);
  const bytes = codec.decompress(body, head.uncompressedSize);
  const numLevels = boundedLevels(head);
  let offset = 0;
  const levels = (max: number, encodingId: number): Levels | undefined => {
    if (max === 0) return undefined;
    if (header.requireInt(encodingId) !== Encoding.rle) {
      throw new EncodingError('levels in the deprecated BIT_PACKED encoding cannot be cut');
    }
    if (offset + 4 > bytes.length) throw new EncodingError('the page ends before its levels do');
    const length = new DataView(bytes.buffer, bytes.byteOffset + offset, 4).getUint32(0, true);
    const runs = bytes.subarray(offset + 4, offset + 4 + length);
    offset += 4 + length;
    return Levels.decode(runs, max, numLevels);
  };
  const repetition = levels(leaf.maxRepetition, DataPageHeader.repetitionLevelEncoding);
  const definition = levels(leaf.maxDefinition, DataPageHeader.definitionLevelEncoding);
  return {
    repetition,
    definition,
    numLevels,
    values: {
      encoding: header.requireInt(DataPageHeader.encoding),
      bytes: bytes.subarray(offset),
      count: countPresent(definition, leaf, 0, numLevels),
    },
  };
}

function openV2(leaf: Leaf, head: PageHead, body: Uint8Array, codec: PageCodec): OpenPage {
  const header = head.struct.requireStruct(PageHeader.dataPageHeaderV2);
  const repetitionLength = header.requireInt(DataPageHeaderV2.repetitionLevelsByteLength);
  const definitionLength = header.requireInt(DataPageHeaderV2.definitionLevelsByteLength);
  const levelBytes = repetitionLength + definitionLength;
  if (
    repetitionLength < 0 ||
    definitionLength < 0 ||
    levelBytes > body.length ||
    levelBytes > head.uncompressedSize
  ) {
    throw new EncodingError('the levels are longer than their page');
  }
  const numLevels = boundedLevels(head);
  const repetition =
    leaf.maxRepetition === 0
      ? undefined
      : Levels.decode(body.subarray(0, repetitionLength), leaf.maxRepetition, numLevels);
  const definition =
    leaf.maxDefinition === 0
      ? undefined
      : Levels.decode(body.subarray(repetitionLength, levelBytes), leaf.maxDefinition, numLevels);
  const stored = body.subarray(levelBytes);
  const size = head.uncompressedSize - levelBytes;
  // Some writers store a page without values as no bytes at all, which no codec would call compressed.
  const isCompressed = header.boolean(DataPageHeaderV2.isCompressed) !== false && stored.length > 0;
  return {
    repetition,
    definition,
    numLevels,
    values: {
      encoding: header.requireInt(DataPageHeaderV2.encoding),
      bytes: isCompressed ? codec.decompress(stored, size) : stored,
      count: countPresent(definition, leaf, 0, numLevels),
    },
  };
}

/** A page of a few bytes may truly hold millions of nulls, and may claim billions: this many levels are opened. */
const MAX_LEVELS = 2 ** 27;

function boundedLevels(head: PageHead): number {
  if (head.numValues > MAX_LEVELS) {
    throw new EncodingError(`${head.numValues} values in one page are more than we open (${MAX_LEVELS})`);
  }
  return head.numValues;
}

/** Values present among the levels `from..to`. */
export function countPresent(
  definition: Levels | undefined,
  { maxDefinition }: Leaf,
  from: number,
  to: number,
): number {
  return definition ? definition.slice(from, to).count(maxDefinition) : to - from;
}

/** The rows that start in a page: the levels that repeat nothing. */
export function countRowStarts(page: Pick<OpenPage, 'repetition' | 'numLevels'>): number {
  return page.repetition ? page.repetition.count(0) : page.numLevels;
}

/** The level at which the `row`-th row that starts in this page starts; `numLevels` when there are fewer. */
export function levelOfRow({ repetition, numLevels }: OpenPage, row: number): number {
  return repetition ? repetition.find(0, row) : Math.min(row, numLevels);
}

/** A page's bytes, made new, with the counts its chunk's metadata need. */
export interface MadePage {
  /** Header and body. */
  bytes: Uint8Array;
  /** Header and decompressed body: what `total_uncompressed_size` sums. */
  uncompressedSize: number;
  numLevels: number;
  /** Levels without a value: nulls and empty lists. */
  numNulls: number;
  /** `Encoding`: PLAIN where the source's own could not be cut. */
  encoding: number;
}

/** The levels `from..to` of a page as a page of their own, of the same version and codec. */
export function cutPage(
  leaf: Leaf,
  head: PageHead,
  page: OpenPage,
  codec: PageCodec,
  from: number,
  to: number,
): MadePage {
  const before = countPresent(page.definition, leaf, 0, from);
  const present = countPresent(page.definition, leaf, from, to);
  const cut: OpenPage = {
    repetition: page.repetition?.slice(from, to),
    definition: page.definition?.slice(from, to),
    numLevels: to - from,
    values: sliceValues(leaf, page.values, before, before + present),
  };
  return head.type === PageType.dataPageV2
    ? encodeV2(leaf, head, cut, codec)
    : encodeV1(leaf, head.struct, cut, codec);
}

function encodeV1(leaf: Leaf, source: Struct, page: OpenPage, codec: PageCodec): MadePage {
  const block = (levels: Levels | undefined, max: number): Uint8Array[] => {
    if (!levels) return [];
    const runs = levels.encode(max);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, runs.length, true);
    return [length, runs];
  };
  const body = concat([
    ...block(page.repetition, leaf.maxRepetition),
    ...block(page.definition, leaf.maxDefinition),
    page.values.bytes,
  ]);
  const header = source
    .requireStruct(PageHeader.dataPageHeader)
    .clone()
    .setI32(DataPageHeader.numValues, page.numLevels)
    .setI32(DataPageHeader.encoding, page.values.encoding)
    .delete(DataPageHeader.statistics);
  const struct = source.clone().setStruct(PageHeader.dataPageHeader, header);
  return finish(struct, page, codec.compress(body), body.length);
}

function encodeV2(leaf: Leaf, head: PageHead, page: OpenPage, codec: PageCodec): MadePage {
  const repetition = page.repetition?.encode(leaf.maxRepetition) ?? new Uint8Array(0);
  const definition = page.definition?.encode(leaf.maxDefinition) ?? new Uint8Array(0);
  const source = head.struct.requireStruct(PageHeader.dataPageHeaderV2);
  const isCompressed = source.boolean(DataPageHeaderV2.isCompressed) !== false;
  const values = page.values.bytes;
  const header = source
    .clone()
    .setI32(DataPageHeaderV2.numValues, page.numLevels)
    .setI32(DataPageHeaderV2.numNulls, page.numLevels - page.values.count)
    .setI32(DataPageHeaderV2.numRows, countRowStarts(page))
    .setI32(DataPageHeaderV2.encoding, page.values.encoding)
    .setI32(DataPageHeaderV2.definitionLevelsByteLength, definition.length)
    .setI32(DataPageHeaderV2.repetitionLevelsByteLength, repetition.length)
    .delete(DataPageHeaderV2.statistics);
  const body = concat([repetition, definition, isCompressed ? codec.compress(values) : values]);
  const struct = head.struct.clone().setStruct(PageHeader.dataPageHeaderV2, header);
  return finish(struct, page, body, repetition.length + definition.length + values.length);
}

/** A V1 page made of levels and values, for pages that have no single source. */
export function makePage(leaf: Leaf, page: OpenPage, codec: PageCodec): MadePage {
  const header = new Struct()
    .setI32(DataPageHeader.definitionLevelEncoding, Encoding.rle)
    .setI32(DataPageHeader.repetitionLevelEncoding, Encoding.rle);
  const struct = new Struct()
    .setI32(PageHeader.type, PageType.dataPage)
    .setStruct(PageHeader.dataPageHeader, header);
  return encodeV1(leaf, struct, page, codec);
}

/** A dictionary page of `count` entries, which `plain` holds end to end. */
export function makeDictionaryPage(
  plain: Uint8Array,
  count: number,
  codec: PageCodec,
): Pick<MadePage, 'bytes' | 'uncompressedSize'> {
  const header = new Struct()
    .setI32(DictionaryPageHeader.numValues, count)
    .setI32(DictionaryPageHeader.encoding, Encoding.plain);
  const body = codec.compress(plain);
  const head = writeStruct(
    new Struct()
      .setI32(PageHeader.type, PageType.dictionaryPage)
      .setI32(PageHeader.uncompressedPageSize, plain.length)
      .setI32(PageHeader.compressedPageSize, body.length)
      .setStruct(PageHeader.dictionaryPageHeader, header),
  );
  return { bytes: concat([head, body]), uncompressedSize: head.length + plain.length };
}

/** Node has it since 20.15; on an older one pages go without their optional checksum. */
const { crc32 } = zlib as Partial<typeof zlib>;

/** Sizes and, where the source had one, the checksum; then header and body in one run. */
function finish(struct: Struct, page: OpenPage, body: Uint8Array, uncompressedSize: number): MadePage {
  struct
    .setI32(PageHeader.compressedPageSize, body.length)
    .setI32(PageHeader.uncompressedPageSize, uncompressedSize);
  if (struct.has(PageHeader.crc)) {
    if (crc32) struct.setI32(PageHeader.crc, crc32(body) | 0);
    else struct.delete(PageHeader.crc);
  }
  const header = writeStruct(struct);
  return {
    bytes: concat([header, body]),
    uncompressedSize: header.length + uncompressedSize,
    numLevels: page.numLevels,
    numNulls: page.numLevels - page.values.count,
    encoding: page.values.encoding,
  };
}

/** The entries of a dictionary page, which are PLAIN whatever its header calls them. */
export function openDictionary(leaf: Leaf, head: PageHead, body: Uint8Array, codec: PageCodec): PlainEntries {
  if (head.type !== PageType.dictionaryPage) throw new ThriftError('no dictionary page where one belongs');
  return new PlainEntries(leaf, codec.decompress(body, head.uncompressedSize), head.numValues);
}
