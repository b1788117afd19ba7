/** Data pages and dictionary pages, made: cut from one that is open, or of levels and values of any origin. */
import { crc32 } from 'node:zlib';
import type { PageCodec } from './codec.js';
import {
  DataPageHeader,
  DataPageHeaderV2,
  DictionaryPageHeader,
  Encoding,
  PageHeader,
  PageType,
  Statistics,
} from './format.js';
import { countPresent } from './page.js';
import type { PageHead } from './page-header.js';
import type { OpenedPage } from './pages.js';
import { concat } from './plain.js';
import type { Leaf } from './schema.js';
import { make } from './thrift.js';
import { writeStruct } from './thrift-writer.js';
import { type EncodedValues, sliceValues, withLength } from './values.js';

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

/** What a page is made of. Levels are hybrid runs, and undefined where the largest possible one is 0. */
export interface PageContent {
  repetition: Uint8Array | undefined;
  definition: Uint8Array | undefined;
  numLevels: number;
  /** That start in the page. */
  numRows: number;
  values: EncodedValues;
}

/** The levels `from..to` of a page as a page of their own, of the same version and codec. */
export function cutPage(
  leaf: Leaf,
  { head, page, codec, room }: OpenedPage,
  { from, to }: { from: number; to: number },
): MadePage {
  const before = countPresent(page.definition, 0, from);
  const present = countPresent(page.definition, from, to);
  const need = (bytes: number): void => {
    room.more(bytes);
  };
  const repetition = page.repetition?.slice(from, to);
  const cut: PageContent = {
    repetition: repetition?.encode(),
    definition: page.definition?.slice(from, to).encode(),
    numLevels: to - from,
    numRows: repetition ? repetition.zeros : to - from,
    values: sliceValues(leaf, page.values, before, before + present, need),
  };
  // Its body, and that compressed.
  const levelBytes = (cut.repetition?.length ?? 0) + (cut.definition?.length ?? 0);
  need(2 * (levelBytes + cut.values.bytes.length));
  return head.type === PageType.dataPageV2
    ? encodeV2(head, cut, codec)
    : encodeV1(leaf, head.struct, cut, codec);
}

function encodeV1(leaf: Leaf, source: PageHeader, page: PageContent, codec: PageCodec): MadePage {
  const { repetition, definition, values } = page;
  const body = joinInHand([
    ...(repetition ? [withLength(repetition)] : []),
    ...(definition ? [withLength(definition)] : []),
    values.bytes,
  ]);
  const old = source.require(PageHeader.dataPageHeader);
  const header = old
    .clone()
    .set(DataPageHeader.numValues, page.numLevels)
    .set(DataPageHeader.encoding, values.encoding)
    .delete(DataPageHeader.statistics);
  if (repetition) header.set(DataPageHeader.repetitionLevelEncoding, Encoding.rle);
  if (definition) header.set(DataPageHeader.definitionLevelEncoding, Encoding.rle);
  // Bounds are of the page that was cut, and in lists a writer's nulls may be others than we count.
  if (leaf.maxRepetition === 0 && old.get(DataPageHeader.statistics)?.has(Statistics.nullCount)) {
    const nullCount = page.numLevels - values.count;
    header.set(DataPageHeader.statistics, make(Statistics, { nullCount }));
  }
  const struct = source.clone().set(PageHeader.dataPageHeader, header);
  return finish(struct, page, codec.compress(body), body.length);
}

/** Bodies of pages up to this size share one buffer: a fresh one for each would be most of what a thread makes as garbage. */
const MOST_IN_HAND = 4 * 1024 * 1024;
let inHand = new Uint8Array(0);

/** Parts as one run of bytes, to be used before the next are joined. */
function joinInHand(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > MOST_IN_HAND) return concat(parts);
  if (inHand.length < length) inHand = new Uint8Array(Math.min(MOST_IN_HAND, 2 * length));
  let at = 0;
  for (const part of parts) {
    inHand.set(part, at);
    at += part.length;
  }
  return inHand.subarray(0, length);
}

function encodeV2(head: PageHead, page: PageContent, codec: PageCodec): MadePage {
  const none = new Uint8Array(0);
  const { repetition = none, definition = none, values } = page;
  const source = head.struct.require(PageHeader.dataPageHeaderV2);
  const isCompressed = source.get(DataPageHeaderV2.isCompressed) !== false;
  const header = source
    .clone()
    .set(DataPageHeaderV2.numValues, page.numLevels)
    .set(DataPageHeaderV2.numNulls, page.numLevels - values.count)
    .set(DataPageHeaderV2.numRows, page.numRows)
    .set(DataPageHeaderV2.encoding, values.encoding)
    .set(DataPageHeaderV2.definitionLevelsByteLength, definition.length)
    .set(DataPageHeaderV2.repetitionLevelsByteLength, repetition.length)
    .delete(DataPageHeaderV2.statistics);
  const stored = isCompressed ? codec.compress(values.bytes) : values.bytes;
  const struct = head.struct.clone().set(PageHeader.dataPageHeaderV2, header);
  const uncompressedSize = repetition.length + definition.length + values.bytes.length;
  return finish(struct, page, concat([repetition, definition, stored]), uncompressedSize);
}

/** A V1 page made of levels and values, for pages that have no single source. */
export function makePage(leaf: Leaf, page: PageContent, codec: PageCodec): MadePage {
  const dataPageHeader = make(DataPageHeader, {
    definitionLevelEncoding: Encoding.rle,
    repetitionLevelEncoding: Encoding.rle,
  });
  return encodeV1(leaf, make(PageHeader, { type: PageType.dataPage, dataPageHeader }), page, codec);
}

/** A dictionary page of `count` entries, which `plain` holds end to end. */
export function makeDictionaryPage(
  plain: Uint8Array,
  count: number,
  codec: PageCodec,
): Pick<MadePage, 'bytes' | 'uncompressedSize'> {
  const body = codec.compress(plain);
  const header = writeStruct(
    make(PageHeader, {
      type: PageType.dictionaryPage,
      uncompressedPageSize: plain.length,
      compressedPageSize: body.length,
      dictionaryPageHeader: make(DictionaryPageHeader, { numValues: count, encoding: Encoding.plain }),
    }),
  );
  return { bytes: concat([header, body]), uncompressedSize: header.length + plain.length };
}

/** Sizes and, where the source had one, the checksum; then header and body in one run. */
function finish(struct: PageHeader, page: PageContent, body: Uint8Array, uncompressedSize: number): MadePage {
  struct
    .set(PageHeader.compressedPageSize, body.length)
    .set(PageHeader.uncompressedPageSize, uncompressedSize);
  if (struct.has(PageHeader.crc)) struct.set(PageHeader.crc, crc32(body) | 0);
  const header = writeStruct(struct);
  return {
    bytes: concat([header, body]),
    uncompressedSize: header.length + uncompressedSize,
    numLevels: page.numLevels,
    numNulls: page.numLevels - page.values.count,
    encoding: page.values.encoding,
  };
}
