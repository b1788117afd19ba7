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
} from './format.js';
import type { Levels } from './levels.js';
import { countPresent, countRowStarts, type OpenPage } from './page.js';
import type { PageHead } from './page-header.js';
import type { Leaf } from './schema.js';
import { make } from './thrift.js';
import { writeStruct } from './thrift-writer.js';
import { concat, sliceValues } from './values.js';

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

function encodeV1(leaf: Leaf, source: PageHeader, page: OpenPage, codec: PageCodec): MadePage {
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
    .require(PageHeader.dataPageHeader)
    .clone()
    .set(DataPageHeader.numValues, page.numLevels)
    .set(DataPageHeader.encoding, page.values.encoding)
    .delete(DataPageHeader.statistics);
  const struct = source.clone().set(PageHeader.dataPageHeader, header);
  return finish(struct, page, codec.compress(body), body.length);
}

function encodeV2(leaf: Leaf, head: PageHead, page: OpenPage, codec: PageCodec): MadePage {
  const repetition = page.repetition?.encode(leaf.maxRepetition) ?? new Uint8Array(0);
  const definition = page.definition?.encode(leaf.maxDefinition) ?? new Uint8Array(0);
  const source = head.struct.require(PageHeader.dataPageHeaderV2);
  const isCompressed = source.get(DataPageHeaderV2.isCompressed) !== false;
  const values = page.values.bytes;
  const header = source
    .clone()
    .set(DataPageHeaderV2.numValues, page.numLevels)
    .set(DataPageHeaderV2.numNulls, page.numLevels - page.values.count)
    .set(DataPageHeaderV2.numRows, countRowStarts(page))
    .set(DataPageHeaderV2.encoding, page.values.encoding)
    .set(DataPageHeaderV2.definitionLevelsByteLength, definition.length)
    .set(DataPageHeaderV2.repetitionLevelsByteLength, repetition.length)
    .delete(DataPageHeaderV2.statistics);
  const body = concat([repetition, definition, isCompressed ? codec.compress(values) : values]);
  const struct = head.struct.clone().set(PageHeader.dataPageHeaderV2, header);
  return finish(struct, page, body, repetition.length + definition.length + values.length);
}

/** A V1 page made of levels and values, for pages that have no single source. */
export function makePage(leaf: Leaf, page: OpenPage, codec: PageCodec): MadePage {
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
function finish(struct: PageHeader, page: OpenPage, body: Uint8Array, uncompressedSize: number): MadePage {
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
