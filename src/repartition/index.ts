/** The alignment and its check: what the command line and programs call. */
export type * from './model.js';
export { repartition } from './repartition.js';
export { type Status, STATUS_FILE } from './status.js';
export { verifyPrefix } from './verify.js';
