/** The alignment in one call or in three, and its check: what the command line and programs call. */
export type * from './api.js';
export type { Executor, RunOptions } from './execute/executor.js';
export { inThisThread } from './execute/inline.js';
export type * from './model.js';
export { describePlan, type PlanDocument } from './plan-document.js';
export { commit, estimate, execute, prepare, repartition } from './repartition.js';
export { type Status, STATUS_FILE } from './commit/status.js';
export { ownedTasks } from './owned-tasks.js';
export { verifyPrefix } from './verify.js';
