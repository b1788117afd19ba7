/**
 * The structs of `parquet.thrift`, field by field, and the enumerations we act on.
 * Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
import { binary, bool, i16, i32, i64, list, struct, type Struct, structs, table, text } from './thrift.js';

export const KeyValue = table('KeyValue', { key: text(1), value: text(2) });
export type KeyValue = Struct<'KeyValue'>;

/**
 * A union that is passed on and compared, but not looked into.
 * @internal
 */
export const LogicalType = table('LogicalType', {});

export const SchemaElement = table('SchemaElement', {
  type: i32(1),
  typeLength: i32(2),
  repetitionType: i32(3),
  name: text(4),
  numChildren: i32(5),
  convertedType: i32(6),
  scale: i32(7),
  precision: i32(8),
  logicalType: struct(10, LogicalType),
});
export type SchemaElement = Struct<'SchemaElement'>;

export const Statistics = table('Statistics', {
  max: binary(1),
  min: binary(2),
  nullCount: i64(3),
  distinctCount: i64(4),
  maxValue: binary(5),
  minValue: binary(6),
  isMaxValueExact: bool(7),
  isMinValueExact: bool(8),
  nanCount: i64(9),
});
export type Statistics = Struct<'Statistics'>;

export const PageEncodingStats = table('PageEncodingStats', {
  pageType: i32(1),
  encoding: i32(2),
  count: i32(3),
});
export type PageEncodingStats = Struct<'PageEncodingStats'>;

/** Neither survives a cut, so nobody looks inside. */
const SizeStatistics = table('SizeStatistics', {});
const GeospatialStatistics = table('GeospatialStatistics', {});

export const ColumnMetaData = table('ColumnMetaData', {
  type: i32(1),
  encodings: list(2, i32),
  pathInSchema: list(3, binary),
  codec: i32(4),
  numValues: i64(5),
  totalUncompressedSize: i64(6),
  totalCompressedSize: i64(7),
  dataPageOffset: i64(9),
  indexPageOffset: i64(10),
  dictionaryPageOffset: i64(11),
  statistics: struct(12, Statistics),
  encodingStats: structs(13, PageEncodingStats),
  bloomFilterOffset: i64(14),
  bloomFilterLength: i32(15),
  sizeStatistics: struct(16, SizeStatistics),
  geospatialStatistics: struct(17, GeospatialStatistics),
});
export type ColumnMetaData = Struct<'ColumnMetaData'>;

/** There is one exactly when the chunk is encrypted. */
const ColumnCryptoMetaData = table('ColumnCryptoMetaData', {});

export const ColumnChunk = table('ColumnChunk', {
  filePath: text(1),
  fileOffset: i64(2),
  metaData: struct(3, ColumnMetaData),
  offsetIndexOffset: i64(4),
  offsetIndexLength: i32(5),
  columnIndexOffset: i64(6),
  columnIndexLength: i32(7),
  cryptoMetadata: struct(8, ColumnCryptoMetaData),
  encryptedColumnMetadata: binary(9),
});
export type ColumnChunk = Struct<'ColumnChunk'>;

const SortingColumn = table('SortingColumn', {});

export const RowGroup = table('RowGroup', {
  columns: structs(1, ColumnChunk),
  totalByteSize: i64(2),
  numRows: i64(3),
  sortingColumns: structs(4, SortingColumn),
  fileOffset: i64(5),
  totalCompressedSize: i64(6),
  ordinal: i16(7),
});
export type RowGroup = Struct<'RowGroup'>;

/** There is one exactly when the file is encrypted. */
const EncryptionAlgorithm = table('EncryptionAlgorithm', {});

export const FileMetaData = table('FileMetaData', {
  version: i32(1),
  schema: structs(2, SchemaElement),
  numRows: i64(3),
  rowGroups: structs(4, RowGroup),
  keyValueMetadata: structs(5, KeyValue),
  createdBy: text(6),
  encryptionAlgorithm: struct(8, EncryptionAlgorithm),
});
export type FileMetaData = Struct<'FileMetaData'>;

export const DataPageHeader = table('DataPageHeader', {
  numValues: i32(1),
  encoding: i32(2),
  definitionLevelEncoding: i32(3),
  repetitionLevelEncoding: i32(4),
  statistics: struct(5, Statistics),
});

export const DictionaryPageHeader = table('DictionaryPageHeader', {
  numValues: i32(1),
  encoding: i32(2),
  isSorted: bool(3),
});

export const DataPageHeaderV2 = table('DataPageHeaderV2', {
  numValues: i32(1),
  numNulls: i32(2),
  numRows: i32(3),
  encoding: i32(4),
  definitionLevelsByteLength: i32(5),
  repetitionLevelsByteLength: i32(6),
  isCompressed: bool(7),
  statistics: struct(8, Statistics),
});

export const PageHeader = table('PageHeader', {
  type: i32(1),
  uncompressedPageSize: i32(2),
  compressedPageSize: i32(3),
  crc: i32(4),
  dataPageHeader: struct(5, DataPageHeader),
  dictionaryPageHeader: struct(7, DictionaryPageHeader),
  dataPageHeaderV2: struct(8, DataPageHeaderV2),
});
export type PageHeader = Struct<'PageHeader'>;

export const PageLocation = table('PageLocation', {
  offset: i64(1),
  compressedPageSize: i32(2),
  firstRowIndex: i64(3),
});

export const OffsetIndex = table('OffsetIndex', { pageLocations: structs(1, PageLocation) });
export type OffsetIndex = Struct<'OffsetIndex'>;

export const ColumnIndex = table('ColumnIndex', {
  nullPages: list(1, bool),
  minValues: list(2, binary),
  maxValues: list(3, binary),
  boundaryOrder: i32(4),
  nullCounts: list(5, i64),
  repetitionLevelHistograms: list(6, i64),
  definitionLevelHistograms: list(7, i64),
  nanCounts: list(8, i64),
});
export type ColumnIndex = Struct<'ColumnIndex'>;

export const PageType = { dataPage: 0, indexPage: 1, dictionaryPage: 2, dataPageV2: 3 } as const;

export const PhysicalType = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  byteArray: 6,
  fixedLenByteArray: 7,
} as const;

export const Encoding = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  bitPacked: 4,
  deltaBinaryPacked: 5,
  deltaLengthByteArray: 6,
  deltaByteArray: 7,
  rleDictionary: 8,
  byteStreamSplit: 9,
} as const;

export const Codec = {
  uncompressed: 0,
  snappy: 1,
  gzip: 2,
  lzo: 3,
  brotli: 4,
  lz4: 5,
  zstd: 6,
  lz4Raw: 7,
} as const;

export const Repetition = { required: 0, optional: 1, repeated: 2 } as const;

/** The word for a number, for error messages: `nameOf(Codec, 3)` is `lzo`. */
export function nameOf(enumeration: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(enumeration).find(([, number]) => number === value)?.[0] ?? `unknown (${value})`;
}

/** `encoding` stores indices into the chunk's dictionary page. */
export function isDictionaryEncoding(encoding: number): boolean {
  return encoding === Encoding.plainDictionary || encoding === Encoding.rleDictionary;
}
