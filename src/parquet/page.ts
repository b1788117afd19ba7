/**
 * One data page, opened.
 *
 *     V1   header | compress( [len|repetition runs] [len|definition runs] values )
 *     V2   header | repetition runs | definition runs | compress( values )
 *
 * A level block is left out where its maximum level is 0. Nulls have levels but no value.
 * Source: https://github.com/apache/parquet-format/blob/master/README.md#data-pages
 */
import { CodecError, type PageCodec } from './codec.js';
import { DataPageHeader, DataPageHeaderV2, Encoding, PageHeader, PageType } from './format.js';
import { EncodingError } from './hybrid.js';
import { Levels } from './levels.js';
import type { PageHead } from './page-header.js';
import type { Leaf } from './schema.js';
import { type Field, ThriftError } from './thrift.js';
import { type EncodedValues, PlainEntries } from './values.js';

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
  const header = head.struct.require(PageHeader.dataPageHeader);
  const bytes = codec.decompress(body, head.uncompressedSize);
  const numLevels = boundedLevels(head);
  let offset = 0;
  const levels = (max: number, encodingField: Field<'DataPageHeader', number>): Levels | undefined => {
    if (max === 0) return undefined;
    if (header.require(encodingField) !== Encoding.rle) {
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
      encoding: header.require(DataPageHeader.encoding),
      bytes: bytes.subarray(offset),
      count: countPresent(definition, leaf, 0, numLevels),
    },
  };
}

function openV2(leaf: Leaf, head: PageHead, body: Uint8Array, codec: PageCodec): OpenPage {
  const header = head.struct.require(PageHeader.dataPageHeaderV2);
  const repetitionLength = header.require(DataPageHeaderV2.repetitionLevelsByteLength);
  const definitionLength = header.require(DataPageHeaderV2.definitionLevelsByteLength);
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
  const isCompressed = header.get(DataPageHeaderV2.isCompressed) !== false && stored.length > 0;
  return {
    repetition,
    definition,
    numLevels,
    values: {
      encoding: header.require(DataPageHeaderV2.encoding),
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

/** The entries of a dictionary page, which are PLAIN whatever its header calls them. */
export function openDictionary(leaf: Leaf, head: PageHead, body: Uint8Array, codec: PageCodec): PlainEntries {
  if (head.type !== PageType.dictionaryPage) throw new ThriftError('no dictionary page where one belongs');
  return new PlainEntries(leaf, codec.decompress(body, head.uncompressedSize), head.numValues);
}
