/**
 * Whether a file that we made is still what its footer says. Between the magic and the footer our files hold nothing but
 * what the footer points at, without a gap: so bytes that are missing or too many, and offsets that are not what they
 * were, show in the footer alone.
 *
 *     PAR1 | column chunks | Bloom filters | column indexes | offset indexes | footer
 */
import type { Footer } from './footer.js';
import { ColumnMetaData } from './format.js';
import { readChunks } from './source-chunk.js';

/** Of the magic. */
const FIRST_BYTE = 4;

/**
 * @returns what is wrong, as the end of a sentence; undefined when all is in its place
 * @throws RepartitionError `parquet` when something reaches outside the file
 */
export function gapIn(footer: Footer): string | undefined {
  const ranges = footer.rowGroups
    .flatMap((group) => readChunks(footer, group))
    .flatMap(({ range: { start }, meta, bloomFilter, columnIndex, offsetIndex }) => [
      // Not as far as pages of the writer may reach: what we made is as long as it says.
      { start, end: start + meta.require(ColumnMetaData.totalCompressedSize) },
      bloomFilter,
      columnIndex,
      offsetIndex,
    ])
    .filter((range) => range !== undefined)
    .filter(({ start, end }) => end > start)
    .sort((a, b) => a.start - b.start);
  let at = FIRST_BYTE;
  for (const { start, end } of ranges) {
    if (start !== at)
      return `bytes ${Math.min(at, start)} to ${Math.max(at, start)} are not what its footer says`;
    at = end;
  }
  return at === footer.start ? undefined : `bytes ${at} to ${footer.start} belong to nothing`;
}
