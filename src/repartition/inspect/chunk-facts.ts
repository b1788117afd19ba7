/** Column chunks by what the footer says of them. */
import type { Footer } from '../../parquet/footer.js';
import {
  Codec,
  ColumnMetaData,
  Encoding,
  nameOf,
  PageEncodingStats,
  PageType,
} from '../../parquet/format.js';
import { readChunks, type SourceChunk } from '../../parquet/source-chunk.js';
import type { ChunkInspection, StatisticsFacts } from './model.js';
import { inWords, plainValue, type ReadableFooter } from './readable.js';

/** A chunk where it lies, with what can be told without looking at its pages. */
export interface FoundChunk extends Omit<ChunkInspection, 'pages' | 'pageList'> {
  source: SourceChunk;
  /** Data pages, if the footer counts them. */
  pages?: number;
}

/** The chunks of all row groups, one group after the other. */
export function chunkFacts(footer: Footer): FoundChunk[] {
  return footer.rowGroups.flatMap((group, i) =>
    readChunks(footer, group).map((source, column) => ({
      ...chunkOf(source),
      ...statisticsOf(inWords(footer), i, column),
    })),
  );
}

function chunkOf(source: SourceChunk): FoundChunk {
  const { leaf, meta, range, codec, numValues, uncompressedSize } = source;
  const stats = meta.get(ColumnMetaData.encodingStats);
  const pages = stats?.reduce(
    (sum, one) => (isData(one) ? sum + (one.get(PageEncodingStats.count) ?? 0) : sum),
    0,
  );
  return {
    source,
    column: leaf.path,
    start: range.start,
    bytes: range.end - range.start,
    uncompressedBytes: uncompressedSize,
    codec: words(nameOf(Codec, codec)),
    encodings: (meta.get(ColumnMetaData.encodings) ?? []).map(encodingName),
    values: numValues,
    ...(pages !== undefined && { pages }),
    hasDictionary: (meta.get(ColumnMetaData.dictionaryPageOffset) ?? 0) > 0,
    indexes: {
      offset: source.offsetIndex !== undefined,
      column: source.columnIndex !== undefined,
      bloomFilter: source.bloomFilter !== undefined,
    },
  };
}

function isData(stats: PageEncodingStats): boolean {
  const type = stats.get(PageEncodingStats.pageType);
  return type === PageType.dataPage || type === PageType.dataPageV2;
}

/** `rleDictionary` as `RLE_DICTIONARY`, as Parquet writes it. */
export function encodingName(encoding: number): string {
  return words(nameOf(Encoding, encoding));
}

function words(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}

function statisticsOf(
  readable: ReadableFooter | undefined,
  group: number,
  column: number,
): { statistics?: StatisticsFacts } {
  const told = readable?.row_groups[group]?.columns[column]?.meta_data?.statistics;
  if (!told) return {};
  const [min, max] = [told.min_value ?? told.min, told.max_value ?? told.max];
  const isExact =
    told.is_min_value_exact === undefined && told.is_max_value_exact === undefined
      ? undefined
      : told.is_min_value_exact !== false && told.is_max_value_exact !== false;
  return {
    statistics: {
      ...(min !== undefined && { min: plainValue(min) }),
      ...(max !== undefined && { max: plainValue(max) }),
      ...(told.null_count !== undefined && { nulls: Number(told.null_count) }),
      ...(told.distinct_count !== undefined && { distinct: Number(told.distinct_count) }),
      ...(isExact !== undefined && { isExact }),
    },
  };
}
