/** What `inspect` tells: plain data, which `schemas/inspect.v1.json` in the package describes. */
import type { OutputListing } from '../api.js';

/** What a path turned out to be, and what is in it. */
export type Inspection = PartInspection | DataSetInspection | PrefixInspection;

interface Document {
  document: 'gs-repartition/inspect';
  /** Raised when a reader of the document would have to know. */
  version: 1;
  /** The path as a person would write it. */
  path: string;
}

/** A Parquet file. */
export interface PartInspection extends Document {
  kind: 'part';
  bytes: number;
  rows: number;
  /** Of the Parquet format, as the writer says. */
  formatVersion: number;
  createdBy?: string;
  /** If it is a part that an alignment made: by which version, and under which path. */
  madeBy?: { version?: string; part?: string | undefined };
  columns: ColumnFacts[];
  rowGroups: RowGroupInspection[];
  /** Footer keys, in the file's order. */
  keys: KeyFacts[];
  /** The first rows, if they were asked for. */
  values?: ValuesInspection;
}

/** A leaf of the schema. */
export interface ColumnFacts {
  /** Names from below the root, joined with dots. */
  path: string;
  /** The physical type, as Parquet calls it: `INT64`. */
  type: string;
  /** What the values mean, where the schema says: `STRING`, `TIMESTAMP(MICROS)`. */
  logicalType?: string;
  /** Whether a row may lack it, or the list that it is in. */
  nullable: boolean;
  /** Values of one row are a list, or lists of lists. */
  repeated: boolean;
}

/** A footer key. */
export interface KeyFacts {
  key: string;
  value?: string;
}

/** A row group and its column chunks, in the order of the columns. */
export interface RowGroupInspection {
  rows: number;
  /** Compressed. */
  bytes: number;
  chunks: ChunkInspection[];
}

/** A column chunk. */
export interface ChunkInspection {
  /** The column's path. */
  column: string;
  /** Where its first page begins in the file. */
  start: number;
  /** Compressed, and as its pages unpack. */
  bytes: number;
  uncompressedBytes: number;
  codec: string;
  encodings: string[];
  /** Levels: nulls and empty lists count. */
  values: number;
  /** Data pages. */
  pages: number;
  hasDictionary: boolean;
  statistics?: StatisticsFacts;
  indexes: { offset: boolean; column: boolean; bloomFilter: boolean };
  /** Each page, if they were asked for. */
  pageList?: PageFacts[];
}

/** What a chunk says of its values. 64-bit integers beyond 2^53 are texts. */
export interface StatisticsFacts {
  min?: PlainValue;
  max?: PlainValue;
  nulls?: number;
  distinct?: number;
  /** False where the bounds are no values of the chunk. */
  isExact?: boolean;
}

/** A page, by its header. */
export interface PageFacts {
  kind: 'data' | 'data v2' | 'dictionary' | 'index';
  /** Where its header begins in the file. */
  start: number;
  /** Header and body. */
  bytes: number;
  /** Of the body, unpacked. */
  uncompressedBytes: number;
  /** Levels, or entries of a dictionary. */
  values: number;
  encoding: string;
  hasChecksum: boolean;
}

/** A value as JSON can say it. */
export type PlainValue = string | number | boolean | null | PlainValue[] | { [name: string]: PlainValue };

/** Rows by parquet-wasm and apache-arrow. */
export interface ValuesInspection {
  columns: string[];
  /** By row, then by column. */
  rows: PlainValue[][];
}

/** A folder of Parquet files. */
export interface DataSetInspection extends Document {
  kind: 'data set';
  rows: number;
  bytes: number;
  createdBy: string[];
  codecs: string[];
  /** Of its first part. */
  columns: ColumnFacts[];
  /** In the order of their names. */
  parts: { path: string; rows: number; bytes: number; rowGroups: number }[];
}

/** A graph, as `listOutput` lists it. */
export interface PrefixInspection
  extends Document, Omit<OutputListing, 'document' | 'version' | 'inputPrefix'> {
  kind: 'prefix';
}
