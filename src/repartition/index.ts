/** The alignment in one call or in three, and its check: what the command line and programs call. */
export type * from './api.js';
export type { BatchOutcome, Cluster } from './cluster.js';
export type { Executor, RunOptions } from './execute/executor.js';
export { inThisThread } from './execute/inline.js';
export type * from './model.js';
export { inspect } from './inspect/inspect.js';
export type * from './inspect/model.js';
export type * from './report/model.js';
export {
  type DataSetDocument,
  describePlan,
  type GroupDocument,
  type PlanDocument,
  type Totals,
} from './plan-document.js';
export { commit, estimate, execute, prepare, repartition } from './repartition.js';
export { type Status, STATUS_FILE } from './commit/status.js';
export type { AlignmentGroup, DataSet, GraphMetadata, Place } from '../metadata/index.js';
export { startSpark } from './spark.js';
export { type OwnedTask, ownedTasks } from './owned-tasks.js';
export type { CleanItem, CleanReport } from './clean/clean.js';
export type { RunningRun } from './runs/presence.js';
export type { RunState, StatusReport } from './runs/read-status.js';
export type { Answer, Request, WorkerSetup } from './work/lines.js';
export type { FooterReads, FoundFooters } from './work/footers.js';
export { listOutput } from './listing/list-output.js';
export { clean, readStatus } from './upkeep.js';
export { verifyPrefix } from './verify/verify.js';
