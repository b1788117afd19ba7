/** What a Parquet file to be written is: columns, values, and the writer's settings. `test/python/files.py` writes it. */
import type { Cell } from './canonical.js';

/** A column's type. Names are Arrow's; `float` is 32 bits, `double` 64. */
export type TypeSpec =
  | SimpleType
  | { list: TypeSpec; nullableElements?: boolean }
  | { largeList: TypeSpec; nullableElements?: boolean }
  | { fixedSizeList: TypeSpec; size: number; nullableElements?: boolean }
  | { struct: FieldSpec[] }
  | { map: [TypeSpec, TypeSpec] }
  /** Arrow's dictionary type, which `ARROW:schema` remembers; Parquet's dictionary pages are an option. */
  | { dictionary: TypeSpec }
  | { decimal: [precision: number, scale: number] }
  | { timestamp: 's' | 'ms' | 'us' | 'ns'; timezone?: string }
  | { time: 's' | 'ms' | 'us' | 'ns' }
  /** FIXED_LEN_BYTE_ARRAY of so many bytes. */
  | { fixed: number };

export type SimpleType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float16'
  | 'float'
  | 'double'
  | 'string'
  | 'large_string'
  | 'binary'
  | 'date';

export interface FieldSpec {
  name: string;
  type: TypeSpec;
  /** Default true. */
  nullable?: boolean;
}

export interface ColumnSpec extends FieldSpec {
  cells: Cell[];
}

export type Codec = 'none' | 'snappy' | 'gzip' | 'zstd' | 'brotli' | 'lz4';

/** pyarrow's own arguments of `ParquetWriter`, by their own names. Column lists and keys are dotted leaf paths. */
export interface PyarrowOptions {
  version?: '1.0' | '2.4' | '2.6';
  compression?: Codec | Record<string, Codec>;
  compression_level?: number;
  data_page_version?: '1.0' | '2.0';
  /** Bytes; looked at only after every `write_batch_size` values. */
  data_page_size?: number;
  write_batch_size?: number;
  /** pyarrow 23 or newer. */
  max_rows_per_page?: number;
  use_dictionary?: boolean | string[];
  /** Bytes; a dictionary that outgrows it makes the rest of the chunk PLAIN. */
  dictionary_pagesize_limit?: number;
  column_encoding?: Record<string, string>;
  use_byte_stream_split?: boolean | string[];
  write_statistics?: boolean | string[];
  write_page_index?: boolean;
  write_page_checksum?: boolean;
  use_compliant_nested_type?: boolean;
  use_deprecated_int96_timestamps?: boolean;
  store_decimal_as_integer?: boolean;
  store_schema?: boolean;
  sorting_columns?: [column: number, descending: boolean, nullsFirst: boolean][];
  /** pyarrow 24 or newer. */
  bloom_filter_options?: Record<string, { ndv?: number; fpp?: number }>;
}

export interface FileSpec {
  columns: ColumnSpec[];
  options?: PyarrowOptions;
  /** Rows of each row group; all rows in one by default, and no row group at all for a file without rows. */
  rowGroups?: number[];
  /** Schema metadata: footer keys that are inside `ARROW:schema` as well. */
  keys?: Record<string, string>;
  /** Footer keys only. */
  footerKeys?: Record<string, string>;
}
