/** A report: what happened to a graph, and whether it is ready. `schemas/report.v1.json` in the package describes it. */
import type { Violation } from '../api.js';

/** What is embedded in a report's page, and `gs-repartition report --json` prints. */
export interface ReportDocument {
  document: 'gs-repartition/report';
  /** Raised when a reader of the document would have to know. */
  version: 1;
  /** What it tells of: a run, a plan, a check, or what is published under a prefix. */
  about: 'run' | 'plan' | 'verify' | 'published';
  /** ISO 8601, UTC. */
  madeAt: string;
  /** Of this package. */
  madeBy: string;
  inputPrefix: string;
  outcome: ReportOutcome;
  /** The run, as far as somebody has told. */
  run?: ReportRun;
  totals: ReportTotals;
  /** Types that have, or shall have, one layout. */
  groups: ReportGroup[];
  /** The tasks that took longest, the longest first; of a run. */
  slowest: SlowTask[];
  requests?: ReportRequests;
  settings: { name: string; value: string }[];
  /** The gravest first. */
  problems: ReportProblem[];
  /** Problems that are left out. */
  moreProblems: number;
}

/** The first thing to know. */
export interface ReportOutcome {
  /** `planned`: nothing was done yet; `unknown`: nobody has looked. */
  state: 'ready' | 'not ready' | 'planned' | 'failed' | 'unknown';
  /** A sentence. */
  happened: string;
  /** What to do next, a sentence. */
  advice: string;
}

/** Who did it and when. */
export interface ReportRun {
  host?: string;
  startedAt?: string;
  finishedAt?: string;
  /** The command that does the same. */
  command?: string;
  /** Its steps, in order; without them the sum is all that is known. */
  seconds?: number;
  phases: { name: 'prepare' | 'make parts' | 'check and publish'; seconds: number }[];
}

/** Over all data sets. */
export interface ReportTotals {
  types: number;
  dataSets: number;
  /** Of all types, each counted once. */
  rows?: number;
  parts: { before: number; after: number } & Record<Fate, number>;
  /** Parts that an earlier run had made. */
  resumed: number;
  bytes: ReportBytes;
}

/** What becomes of a part. */
export type Fate = 'kept' | 'copied' | 'cut' | 'reencoded';

/** Bytes of parts. */
export interface ReportBytes {
  /** All parts as they were. */
  before: number;
  /** Of parts that stay as they are. */
  kept: number;
  /** Of made parts: what came unread from the inputs, as far as that was measured, or is planned. */
  copied: number;
  /** Of made parts: what was made, or, where nobody has measured, all of it. */
  written: number;
}

/** Types with one layout. */
export interface ReportGroup {
  kind: 'node' | 'edge';
  types: string[];
  /** Of each type. */
  rows: number;
  /** Rows by part: each layout that a data set has had, or has now, once. */
  layouts: number[][];
  /** The index of the layout that all data sets have afterwards; left out where nothing was aligned. */
  after?: number;
  dataSets: ReportDataSet[];
}

/** A data set before and after. */
export interface ReportDataSet {
  /** As messages call it: `node_data of user, age`. */
  name: string;
  /** The index of its layout as it was. */
  before: number;
  /** By part of the new layout a letter: `k` kept, `c` copied, `x` cut, `r` re-encoded. */
  fates?: string;
  bytes: ReportBytes;
  /** Of its tasks, added up. */
  seconds?: number;
}

/** A part that took long to make. */
export interface SlowTask {
  /** Relative to the prefix. */
  part: string;
  dataSet: string;
  seconds: number;
  bytes: number;
  method: 'splice' | 're-encode';
}

/** Requests to the storage. */
export interface ReportRequests {
  /** Counted, or about. */
  isEstimate: boolean;
  byOperation: Readonly<Record<string, number>>;
  price?: { amount: number; currency: string; date: string };
}

/** What is wrong, or what somebody should know. */
export interface ReportProblem extends Omit<Violation, 'kind'> {
  severity: 'error' | 'violation' | 'warning';
}
