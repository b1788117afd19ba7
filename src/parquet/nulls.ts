/**
 * Nulls of a piece, counted exactly or not at all. Copied pages are not opened, but somebody mostly has counted them:
 *
 *     chunk's statistics   null_count 20000, of which 0 leaves nothing to count
 *     column index         null_counts    [6000, 7000, 7000]
 *     page headers         num_nulls (V2), or the statistics that some writers give each page
 *
 * and where only the other pages' are known, the copied ones have the rest of the chunk's.
 */
import { ColumnMetaData, Statistics } from './format.js';
import { type DataPage, type PageList, tellingPages } from './page-list.js';
import { readHeads } from './read-heads.js';
import type { RangeReader } from './source.js';
import type { SourceChunk } from './source-chunk.js';

/** A page of a piece. */
export interface PieceOfPage {
  /** The source page, and its ordinal in the chunk. */
  page: DataPage;
  sourcePage: number;
  /** If it was cut: what is left of it, and levels without a value that it had. */
  cut?: { numLevels: number; numNulls: number; sourceNulls: number };
}

/**
 * Levels without a value in a piece, as the source's writer counts them; undefined when they can't be known.
 * @param pageCounts of the column index, where there is one
 */
export async function countNulls(
  reader: RangeReader,
  chunk: SourceChunk,
  list: PageList,
  pageCounts: readonly number[] | undefined,
  pieces: readonly PieceOfPage[],
): Promise<number | undefined> {
  if (chunk.leaf.maxDefinition === 0) return 0;
  const total = chunk.meta.get(ColumnMetaData.statistics)?.get(Statistics.nullCount);
  if (total === 0) return 0;
  const opened = new Map(pieces.map(({ sourcePage, cut }) => [sourcePage, cut?.sourceNulls]));
  const isFlat = chunk.leaf.maxRepetition === 0;
  const told = (page: DataPage, ordinal: number): number | undefined =>
    pageCounts?.[ordinal] ?? page.head?.numNulls;
  const nullsOf = (page: DataPage, ordinal: number): number | undefined =>
    told(page, ordinal) ?? (isFlat ? opened.get(ordinal) : undefined);

  const copied = pieces.flatMap(({ page, cut }) => (cut ? [] : page));
  const isCopied = new Set(copied);
  // Whoever summed the pages up has read most of these headers, unless sizes could be told without.
  if (!pageCounts && copied.length > 0 && chunk.meta.has(ColumnMetaData.statistics)) {
    await readHeads(reader, chunk, tellingPages(list, copied, total !== undefined));
  }
  const sumOf = (wanted: (page: DataPage) => boolean): number | undefined =>
    list.pages.reduce<number | undefined>((sum, page, ordinal) => {
      if (sum === undefined || !wanted(page)) return sum;
      const nulls = nullsOf(page, ordinal);
      return nulls === undefined ? undefined : sum + nulls;
    }, 0);
  let nulls = sumOf((page) => isCopied.has(page));
  if (nulls === undefined && total !== undefined && list.isComplete) {
    const rest = sumOf((page) => !isCopied.has(page));
    // A total below its own pages' was no count.
    if (rest !== undefined && rest <= total) nulls = total - rest;
  }
  for (const { page, sourcePage, cut } of pieces) {
    if (!cut || nulls === undefined) continue;
    // Lists: writers differ in whether an empty one is a null, so go by what this one did.
    nulls = isFlat || told(page, sourcePage) === cut.sourceNulls ? nulls + cut.numNulls : undefined;
  }
  return nulls;
}
