/** What the alignment's steps hand each other. Plain JSON throughout: a task runs anywhere (worker, container). */
import type { AlignmentGroup, DataSet } from '../metadata/model.js';

/** A list of row counts, one per part. */
export type Layout = readonly number[];

/** What the inventory keeps of one part: its identity, and what of its footer the plan needs. */
export interface PartFacts {
  path: string;
  /** Bytes. */
  size: number;
  version: string;
  rows: number;
  /** The footer key `shape` as pyarrow sees it, if the part has one. */
  shape?: string;
  /** One column, neither nested nor repeated nor a fixed-size list: DistPartitioning can read it flat. */
  flatColumn: boolean;
}

/** A data set with the facts of its parts. */
export interface CountedDataSet {
  dataSet: DataSet;
  parts: PartFacts[];
}

/** An alignment group with what its data sets’ files say. */
export interface CountedGroup {
  group: AlignmentGroup;
  dataSets: CountedDataSet[];
}

/** A row range of one part, half open. */
export interface Slice {
  path: string;
  size: number;
  version: string;
  /** Of the whole part. */
  rows: number;
  from: number;
  to: number;
}

/** Footer keys to set (or, with null, to remove) in an output part; all others come from its first slice. */
export type FooterKeys = Readonly<Record<string, string | null>>;

/** One output part. */
export interface Task {
  output: string;
  rows: number;
  /** At least one; a part without rows has one empty slice, which lends it the schema. */
  slices: [Slice, ...Slice[]];
  keys: FooterKeys;
}

/** What becomes of one data set. */
export interface DataSetPlan {
  dataSet: DataSet;
  layout: Layout;
  /**
   * For each part of the layout, an existing part that is kept, or a task. Each is put together when it is asked for,
   * as often as one likes: a million tasks at once would take half a gigabyte.
   */
  parts: Iterable<PlannedPart>;
  /** How many of them are tasks. */
  made: number;
}

/** One part of the new layout, kept or made. */
export type PlannedPart = { kind: 'keep'; part: PartFacts } | { kind: 'make'; task: Task };

/** What becomes of a group. */
export interface GroupPlan {
  group: AlignmentGroup;
  layout: Layout;
  /** In the group's order. */
  dataSets: DataSetPlan[];
}

/** How the layout of a type is chosen among those that its data sets have. */
export type TargetLayout = 'fewest-bytes' | 'most-frequent';

/** What a worker reports of a task it has done. */
export interface TaskResult {
  output: string;
  /** Bytes of the part. */
  size: number;
  method: 'splice' | 're-encode';
  /** Bytes that came unread from the inputs. */
  copiedBytes: number;
  /** Bytes that were made: cut pages, indexes, the footer. */
  writtenBytes: number;
}

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

/** What `repartition` is told. */
export interface RepartitionOptions {
  /** A local folder, or `s3://bucket/prefix`. */
  inputPrefix: string;
  /** Default `metadata.json`. */
  inputMetadataFileName?: string;
  /** Default `updated_row_counts_metadata.json`. */
  updatedMetadataFileName?: string;
  /** Default `fewest-bytes`. */
  targetLayout?: TargetLayout;
  /** N even parts per type, instead of a layout the data already has. */
  numOutputFiles?: number;
  /** Believe the footers where the metadata's row counts differ. */
  recount?: boolean;
  /** Worker threads. Default: the machine's parallelism, at most 4 (on S3, 2). */
  concurrency?: number;
  /** Options of the S3 room, as they travel in a `StorageLocation`. */
  s3?: Readonly<Record<string, string | number | boolean>>;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  log?: Log;
}

/** What `verifyPrefix` is told. */
export interface VerifyOptions {
  /** A local folder, or `s3://bucket/prefix`. */
  inputPrefix: string;
  /** Default `updated_row_counts_metadata.json`. */
  metadataFileName?: string;
  /** Footers read at once. */
  concurrency?: number;
  /** Options of the S3 room, as they travel in a `StorageLocation`. */
  s3?: Readonly<Record<string, string | number | boolean>>;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

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
