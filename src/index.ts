/** What a program imports: the alignment and its check, their options and results, and the one error they throw. */
export { type ErrorCode, type ErrorReport, RepartitionError } from './errors.js';
export * from './repartition/index.js';
