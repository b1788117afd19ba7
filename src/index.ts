/**
 * What a program imports: the alignment and its check, the jobs upstream, their options and results, and the one error
 * they throw. The AWS SDK is loaded when it is first needed.
 */
export * from './aws/index.js';
export { type ErrorCode, type ErrorReport, RepartitionError } from './errors.js';
export * from './repartition/index.js';
