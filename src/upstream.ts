/** Jobs upstream of the alignment: GSProcessing on EMR Serverless set up and run, and the alignment on SageMaker. */
export * from './aws/index.js';
export { type ErrorCode, type ErrorReport, RepartitionError } from './errors.js';
