/** What a program gives the alignment and its check, and gets back. */
import type { S3Options } from '../s3/options.js';
import type { Cluster } from './cluster.js';
import type { Plan, TargetLayout, TaskResult } from './model.js';

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
  /**
   * The CRC-64/NVME of each part that was made, in base64 by the part's path, as the storage itself has it. Left out where
   * it gives none: AWS's S3 and versitygw do.
   */
  checksums?: Record<string, string>;
  /**
   * Requests that the run has sent, by S3's names for them: all attempts, up to the last request. Left out where none are
   * sent, of `commit` alone, and where other machines sent some.
   */
  requests?: Record<string, number>;
  /** Rows of all types, each counted once. */
  rows: number;
  /** For each data set, how many rows its parts had and have. */
  layouts: LayoutChange[];
  seconds: number;
}

/** What became of a data set's parts. */
export interface LayoutChange {
  /** As messages call it: `node_data of user, age`. */
  dataSet: string;
  /** Whether any part has another number of rows than before. */
  changed: boolean;
  before: PartRows;
  after: PartRows;
}

/** Row counts of parts: of many, only the first. */
export interface PartRows {
  parts: number;
  first: number[];
}

/** Told while a run goes on; numbers only ever grow within a phase. */
export type Progress = (
  | { phase: 'inventory'; done: number; total: number }
  /** Parts that an earlier run has made are looked at; only where there are some. */
  | { phase: 'resume'; done: number; total: number }
  /**
   * `bytes` of output so far, those of parts under way among them, and of all parts as far as that can be told before they
   * are made. `share`, from 0 to 1, is that of the work, where bytes that are re-encoded count for more than copied ones.
   */
  | {
      phase: 'parts';
      done: number;
      total: number;
      bytes: number;
      totalBytes: number;
      share: number;
      /**
       * Shares of the work, where they are known: that of parts whose making has begun, and that of parts that are written,
       * though they may not be in place.
       */
      begun?: number;
      finished?: number;
      /** What a part takes lately from its begin until it is written, once one is. */
      partSeconds?: number;
    }
  | { phase: 'verify'; done: number; total: number }
  /** Before publishing: is all still as it was? Of everything that the new metadata rest on, inputs among it. */
  | { phase: 'guard'; done: number; total: number }
  /** `verify` reading every value; bytes of pages so far, and of all. */
  | { phase: 'deep'; done: number; total: number; bytes: number; totalBytes: number }
) &
  Hindrances & {
    /** What comes after this phase and takes longer, where something does: parts are made, or values are read. */
    ahead?: 'parts' | 'values';
  };

/** What has held the whole run up so far; left out where nothing has. */
export interface Hindrances {
  /** Requests that were sent again. */
  retries?: number;
  /** Answers of S3 that asked for fewer requests. */
  slowDowns?: number;
}

/** Where a graph is, and how long calls about it may take. */
export interface PrefixOptions {
  /** A local folder, `file:///folder` or `s3://bucket/prefix`. */
  inputPrefix: string;
  /** For `s3://` prefixes. */
  s3?: S3Options;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** The Spark that runs the tasks, where one machine is not enough. */
export interface SparkOptions {
  /** As `spark-submit` calls it: `yarn`, `spark://host:7077`, `local[4]`. Default: what its configuration says. */
  master?: string;
  /** More of its configuration, each as `key=value`. */
  conf?: readonly string[];
  /** Its program. Default: the `spark-submit` on the PATH. */
  submit?: string;
}

/** Where tasks run, if not in this process. */
export interface ClusterOptions {
  /** On a Spark application that is started for the run, and ended with it. */
  spark?: SparkOptions;
  /** On one that the caller has started: several runs may share it. A run that fails may leave some of its work to end. */
  cluster?: Cluster;
}

/** What a plan is made from. */
export interface PrepareOptions extends PrefixOptions, ClusterOptions {
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
  /** Called with the plan before anything is made. */
  onPlan?: (plan: Plan) => void;
  log?: Log;
}

/** How a plan is carried out. */
export interface ExecuteOptions extends ClusterOptions {
  /** Make every part again, also those that an earlier run has made. */
  remake?: boolean;
  /**
   * Worker threads. Default: the machine's parallelism, at most as many as the storage gains from, and none where a few
   * small parts are all there is to make. Never more than `memory` has room for: two in 256 MiB, one more for each
   * further 64; on S3 one, and one more for each further 128.
   */
  concurrency?: number;
  /** Bytes that the process may take. A page or footer that needs more is refused. Default 256 MiB. */
  memory?: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Called for each part that was made. */
  onResult?: (result: TaskResult) => void;
  log?: Log;
}

/** What a commit is told. */
export type CommitOptions = Omit<
  ExecuteOptions,
  keyof ClusterOptions | 'concurrency' | 'memory' | 'remake' | 'onResult'
>;

/** What `repartition` is told. */
export type RepartitionOptions = PrepareOptions & ExecuteOptions;

/** What `verifyPrefix` is told. */
export interface VerifyOptions extends PrefixOptions {
  /**
   * Default `updated_row_counts_metadata.json`, or `metadata.json` under a prefix that was never aligned.
   */
  metadataFileName?: string;
  /** What the alignment read, for the comparison with it. Default `metadata.json`. */
  inputMetadataFileName?: string;
  /** Read every value, with a reader that is not ours. */
  deep?: boolean;
  /** So many ranks will read the graph: a type must have enough rows, and should have enough parts, for each. */
  worldSize?: number;
  /** Footers read at once. */
  concurrency?: number;
  /** Worker threads for `deep`. Default: the machine's parallelism, as far as `memory` has room for them: two in 256 MiB. */
  threads?: number;
  /** Bytes that the process may take with `deep`. A page that needs more is a violation that says how much. Default 256 MiB. */
  memory?: number;
}

/** What `inspect` is told. */
export interface InspectOptions extends Omit<PrefixOptions, 'inputPrefix'> {
  /** A Parquet file, a folder of them, a graph's prefix, or its metadata: local, or on S3. */
  path: string;
  /** Of a prefix: default as for `verifyPrefix`. */
  metadataFileName?: string;
  /** Of a part: tell of each page. */
  pages?: boolean;
  /** Of a part: show so many of its first rows. */
  rows?: number;
}

/** What `clean` is told. */
export interface CleanOptions extends Omit<PrefixOptions, 'onProgress'> {
  /** Remove what is found; otherwise it is only listed. */
  remove?: boolean;
}

/** What `listOutput` is told. */
export interface ListOptions extends PrefixOptions {
  /** Default `updated_row_counts_metadata.json`, or `metadata.json` where there is none. */
  metadataFileName?: string;
  /** Footers read at once. */
  concurrency?: number;
}

/**
 * Why a data set does not go with the others of its type: another number of parts, other rows in them, a part without rows,
 * a label or mask without its flat shape (or a shape that is not the part's), row counts in the metadata that are not the
 * files', parts that cannot be read.
 */
export type NotAligned = 'part-count' | 'row-count' | 'empty-part' | 'shape' | 'declared-rows' | 'unreadable';

/** A data set as `listOutput` lists it. */
export interface ListedDataSet {
  /** The feature's name, `structure` or `raw_id_mappings`. */
  name: string;
  parts: number;
  rows: number;
  /** Bytes of the files. */
  bytes: number;
  /** Rows of the smallest and the largest part. */
  partRows: { fewest: number; most: number };
  /** Parts that are missing, damaged, or no Parquet: not among rows and bytes. */
  unreadable?: number;
  /** Whether DistPartitioning can read it beside the others of its type; left out for id mappings, which stand alone. */
  aligned?: boolean;
  notAligned?: NotAligned;
  /** The type under which it is listed too, and counted. */
  sharedWith?: string;
}

/** A type as `listOutput` lists it. */
export interface ListedType {
  kind: 'node' | 'edge';
  /** A node type, or an edge type `src:relation:dst`. */
  type: string;
  rows: number;
  aligned: boolean;
  dataSets: ListedDataSet[];
}

/** What lies under a prefix; `ls --json` prints it (`schemas/ls.v1.json`). */
export interface OutputListing {
  document: 'gs-repartition/ls';
  version: 1;
  inputPrefix: string;
  /** The document that was read. */
  metadata: string;
  /** Whether all types are. */
  aligned: boolean;
  /** Node types, then edge types. */
  types: ListedType[];
  /** The files right under the prefix. */
  files: { name: string; bytes: number }[];
  /** Data sets that several types share count once. */
  totals: { types: number; dataSets: number; parts: number; rows: number; bytes: number };
}

/** What `readStatus` is told. */
export type StatusOptions = Omit<PrefixOptions, 'onProgress'>;

/**
 * What kind of thing is wrong, for programs. docs/verify.md says of each what DistPartitioning does then. New kinds may
 * come without a new version of the document.
 */
export type FindingKind =
  | 'metadata'
  | 'types'
  | 'unreadable'
  | 'never-aligned'
  | 'part-count'
  | 'row-count'
  | 'declared-rows'
  | 'empty-part'
  | 'listed-twice'
  | 'shape'
  | 'schema'
  | 'nullability'
  | 'structure'
  | 'not-numeric'
  | 'width'
  | 'nulls'
  | 'ids'
  | 'not-finite'
  | 'mask-values'
  | 'totals'
  | 'id-mapping'
  | 'labels'
  | 'stale'
  | 'status'
  | 'world-size'
  | 'rows-differ'
  | 'not-compared';

/** One thing that was found: a reason why DistPartitioning could not read the prefix, or what somebody should know. */
export interface Violation {
  kind: FindingKind;
  /** A node type, or an edge type `src:relation:dst`; left out for what is about the whole graph. */
  type?: string;
  /** The feature's name, `structure` or `raw_id_mappings`, when one data set is to blame. */
  dataSet?: string;
  /** The part's path relative to the prefix, when one part is to blame. */
  part?: string;
  message: string;
}

/** Whether a prefix is ready for DistPartitioning; `verify --json` prints it (`schemas/verify.v1.json`). */
export interface VerifyReport {
  document: 'gs-repartition/verify';
  version: 1;
  inputPrefix: string;
  /** The document that was checked. */
  metadata: string;
  /** What was looked at: footers and metadata, or every value too. */
  level: 'footers' | 'deep';
  /** Ranks that will read the graph, if somebody said. */
  worldSize?: number;
  /** True exactly when there are no violations. */
  ready: boolean;
  checked: {
    types: number;
    dataSets: number;
    parts: number;
    /** Of all types, each counted once. */
    rows: number;
    /** At level `deep`: compressed bytes of the pages that were opened, those of the inputs among them. */
    bytes?: number;
    /** At level `deep`: data sets whose rows were compared with those of their inputs. */
    compared?: number;
  };
  /** Those of the whole graph first, then those of the type that has most of them, and so on. */
  violations: Violation[];
  /** What does not keep DistPartitioning from reading the graph, in the same order. */
  warnings: Violation[];
}

/** The few things the engine says; the command line passes its logger. */
export interface Log {
  /** Whether anybody reads what `debug` is told: some of it takes effort to find out. */
  readonly isDebug?: boolean;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}
