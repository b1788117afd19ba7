/**
 * Parquet files for any program: move row boundaries by copying pages, without decoding rows.
 */
export { type ErrorCode, type ErrorReport, RepartitionError } from './errors.js';
export {
  type FileFacts,
  fromBytes,
  type ReadableFile,
  readFacts,
  rewriteRows,
  type RewriteRowsOptions,
  type RewrittenRows,
} from './parquet/any-file.js';
export type { Method, RowGroupFacts } from './parquet/crumbs.js';
export type { KeyChanges } from './parquet/footer.js';
export type { RowSlice } from './parquet/source.js';
