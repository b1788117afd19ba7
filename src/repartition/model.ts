/** What prepare, execute and commit hand each other. Plain data: a task runs anywhere (thread, process, container). */
import type { AlignmentGroup, DataSet, GraphMetadata } from '../metadata/index.js';
import type { Method, RowGroupFacts } from '../parquet/crumbs.js';
import type { ObjectStat, StorageLocation } from '../storage/storage.js';

/** A list of row counts, one per part. */
export type Layout = readonly number[];

/** What the inventory keeps of one part: its identity, and what of its footer the plan needs. */
export interface PartFacts extends ObjectStat {
  /** A checksum of the file's last bytes, which the inventory has read: clocks can lie, bytes can't. */
  tail: number;
  rows: number;
  /** Compressed bytes of its row groups; where there are several, of each, with its rows. */
  bytes: number;
  rowGroups?: readonly RowGroupFacts[];
  /** The footer key `shape` as pyarrow sees it, if the part has one. */
  shape?: string;
  /** One column, neither nested nor repeated nor a fixed-size list: DistPartitioning can read it flat. */
  scalarColumn: boolean;
  /** Leaves of the schema. */
  columns: number;
  /** Values in each row of its one list column; NaN where rows differ. Left out for all other parts. */
  width?: number;
  /** Parts with the same number have one schema, down to which columns may be null. */
  schema: number;
}

/** A data set with the facts of its parts. */
export interface CountedDataSet {
  dataSet: DataSet;
  parts: PartFacts[];
  /** The folder for that of its new parts, where it can't lie beside the first part's: that lies outside the prefix. */
  home?: string;
}

/** A group with the facts of its parts. */
export interface CountedGroup {
  group: AlignmentGroup;
  dataSets: CountedDataSet[];
}

/** A row range of one part, half open. */
export interface Slice extends ObjectStat {
  /** Of the whole part. */
  rows: number;
  from: number;
  to: number;
}

/** Footer keys to set (or, with null, to remove) in an output part; all others come from its first slice. */
export type FooterKeys = Readonly<Record<string, string | null>>;

/** One output part. */
export interface Task {
  /** Its number among all tasks of the plan, from 0. */
  id: number;
  output: string;
  rows: number;
  /** At least one; a part without rows has one empty slice, which lends it the schema. */
  slices: [Slice, ...Slice[]];
  keys: FooterKeys;
  /** Pages copied as they are but for those that are cut, or every value said again. */
  method: Method;
}

/** How many parts, and their bytes: those of a new part as far as they can be told from its sources. */
export interface Amount {
  parts: number;
  bytes: number;
}

/** Where new parts begin or end inside a row group, so that pages may have to be cut. */
export interface Cuts {
  /** Both sides of a boundary count. */
  count: number;
  /** Compressed bytes on the shorter sides of these places, in their row groups. */
  shorterBytes: number;
}

/** What becomes of one data set. */
export interface DataSetPlan {
  dataSet: DataSet;
  /** Its parts as they were found. */
  sources: readonly PartFacts[];
  layout: Layout;
  kept: Amount;
  spliced: Amount;
  reencoded: Amount;
  cuts: Cuts;
  /**
   * For each part of the layout, an existing part that is kept, or a task. Each is put together when it is asked for,
   * as often as one likes: a million tasks at once would take half a gigabyte.
   */
  parts: Iterable<PlannedPart>;
}

/** One part of the new layout. */
export type PlannedPart = { kind: 'keep'; part: PartFacts } | { kind: 'make'; task: Task };

/** A layout that was considered for a group. */
export interface Candidate {
  layout: Layout;
  /** The data sets that have it, in the group's order; none for an even layout that was asked for. */
  dataSets: DataSet[];
  /** Bytes that would have to be made anew. */
  cost: number;
  chosen: boolean;
}

/** What becomes of a group. */
export interface GroupPlan {
  group: AlignmentGroup;
  layout: Layout;
  /** The layouts that there were to choose from, the chosen one among them. */
  candidates: Candidate[];
  /** In the group's order. */
  dataSets: DataSetPlan[];
}

/**
 * All that is to be done, and nothing done yet: what `plan` prints and executors and the commit go by.
 */
export interface Plan {
  location: StorageLocation;
  /** The prefix as a person would write it. */
  prefix: string;
  settings: RunSettings;
  /** The input document, and which version of the file it is. */
  metadata: GraphMetadata;
  metadataFile: ObjectStat;
  groups: GroupPlan[];
  /** Id mappings whose rows had to be counted, by node type: their parts in order. */
  idMappings: ReadonlyMap<string, PartFacts[]>;
  /** Number of tasks. */
  tasks: number;
  /** What people should know before they go on, a line each. */
  warnings: string[];
  /** The command that does the same. */
  command: string;
  /** That preparing took. */
  seconds: number;
}

/** A run's options with their defaults. */
export interface RunSettings {
  metadataFile: string;
  updatedFile: string;
  choice: LayoutChoice;
  recount: boolean;
}

/** How the layout of a type is chosen among those that its data sets have. */
export type TargetLayout = 'fewest-bytes' | 'most-frequent';
/** A choice among the layouts that there are, or so many parts of even size. */
export type LayoutChoice = { target: TargetLayout } | { numOutputFiles: number };

/** What became of all tasks: sums, and which object each one has. */
export interface Results {
  /** By task: a fingerprint of the part that was made, or found made by an earlier run. */
  fingerprints: Float64Array;
  parts: { spliced: number; reencoded: number; resumed: number };
  bytes: { copied: number; written: number };
  /** That executing took. */
  seconds: number;
}

/** What an executor reports of a task it has done. */
export interface TaskResult {
  id: number;
  output: string;
  /** Bytes of the part. */
  size: number;
  version: string;
  method: Method;
  /** Bytes that came unread from the inputs. */
  copiedBytes: number;
  /** Bytes that were made: cut pages, indexes, the footer. */
  writtenBytes: number;
  /** From its first read until it was in its place, if the executor tells. */
  seconds?: number;
}
