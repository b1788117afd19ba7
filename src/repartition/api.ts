/** What a program gives the alignment and its check, and gets back. */
import type { S3Options } from '../s3/options.js';
import type { TargetLayout } from './model.js';

/** What a run did; `--json` prints it. Byte counts are of output parts unless said otherwise. */
export interface Summary {
  status: 'succeeded';
  inputPrefix: string;
  metadata: string;
  updatedMetadata: string;
  /** Types looked at, and how many of them needed work. */
  types: { total: number; aligned: number };
  dataSets: { total: number; rewritten: number };
  parts: { kept: number; spliced: number; reencoded: number; resumed: number };
  /** `copied` came unread from the inputs, `written` was made: cut pages, indexes, footers, re-encoded parts. */
  bytes: { kept: number; copied: number; written: number };
  /** Rows of all types, each counted once. */
  rows: number;
  seconds: number;
}

/** Told while a run goes on; numbers only ever grow within a phase. */
export type Progress =
  | { phase: 'inventory'; done: number; total: number }
  /** `bytes` of output so far. */
  | { phase: 'parts'; done: number; total: number; bytes: number }
  | { phase: 'verify'; done: number; total: number };

/** Where a graph is, and how long calls about it may take. */
export interface PrefixOptions {
  /** A local folder, `file:///folder` or `s3://bucket/prefix`. */
  inputPrefix: string;
  /** For `s3://` prefixes. */
  s3?: S3Options;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** What a plan is made from. */
export interface PrepareOptions extends PrefixOptions {
  /** Default `metadata.json`. */
  inputMetadataFileName?: string;
  /** Default `updated_row_counts_metadata.json`. */
  updatedMetadataFileName?: string;
  /** Default `fewest-bytes`. */
  targetLayout?: TargetLayout;
  /** N even parts per type, instead of a layout the data already has. */
  numOutputFiles?: number;
  /** Bytes that the process may take. A footer that needs more is refused. Default 256 MiB. */
  memory?: number;
  /** Believe the footers where the metadata's row counts differ. */
  recount?: boolean;
  log?: Log;
}

/** How a plan is carried out. */
export interface ExecuteOptions {
  /** Make every part again, also those that an earlier run has made. */
  remake?: boolean;
  /** Worker threads. Default: the machine's parallelism, at most as many as the storage gains from. */
  concurrency?: number;
  /** Bytes that the process may take. A page or footer that needs more is refused. Default 256 MiB. */
  memory?: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  log?: Log;
}

/** What a commit is told. */
export type CommitOptions = Omit<ExecuteOptions, 'concurrency' | 'memory' | 'remake'>;

/** What `repartition` is told. */
export type RepartitionOptions = PrepareOptions & ExecuteOptions;

/** What `verifyPrefix` is told. */
export interface VerifyOptions extends PrefixOptions {
  /** Default `updated_row_counts_metadata.json`. */
  metadataFileName?: string;
  /** Footers read at once. */
  concurrency?: number;
}

/** What `clean` is told. */
export interface CleanOptions extends Omit<PrefixOptions, 'onProgress'> {
  /** Remove what is found; otherwise it is only listed. */
  remove?: boolean;
}

/** What `readStatus` is told. */
export type StatusOptions = Omit<PrefixOptions, 'onProgress'>;

/** One reason why DistPartitioning could not read the prefix. */
export interface Violation {
  /** A node type, or an edge type `src:relation:dst`. */
  type: string;
  /** The feature's name, or `structure`. */
  dataSet: string;
  /** The part's path relative to the prefix, when one part is to blame. */
  part?: string;
  message: string;
}

/** Whether a prefix is ready for DistPartitioning; `verify --json` prints it. */
export interface VerifyReport {
  /** True exactly when there are no violations. */
  ready: boolean;
  checked: { types: number; dataSets: number; parts: number; rows: number };
  violations: Violation[];
}

/** The few things the engine says; the command line passes its logger. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}
