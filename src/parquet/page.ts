/**
 * One data page, opened.
 *
 *     V1   header | compress( [len|repetition runs] [len|definition runs] values )
 *     V2   header | repetition runs | definition runs | compress( values )
 *
 * A level block is left out where its maximum level is 0. Nulls have levels but no value. A page is looked at in full
 * before a byte of it is written again (D17): checksum, sizes, every level and index, and that nothing is left over.
 * Source: https://github.com/apache/parquet-format/blob/master/README.md#data-pages
 */
import { crc32 } from 'node:zlib';
import type { Room } from '../memory.js';
import { bitPackedBytes, decodeBitPacked } from './bit-packed.js';
import { CodecError, type PageCodec } from './codec.js';
import { DataPageHeader, DataPageHeaderV2, Encoding, nameOf, PageHeader, PageType } from './format.js';
import type { Habits } from './habits.js';
import { EncodingError } from './hybrid.js';
import { type PageHead, statedRows } from './page-header.js';
import { PlainEntries } from './plain.js';
import { Runs } from './runs.js';
import type { Leaf } from './schema.js';
import { type Field, ThriftError } from './thrift.js';
import { type EncodedValues, openValues, withoutZeros } from './values.js';

/** Undefined where the largest possible level is 0. */
interface Levels {
  repetition: Runs | undefined;
  definition: Runs | undefined;
}

/** A data page taken apart. */
export interface OpenPage extends Levels {
  /** Levels in the page. */
  numLevels: number;
  values: EncodedValues;
}

/** What a page is opened with, besides its bytes. */
export interface PageContext {
  leaf: Leaf;
  codec: PageCodec;
  /** Entries of the chunk's dictionary; undefined when it has none. */
  entries: number | undefined;
  /** Of the writer. */
  habits: Habits;
}

/**
 * @param body the bytes behind the header, as many as whoever knows the page's place says
 * @throws CodecError, EncodingError, ThriftError when the page is damaged or uses an encoding we can't read
 */
export function openPage(context: PageContext, head: PageHead, body: Uint8Array): OpenPage {
  requireBody(head, body);
  const page = head.type === PageType.dataPageV2 ? openV2(context, head, body) : openV1(context, head, body);
  requireStated(context.leaf, head, page);
  return page;
}

function requireBody({ compressedSize, struct }: PageHead, body: Uint8Array): void {
  if (body.length !== compressedSize) {
    throw new CodecError(`a page of ${body.length} bytes where its header says ${compressedSize}`);
  }
  if (!hasTrueChecksum(struct, body)) throw new CodecError('the checksum does not match');
}

/** Whether a page's body has the checksum that its header says, if that says one. */
export function hasTrueChecksum(header: PageHeader, body: Uint8Array): boolean {
  const stated = header.get(PageHeader.crc);
  return stated === undefined || stated === (crc32(body) | 0);
}

/** V2 headers say rows and nulls. Writers agree on what a null is where no list is around it. */
function requireStated(leaf: Leaf, head: PageHead, page: OpenPage): void {
  const v2 = head.struct.get(PageHeader.dataPageHeaderV2);
  if (!v2) return;
  requireStatedRows(leaf, head, page);
  const stated = v2.require(DataPageHeaderV2.numNulls);
  const nulls = page.numLevels - page.values.count;
  if (leaf.maxRepetition === 0 && stated !== nulls) {
    throw new EncodingError(`${nulls} nulls where the header says ${stated}`);
  }
}

function requireStatedRows(
  leaf: Leaf,
  head: PageHead,
  page: Pick<OpenPage, 'repetition' | 'numLevels'>,
): void {
  const stated = statedRows(leaf, head);
  const rows = countRowStarts(page);
  if (stated !== undefined && rows !== stated) {
    throw new EncodingError(`levels of ${rows} rows where the header says ${stated}`);
  }
}

/**
 * Looks at the repetition levels of a V2 page that is not opened, which lie bare behind its header, as far as they are in
 * hand.
 * @param rest what is in hand behind the header
 * @throws EncodingError, ThriftError when they are not those of the rows that the header says
 */
export function checkBareLevels(
  { leaf, habits }: Pick<PageContext, 'leaf' | 'habits'>,
  head: PageHead,
  rest: Uint8Array,
): void {
  const v2 = head.struct.get(PageHeader.dataPageHeaderV2);
  if (!v2 || leaf.maxRepetition === 0) return;
  const length = v2.require(DataPageHeaderV2.repetitionLevelsByteLength);
  if (length < 0 || length > rest.length || length > head.compressedSize) return;
  const repetition = Runs.decode(rest.subarray(0, length), head.numValues, leaf.maxRepetition, habits);
  requireStatedRows(leaf, head, { repetition, numLevels: head.numValues });
}

/**
 * The levels alone of a data page, its checksum unseen.
 * @param body the bytes behind the header
 * @throws CodecError, EncodingError, ThriftError when the page does not even hold these
 */
export function openLevels(context: Omit<PageContext, 'entries'>, head: PageHead, body: Uint8Array): Levels {
  return head.type === PageType.dataPageV2
    ? levelsOfV2(context, head, body)
    : levelsOfV1(context, head, body);
}

/** What is behind the levels: in V1 pages decompressed with them, in V2 pages as it is stored. */
interface Rest {
  rest: Uint8Array;
}

function openV1(context: PageContext, head: PageHead, body: Uint8Array): OpenPage {
  const { rest, ...levels } = levelsOfV1(context, head, body);
  const encoding = head.struct.require(PageHeader.dataPageHeader).require(DataPageHeader.encoding);
  return withValues(context, head, levels, encoding, rest);
}

function openV2(context: PageContext, head: PageHead, body: Uint8Array): OpenPage {
  const { rest, ...levels } = levelsOfV2(context, head, body);
  const header = head.struct.require(PageHeader.dataPageHeaderV2);
  // Some writers store a page without values as no bytes at all, which no codec would call compressed.
  const isCompressed = header.get(DataPageHeaderV2.isCompressed) !== false && rest.length > 0;
  const size = head.uncompressedSize - (body.length - rest.length);
  const bytes = isCompressed ? context.codec.decompress(rest, size) : rest;
  return withValues(context, head, levels, header.require(DataPageHeaderV2.encoding), bytes);
}

function withValues(
  context: PageContext,
  { numValues: numLevels }: PageHead,
  levels: Levels,
  encoding: number,
  bytes: Uint8Array,
): OpenPage {
  const present = countPresent(levels.definition, 0, numLevels);
  return { ...levels, numLevels, values: openValues(context.leaf, encoding, bytes, present, context) };
}

function levelsOfV1(
  { leaf, codec, habits }: Omit<PageContext, 'entries'>,
  head: PageHead,
  body: Uint8Array,
): Levels & Rest {
  const header = head.struct.require(PageHeader.dataPageHeader);
  const bytes = codec.decompress(body, head.uncompressedSize);
  const numLevels = head.numValues;
  let offset = 0;
  const take = (length: number): Uint8Array => {
    if (offset + length > bytes.length) throw new EncodingError('the page ends before its levels do');
    return bytes.subarray(offset, (offset += length));
  };
  const levels = (max: number, encodingField: Field<'DataPageHeader', number>): Runs | undefined => {
    if (max === 0) return undefined;
    const encoding = header.require(encodingField);
    if (encoding === Encoding.bitPacked) {
      return decodeBitPacked(take(bitPackedBytes(numLevels, max)), numLevels, max);
    }
    if (encoding !== Encoding.rle) {
      throw new EncodingError(`levels encoded as ${nameOf(Encoding, encoding)} cannot be read`);
    }
    const prefix = take(4);
    const length = new DataView(prefix.buffer, prefix.byteOffset, 4).getUint32(0, true);
    return Runs.decode(take(length), numLevels, max, habits);
  };
  const repetition = levels(leaf.maxRepetition, DataPageHeader.repetitionLevelEncoding);
  const definition = levels(leaf.maxDefinition, DataPageHeader.definitionLevelEncoding);
  return { repetition, definition, rest: bytes.subarray(offset) };
}

function levelsOfV2(
  { leaf, habits }: Omit<PageContext, 'entries'>,
  head: PageHead,
  body: Uint8Array,
): Levels & Rest {
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
  const levels = (max: number, from: number, to: number): Runs | undefined =>
    max === 0 ? undefined : Runs.decode(body.subarray(from, to), head.numValues, max, habits);
  const repetition = levels(leaf.maxRepetition, 0, repetitionLength);
  const definition = levels(leaf.maxDefinition, repetitionLength, levelBytes);
  return { repetition, definition, rest: body.subarray(levelBytes) };
}

/** Values present among the levels `from..to`. */
export function countPresent(definition: Runs | undefined, from: number, to: number): number {
  return definition ? definition.slice(from, to).tops : to - from;
}

/** The rows that start in a page: the levels that repeat nothing. */
export function countRowStarts(page: Pick<OpenPage, 'repetition' | 'numLevels'>): number {
  return page.repetition ? page.repetition.zeros : page.numLevels;
}

/** Whether the first level of a page repeats something: then a row goes on that an earlier page began. */
export function beginsInsideRow({ repetition }: Levels): boolean {
  return repetition !== undefined && repetition.length > 0 && repetition.findZero(0) !== 0;
}

/** The level at which the `row`-th row that starts in this page starts; `numLevels` when there are fewer. */
export function levelOfRow({ repetition, numLevels }: OpenPage, row: number): number {
  return repetition ? repetition.findZero(row) : Math.min(row, numLevels);
}

/**
 * The entries of a dictionary page, which are PLAIN whatever its header calls them.
 * @throws as `openPage` does
 */
export function openDictionary(
  { leaf, codec, habits }: Omit<PageContext, 'entries'>,
  head: PageHead,
  body: Uint8Array,
  room: Room,
): PlainEntries {
  if (head.type !== PageType.dictionaryPage) throw new ThriftError('no dictionary page where one belongs');
  requireBody(head, body);
  // Its bytes, and where each entry starts.
  room.more(head.uncompressedSize + 4 * head.numValues);
  const bytes = codec.decompress(body, head.uncompressedSize);
  return new PlainEntries(leaf, habits.zerosBehindValues ? withoutZeros(bytes) : bytes, head.numValues);
}
