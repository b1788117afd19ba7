/**
 * What a program imports: the alignment and its check, their options and results, and the one error they throw. Parquet
 * files alone are rewritten by `gs-repartition/parquet`, jobs upstream run by `gs-repartition/upstream`. The AWS SDK is
 * loaded when it is first needed.
 */
export {
  type ErrorCode,
  type ErrorContext,
  type ErrorDetails,
  type ErrorReport,
  RepartitionError,
} from './errors.js';
export * from './repartition/index.js';
export type { S3Options } from './s3/options.js';
export { locate, openStorage, registerStorage } from './storages.js';
export type {
  AgedStat,
  BytesSegment,
  CallOptions,
  CopySegment,
  Estimate,
  Housekeeping,
  ObjectStat,
  PlainJson,
  Probe,
  Segment,
  Storage,
  StorageLocation,
  StorageProfile,
  Unfinished,
  WorkAhead,
  WriteOptions,
  WrittenStat,
} from './storage/storage.js';
export type { StorageKind } from './storage/registry.js';
