import type { Footer } from './footer.js';
import type { RangeReader } from './source.js';

/** A Parquet file that slices are taken from. */
export interface SourceFile {
  reader: RangeReader;
  footer: Footer;
}

/** Opens the file that slices call `source`. Whoever provides it decides how many to keep open. */
export type OpenSource = (source: number) => Promise<SourceFile>;
