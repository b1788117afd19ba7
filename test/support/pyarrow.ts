/** pyarrow, the reader that DistPartitioning uses, in a Python process that lives as long as the test file. */
import type { CanonicalColumn, Cell } from './canonical.js';
import type { FileSpec } from './file-spec.js';
import { PythonWorker } from './python-worker.js';

/** What a footer says, as pyarrow understands it. */
export interface FileFacts {
  path: string;
  rows: number;
  /** Rows of each. */
  rowGroups: number[];
  createdBy: string;
  /** Footer keys; values in base64. */
  keys: Record<string, string>;
  leaves: LeafFacts[];
  /** pyarrow's own description, nullability included. */
  arrowSchema: string;
}

export interface LeafFacts {
  /** Dotted. */
  path: string;
  physicalType: string;
  logicalType: string;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY. */
  length: number | null;
  maxDefinitionLevel: number;
  maxRepetitionLevel: number;
}

export interface PyarrowFile extends FileFacts {
  columns: CanonicalColumn[];
}

export interface InspectedFile extends FileFacts {
  footerBytes: number;
  groups: {
    rows: number;
    totalByteSize: number;
    sortingColumns: { column: number; descending: boolean; nullsFirst: boolean }[];
    columns: InspectedChunk[];
  }[];
}

export interface InspectedChunk {
  path: string;
  physicalType: string;
  numValues: number;
  compression: string;
  /** Sorted. */
  encodings: string[];
  totalCompressedSize: number;
  totalUncompressedSize: number;
  fileOffset: number;
  dictionaryPageOffset: number | null;
  dataPageOffset: number;
  hasOffsetIndex: boolean;
  hasColumnIndex: boolean;
  statistics: {
    nullCount: number | null;
    distinctCount: number | null;
    /** Python's repr of the physical value. */
    min: string | null;
    max: string | null;
  } | null;
}

export interface ColumnDigest {
  name: string;
  type: string;
  digest: string;
}

/** Rows that a filtered read gives; the last three when a value was given. */
export interface RowCounts {
  all: number;
  null: number;
  valid: number;
  equal?: number;
  less?: number;
  greater?: number;
}

const worker = new PythonWorker('pyarrow', 'worker.py');

function call(op: string, request: object): Promise<unknown> {
  return worker.call(op, request);
}

/** Writes one file, exactly as said. @throws Error with pyarrow's message */
export async function write(path: string, spec: FileSpec): Promise<void> {
  await call('write', { ...spec, path });
}

/** One file's facts and values; page checksums are verified where the file has them. */
export async function read(path: string): Promise<PyarrowFile> {
  return (await call('read', { path })) as PyarrowFile;
}

/**
 * Digests of the concatenated columns, in bounded memory: for files too big to compare cell by cell. `class Digest` in
 * test/python/canonical.py defines them.
 */
export async function digest(paths: readonly string[]): Promise<{ rows: number; columns: ColumnDigest[] }> {
  return (await call('digest', { paths })) as { rows: number; columns: ColumnDigest[] };
}

export async function inspect(path: string): Promise<InspectedFile> {
  return (await call('inspect', { path })) as InspectedFile;
}

/** Where counts and statistics in a footer contradict the values; empty when it is true. */
export async function check(path: string): Promise<string[]> {
  return (await call('check', { path })) as string[];
}

/** How many rows compare so with `cell`, by reads that prune row groups by their statistics. Flat columns only. */
export async function countWhere(paths: readonly string[], column: string, cell?: Cell): Promise<RowCounts> {
  return (await call('countWhere', { paths, column, ...(cell === undefined ? {} : { cell }) })) as RowCounts;
}
