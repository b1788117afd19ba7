/**
 * What a cut chunk may still claim. Readers drop row groups on the word of these numbers, so each is exact, a bound
 * that is marked as one, or gone.
 */
import type { SourceChunk } from './source-chunk.js';
import { ColumnMetaData, isDictionaryEncoding, PageEncodingStats, PageType, Statistics } from './format.js';

/** What is known of the pages a cut chunk is made of. */
export interface PieceCounts {
  numLevels: number;
  /** Levels without a value; undefined when they can't be known. */
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
export function cutColumnMetaData(chunk: SourceChunk, counts: PieceCounts): ColumnMetaData {
  const meta = chunk.meta
    .clone()
    .set(ColumnMetaData.numValues, counts.numLevels)
    .set(ColumnMetaData.totalCompressedSize, counts.compressedSize)
    .set(ColumnMetaData.totalUncompressedSize, counts.uncompressedSize)
    .delete(
      ColumnMetaData.indexPageOffset,
      ColumnMetaData.bloomFilterOffset,
      ColumnMetaData.bloomFilterLength,
      ColumnMetaData.sizeStatistics,
      ColumnMetaData.geospatialStatistics,
    );
  const encodings = new Set(chunk.meta.get(ColumnMetaData.encodings));
  for (const encoding of counts.cutEncodings) encodings.add(encoding);
  meta.set(ColumnMetaData.encodings, [...encodings]);
  const stats = cutEncodingStats(chunk, counts);
  if (stats) meta.set(ColumnMetaData.encodingStats, stats);
  else meta.delete(ColumnMetaData.encodingStats);
  const statistics = chunk.meta.get(ColumnMetaData.statistics);
  const cut = statistics && cutStatistics(statistics, counts);
  if (cut) meta.set(ColumnMetaData.statistics, cut);
  else meta.delete(ColumnMetaData.statistics);
  return meta;
}

/**
 * parquet-mr decides from `encoding_stats` whether all data pages are dictionary-encoded, and then drops row groups
 * by the dictionary. If the source's data pages all have one encoding, so have the pieces, and can be counted; if
 * they are mixed we would have to look at each, and the field, which is optional, is left out.
 */
function cutEncodingStats(chunk: SourceChunk, counts: PieceCounts): PageEncodingStats[] | undefined {
  const stats = chunk.meta.get(ColumnMetaData.encodingStats);
  if (!stats) return undefined;
  const kinds = new Map<string, PageEncodingStats>();
  for (const entry of stats) {
    const type = entry.require(PageEncodingStats.pageType);
    if (type === PageType.dictionaryPage) continue;
    kinds.set(`${type}/${entry.require(PageEncodingStats.encoding)}`, entry);
  }
  const [only, ...others] = kinds.values();
  if (!only || others.length > 0) return undefined;
  const encoding = only.require(PageEncodingStats.encoding);
  if ([...counts.cutEncodings].some((cut) => cut !== encoding)) return undefined;
  if (isDictionaryEncoding(encoding) && !counts.hasDictionary) return undefined;
  const dictionary = stats.filter(
    (entry) => counts.hasDictionary && entry.get(PageEncodingStats.pageType) === PageType.dictionaryPage,
  );
  return [...dictionary, only.clone().set(PageEncodingStats.count, counts.numPages)];
}

/**
 * The deprecated bounds, in a column that has no others, are lost where a row group is cut; some readers drop rows of the
 * row groups without them once others have them. So all row groups of a file have them, or none.
 * @param metas of one column, of all row groups; changed in place
 */
export function treatDeprecatedBoundsAlike(metas: readonly ColumnMetaData[]): void {
  const ofAll = metas.map((meta) => meta.get(ColumnMetaData.statistics));
  const isDeprecated = (statistics: Statistics | undefined): statistics is Statistics =>
    statistics !== undefined &&
    (statistics.has(Statistics.min) || statistics.has(Statistics.max)) &&
    !statistics.has(Statistics.minValue) &&
    !statistics.has(Statistics.maxValue);
  if (ofAll.every(isDeprecated)) return;
  metas.forEach((meta, i) => {
    const statistics = ofAll[i];
    if (!isDeprecated(statistics)) return;
    const rest = statistics.clone().delete(Statistics.min, Statistics.max);
    if (rest.isEmpty) meta.delete(ColumnMetaData.statistics);
    else meta.set(ColumnMetaData.statistics, rest);
  });
}

/** Bounds of the whole chunk bound its piece too, but are no longer reached: say so, or leave them out. */
function cutStatistics(statistics: Statistics, counts: PieceCounts): Statistics | undefined {
  const cut = statistics
    .clone()
    // The deprecated pair is exact by definition, and distinct values and NaNs would have to be counted anew.
    .delete(Statistics.min, Statistics.max, Statistics.distinctCount, Statistics.nanCount);
  if (cut.has(Statistics.minValue)) cut.set(Statistics.isMinValueExact, false);
  if (cut.has(Statistics.maxValue)) cut.set(Statistics.isMaxValueExact, false);
  // Some readers take a count that is missing for 0, so there is an exact one or no statistics at all.
  if (counts.numNulls === undefined) return undefined;
  if (!cut.isEmpty) cut.set(Statistics.nullCount, counts.numNulls);
  if (counts.numNulls === counts.numLevels) {
    cut.delete(
      Statistics.minValue,
      Statistics.maxValue,
      Statistics.isMinValueExact,
      Statistics.isMaxValueExact,
    );
  }
  return cut.isEmpty ? undefined : cut;
}
