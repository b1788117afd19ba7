/**
 * Names for the numbers of `parquet.thrift`: field ids by struct, and the enumerations we act on.
 * Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */

export const FileMetaData = {
  version: 1,
  schema: 2,
  numRows: 3,
  rowGroups: 4,
  keyValueMetadata: 5,
  createdBy: 6,
  columnOrders: 7,
  encryptionAlgorithm: 8,
} as const;

export const KeyValue = { key: 1, value: 2 } as const;

export const SchemaElement = {
  type: 1,
  typeLength: 2,
  repetitionType: 3,
  name: 4,
  numChildren: 5,
  convertedType: 6,
  scale: 7,
  precision: 8,
  logicalType: 10,
} as const;

export const RowGroup = {
  columns: 1,
  totalByteSize: 2,
  numRows: 3,
  sortingColumns: 4,
  fileOffset: 5,
  totalCompressedSize: 6,
  ordinal: 7,
} as const;

export const ColumnChunk = {
  filePath: 1,
  fileOffset: 2,
  metaData: 3,
  offsetIndexOffset: 4,
  offsetIndexLength: 5,
  columnIndexOffset: 6,
  columnIndexLength: 7,
  cryptoMetadata: 8,
  encryptedColumnMetadata: 9,
} as const;

export const ColumnMetaData = {
  type: 1,
  encodings: 2,
  pathInSchema: 3,
  codec: 4,
  numValues: 5,
  totalUncompressedSize: 6,
  totalCompressedSize: 7,
  keyValueMetadata: 8,
  dataPageOffset: 9,
  indexPageOffset: 10,
  dictionaryPageOffset: 11,
  statistics: 12,
  encodingStats: 13,
  bloomFilterOffset: 14,
  bloomFilterLength: 15,
  sizeStatistics: 16,
  geospatialStatistics: 17,
} as const;

export const Statistics = {
  max: 1,
  min: 2,
  nullCount: 3,
  distinctCount: 4,
  maxValue: 5,
  minValue: 6,
  isMaxValueExact: 7,
  isMinValueExact: 8,
  nanCount: 9,
} as const;

export const PageEncodingStats = { pageType: 1, encoding: 2, count: 3 } as const;

export const PageHeader = {
  type: 1,
  uncompressedPageSize: 2,
  compressedPageSize: 3,
  crc: 4,
  dataPageHeader: 5,
  dictionaryPageHeader: 7,
  dataPageHeaderV2: 8,
} as const;

export const DataPageHeader = {
  numValues: 1,
  encoding: 2,
  definitionLevelEncoding: 3,
  repetitionLevelEncoding: 4,
  statistics: 5,
} as const;

export const DictionaryPageHeader = { numValues: 1, encoding: 2, isSorted: 3 } as const;

export const DataPageHeaderV2 = {
  numValues: 1,
  numNulls: 2,
  numRows: 3,
  encoding: 4,
  definitionLevelsByteLength: 5,
  repetitionLevelsByteLength: 6,
  isCompressed: 7,
  statistics: 8,
} as const;

export const OffsetIndex = { pageLocations: 1, unencodedByteArrayDataBytes: 2 } as const;

export const PageLocation = { offset: 1, compressedPageSize: 2, firstRowIndex: 3 } as const;

export const ColumnIndex = {
  nullPages: 1,
  minValues: 2,
  maxValues: 3,
  boundaryOrder: 4,
  nullCounts: 5,
  repetitionLevelHistograms: 6,
  definitionLevelHistograms: 7,
  nanCounts: 8,
} as const;

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
