/** What a new Parquet file is made of. The slice that bytes are copied from is known by its file's number. */
import { neighbours, type SegmentOf } from '../segments.js';

/** Bytes of a new part: a range of the file that slices call `source`, or bytes in hand. */
export type ParquetSegment = SegmentOf<{ source: number }>;

export const { append, continues } = neighbours<{ source: number }>((a, b) => a.source === b.source);
