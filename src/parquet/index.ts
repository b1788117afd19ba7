/** Parquet as bytes: what the alignment needs of this room. */
export type { KeyChanges } from './file-builder.js';
export { type Footer, readFooter, TAIL_BYTES, visibleKey } from './footer.js';
export { rewrite, type Rewritten } from './rewrite.js';
export type { ParquetSegment } from './segments.js';
export type { RangeReader, RowSlice } from './source.js';
export type { OpenSource, SpliceSource } from './splice.js';
