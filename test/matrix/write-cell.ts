/**
 * Writes the file of a matrix cell: one column, pages of a few rows, in every habit of a writer that the cell names.
 *
 *     PAR1 | dictionary | page | page | … of each leaf, row group by row group | Bloom filters, indexes | footer | PAR1
 */
import { seededRandom } from '../support/random.js';
import { i32, i64, list, struct, text, thriftBytes } from '../support/thrift-writer.js';
import type { MatrixCell } from './cells.js';
import { FileBytes } from './file-bytes.js';
import { columnOf, drawRows, schemaOf, shred } from './shapes.js';
import { type ChunkFacts, type Tamper, writeChunk } from './write-chunk.js';
import { rowGroup, writeTail } from './write-metadata.js';

export interface WrittenCell {
  bytes: Buffer;
  rows: number;
  /** Where its first leaf's pages begin, in rows, and how many begin in each. */
  pages: { firstRow: number; rows: number }[];
  insideNulls: number[];
  longLists: number[];
}

/** Rows of each row group. */
const ROW_GROUPS = {
  one: [90],
  several: [40, 1, 35, 30],
  // More than a splice would leave as they are.
  many: Array<number>(20).fill(5),
  'one is empty': [30, 0, 30],
  'only an empty one': [0],
  none: [],
} as const;
export type RowGroups = keyof typeof ROW_GROUPS;

/** @param tamper what becomes of each part of a page before it is compressed and summed: for damage that looks whole */
export function writeCell(cell: MatrixCell, tamper: Tamper = (_, part) => part): WrittenCell {
  const next = seededRandom(cell.seed);
  const counts = ROW_GROUPS[cell.rowGroups];
  const rows = counts.reduce<number>((sum, count) => sum + count, 0);
  const column = columnOf(cell.type, cell.nesting);
  const drawn = drawRows(cell.type, cell.nesting, rows, next() < 0.5 ? 6 : 90, next);
  const file = new FileBytes();
  const pages: WrittenCell['pages'] = [];
  const groups: ChunkFacts[][] = [];
  let from = 0;
  for (const count of counts) {
    const leaves = shred(column, drawn.rows.slice(from, from + count));
    groups.push(leaves.map((leaf) => writeChunk(file, cell, leaf, { next, tamper })));
    for (const { firstRow, rows: own } of groups.at(-1)![0]!.pages) {
      pages.push({ firstRow: from + firstRow, rows: own });
    }
    from += count;
  }
  const tails = groups.map((chunks, g) => chunks.map((chunk, c) => writeTail(file, cell, chunk, g, c)));
  const leaves = shred(column, []);
  const footer = thriftBytes({
    1: i32(2),
    2: list([struct({ 4: text('schema'), 5: i32(1) }), ...schemaOf(column)]),
    3: i64(rows),
    4: list(groups.map((chunks, g) => rowGroup(chunks, tails[g]!, counts[g]!))),
    5: list([struct({ 1: text('a key'), 2: text('a value') }), struct({ 1: text('alone') })]),
    6: text('parquet-mr version 1.15.2 (build matrix)'),
    7: list(leaves.map(() => struct({ 1: struct({}) }))),
  });
  file.put(footer);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  file.put(length);
  file.put(Buffer.from('PAR1'));
  const { insideNulls, longLists } = drawn;
  return { bytes: file.take(), rows, pages, insideNulls, longLists };
}
