/**
 * What a cut chunk may still claim. Readers drop row groups on the word of these numbers, so each is exact, a bound
 * that is marked as one, or gone.
 */
import type { Chunk } from './chunk.js';
import { ColumnMetaData, isDictionaryEncoding, PageEncodingStats, PageType, Statistics } from './format.js';
import { Struct, ThriftType } from './thrift.js';

/** What is known of the pages a cut chunk is made of. */
export interface PieceCounts {
  numLevels: number;
  /** Levels without a value; undefined when nobody counted them all. */
  numNulls: number | undefined;
  /** Data pages. */
  numPages: number;
  hasDictionary: boolean;
  /** Encodings of the pages that were cut: their source's, or PLAIN. */
  cutEncodings: ReadonlySet<number>;
  compressedSize: number;
  uncompressedSize: number;
}

/** The ColumnMetaData of a cut chunk, but for its offsets; fields we don't know stay as they are. */
export function cutColumnMetaData(chunk: Chunk, counts: PieceCounts): Struct {
  const meta = chunk.meta
    .clone()
    .setI64(ColumnMetaData.numValues, counts.numLevels)
    .setI64(ColumnMetaData.totalCompressedSize, counts.compressedSize)
    .setI64(ColumnMetaData.totalUncompressedSize, counts.uncompressedSize)
    .delete(
      ColumnMetaData.indexPageOffset,
      ColumnMetaData.bloomFilterOffset,
      ColumnMetaData.bloomFilterLength,
      ColumnMetaData.sizeStatistics,
      ColumnMetaData.geospatialStatistics,
    );
  const encodings = new Set(chunk.meta.ints(ColumnMetaData.encodings));
  for (const encoding of counts.cutEncodings) encodings.add(encoding);
  meta.setList(ColumnMetaData.encodings, ThriftType.i32, [...encodings]);
  setOrDelete(meta, ColumnMetaData.encodingStats, cutEncodingStats(chunk, counts));
  const statistics = chunk.meta.struct(ColumnMetaData.statistics);
  const cut = statistics && cutStatistics(statistics, counts);
  if (cut) meta.setStruct(ColumnMetaData.statistics, cut);
  else meta.delete(ColumnMetaData.statistics);
  return meta;
}

function setOrDelete(meta: Struct, id: number, items: Struct[] | undefined): void {
  if (items) meta.setList(id, ThriftType.struct, items);
  else meta.delete(id);
}

/**
 * parquet-mr decides from `encoding_stats` whether all data pages are dictionary-encoded, and then drops row groups
 * by the dictionary. If the source's data pages all have one encoding, so have the pieces, and can be counted; if
 * they are mixed we would have to look at each, and the field, which is optional, is left out.
 */
function cutEncodingStats(chunk: Chunk, counts: PieceCounts): Struct[] | undefined {
  const stats = chunk.meta.structs(ColumnMetaData.encodingStats);
  if (!stats) return undefined;
  const kinds = new Map<string, Struct>();
  for (const entry of stats) {
    const type = entry.requireInt(PageEncodingStats.pageType);
    if (type === PageType.dictionaryPage) continue;
    kinds.set(`${type}/${entry.requireInt(PageEncodingStats.encoding)}`, entry);
  }
  const [only, ...others] = kinds.values();
  if (!only || others.length > 0) return undefined;
  const encoding = only.requireInt(PageEncodingStats.encoding);
  if ([...counts.cutEncodings].some((cut) => cut !== encoding)) return undefined;
  if (isDictionaryEncoding(encoding) && !counts.hasDictionary) return undefined;
  const dictionary = stats.filter(
    (entry) => counts.hasDictionary && entry.int(PageEncodingStats.pageType) === PageType.dictionaryPage,
  );
  return [...dictionary, only.clone().setI32(PageEncodingStats.count, counts.numPages)];
}

/** Bounds of the whole chunk bound its piece too, but are no longer reached: say so, or leave them out. */
function cutStatistics(statistics: Struct, counts: PieceCounts): Struct | undefined {
  const cut = statistics
    .clone()
    // The deprecated pair is exact by definition, and distinct values and NaNs would have to be counted anew.
    .delete(Statistics.min, Statistics.max, Statistics.distinctCount, Statistics.nanCount);
  if (cut.has(Statistics.minValue)) cut.setBoolean(Statistics.isMinValueExact, false);
  if (cut.has(Statistics.maxValue)) cut.setBoolean(Statistics.isMaxValueExact, false);
  if (statistics.has(Statistics.nullCount)) {
    if (counts.numNulls === undefined) cut.delete(Statistics.nullCount);
    else cut.setI64(Statistics.nullCount, counts.numNulls);
  }
  if (counts.numNulls === counts.numLevels) {
    cut.delete(
      Statistics.minValue,
      Statistics.maxValue,
      Statistics.isMinValueExact,
      Statistics.isMaxValueExact,
    );
  }
  return cut.sortedFields().length > 0 ? cut : undefined;
}
