/** What copied pages add up to. */
import { Codec } from './format.js';
import { damagedPage } from './header-window.js';
import { EncodingError } from './hybrid.js';
import { type PageCounts, statedRows } from './page-header.js';
import { type DataPage, type PageList, tellingPages } from './page-list.js';
import { readHeads } from './read-heads.js';
import type { RangeReader } from './source.js';
import type { SourceChunk } from './source-chunk.js';

export interface PageSums {
  numLevels: number;
  /** Headers included, as `total_uncompressed_size` counts. */
  uncompressedSize: number;
  dictionarySize: number;
}

/**
 * Levels and decompressed bytes of the copied pages. Only their headers know, so the headers are read; but since the
 * chunk's totals are known, it is enough to read those of the fewer pages: the copied, or all the others.
 */
export async function sumPages(
  reader: RangeReader,
  chunk: SourceChunk,
  list: PageList,
  copied: readonly DataPage[],
): Promise<PageSums> {
  const dictionary = list.dictionary ? [list.dictionary] : [];
  const dictionarySize = sum(await readHeads(reader, chunk, dictionary), sizeOf);
  if (chunk.codec === Codec.uncompressed && chunk.leaf.maxRepetition === 0) {
    const numLevels = copied.reduce((levels, page) => levels + page.endRow - page.firstRow, 0);
    return {
      numLevels,
      uncompressedSize: copied.reduce((n, page) => n + page.end - page.start, 0),
      dictionarySize,
    };
  }
  const telling = tellingPages(list, copied);
  if (telling !== copied) {
    const heads = await readHeads(reader, chunk, telling);
    requireListedRows(chunk, telling);
    const numLevels = chunk.numValues - sum(heads, (head) => head.numValues);
    const uncompressedSize = chunk.uncompressedSize - dictionarySize - sum(heads, sizeOf);
    // Writers have been wrong about totals; pages can't be.
    if (numLevels >= 0 && uncompressedSize >= 0) return { numLevels, uncompressedSize, dictionarySize };
  }
  const heads = await readHeads(reader, chunk, copied);
  requireListedRows(chunk, copied);
  return {
    numLevels: sum(heads, (head) => head.numValues),
    uncompressedSize: sum(heads, sizeOf),
    dictionarySize,
  };
}

/** An offset index that counts other rows than the headers do would put rows where they don't belong. */
function requireListedRows(chunk: SourceChunk, pages: readonly DataPage[]): void {
  for (const { head, start, firstRow, endRow } of pages) {
    const stated = head && statedRows(chunk.leaf, head);
    if (stated === undefined || stated === endRow - firstRow) continue;
    const what = `its header says ${stated} rows where ${endRow - firstRow} belong`;
    throw damagedPage(chunk, start, new EncodingError(what));
  }
}

function sizeOf(head: PageCounts): number {
  return head.size + head.uncompressedSize;
}

function sum(heads: readonly PageCounts[], of: (head: PageCounts) => number): number {
  return heads.reduce((total, head) => total + of(head), 0);
}
