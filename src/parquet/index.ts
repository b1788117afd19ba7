/** Parquet as bytes: what the alignment needs of this room. */
export { type Method, methodFor, type RowGroupFacts, rowGroupFacts, type SliceFacts } from './crumbs.js';
export { ENGINE_VERSION } from './engine-version.js';
export { type Footer, type KeyChanges, readFooter, TAIL_BYTES, visibleKey } from './footer.js';
export { rewrite, type RewriteOptions, type Rewritten } from './rewrite.js';
export { type SchemaAspects, schemaDifference } from './same-schema.js';
export type { ParquetSegment } from './segments.js';
export type { OpenSource, RangeReader, RowSlice, RowSlices, SourceFile } from './source.js';
