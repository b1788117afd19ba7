/** Pieces of a column chunk: which pages are copied, which are cut, and what the piece says of itself. */
import { describe, expect, test } from 'vitest';
import {
  ColumnIndex,
  ColumnMetaData,
  OffsetIndex,
  PageLocation,
  Statistics,
} from '../../src/parquet/format.js';
import { makeOffsetIndex } from '../../src/parquet/indexes.js';
import type { DataPage } from '../../src/parquet/page-list.js';
import { listPages } from '../../src/parquet/pages.js';
import { type ChunkPiece, cutPiece, wholePiece } from '../../src/parquet/piece.js';
import { pickPages } from '../../src/parquet/pick-pages.js';
import { make } from '../../src/parquet/thrift.js';
import { type MemoryChunk, memoryChunk, type PageSpec } from './memory.js';

describe('the pages of a cut', () => {
  const page = (firstRow: number, endRow: number, continuesRow = false): DataPage => ({
    start: 0,
    end: 0,
    firstRow,
    endRow,
    continuesRow,
  });
  const pages = [page(0, 10), page(10, 20), page(20, 30)];

  test.each<[string, DataPage[], number, number, [number, { fromRow?: number; toRow?: number }?][]]>([
    ['all of them', pages, 0, 30, [[0], [1], [2]]],
    ['one of them', pages, 10, 20, [[1]]],
    ['the middle of one', pages, 12, 15, [[1, { fromRow: 2, toRow: 5 }]]],
    [
      'the ends of two',
      pages,
      5,
      15,
      [
        [0, { fromRow: 5 }],
        [1, { toRow: 5 }],
      ],
    ],
    ['no rows', pages, 10, 10, []],
    [
      'a row that goes on in the next page takes its rest along',
      [page(0, 10), page(10, 20, true)],
      0,
      10,
      [[0], [1, { toRow: 0 }]],
    ],
    [
      'a page is cut in front of its first own row',
      [page(0, 10), page(10, 20, true)],
      10,
      20,
      [[1, { fromRow: 0 }]],
    ],
  ])('%s', (_, of, from, to, expected) => {
    expect(pickPages(of, from, to).map(({ ordinal, cut }) => (cut ? [ordinal, cut] : [ordinal]))).toEqual(
      expected,
    );
  });
});

/** Cuts rows from a chunk that says how many nulls each page has, as its writer counts them. */
async function cut(
  { reader, chunk, rows, pages }: MemoryChunk,
  from: number,
  to: number,
  nullCounts: readonly number[],
): Promise<ChunkPiece> {
  chunk.meta.set(ColumnMetaData.statistics, make(Statistics, { nullCount: 99 }));
  const list = await listPages(reader, chunk, undefined, rows, rows);
  const offsetIndex = makeOffsetIndex(
    pages.map((page, i) => ({ ...page, firstRow: list.pages[i]!.firstRow })),
  );
  const none = pages.map(() => new Uint8Array(0));
  const columnIndex = make(ColumnIndex, {
    nullPages: pages.map(() => false),
    minValues: none,
    maxValues: none,
    nullCounts,
  });
  return cutPiece({ reader, source: 7, chunk, offsetIndex, columnIndex, list }, from, to);
}

const nullsOf = ({ meta }: ChunkPiece): number | undefined =>
  meta.get(ColumnMetaData.statistics)?.get(Statistics.nullCount);

describe('nulls of a cut piece', () => {
  const optional: PageSpec[] = [
    { values: [1, 2], definition: [1, 0, 1] },
    { values: [3], definition: [0, 0, 1] },
  ];

  test('are counted in pages that are cut, and known of others', async () => {
    expect(nullsOf(await cut(await memoryChunk(optional, { repetitionType: 1 }), 1, 6, [1, 2]))).toBe(3);
    expect(nullsOf(await cut(await memoryChunk(optional, { repetitionType: 1 }), 0, 4, [1, 2]))).toBe(2);
  });

  /** Rows [1, 2], [], [3]: to some writers the empty list is a null. */
  const lists: PageSpec[] = [{ values: [1, 2, 3], definition: [1, 1, 0, 1], repetition: [0, 1, 0, 0] }];

  test('of lists are counted as their writer counts them', async () => {
    expect(nullsOf(await cut(await memoryChunk(lists, { repetitionType: 2 }), 0, 2, [1]))).toBe(1);
  });

  test('of lists are left out where an empty list is no null', async () => {
    const piece = await cut(await memoryChunk(lists, { repetitionType: 2 }), 0, 2, [0]);
    expect(nullsOf(piece)).toBeUndefined();
    expect(piece.columnIndex?.has(ColumnIndex.nullCounts)).toBe(false);
  });
});

test('a cut piece is copies and made pages, with offsets from its own first byte', async () => {
  const chunk = await memoryChunk([{ values: [1, 2] }, { values: [3, 4] }, { values: [5, 6] }], { lead: 50 });
  const piece = await cut(chunk, 1, 6, [0, 0, 0]);
  const [, second, third] = chunk.pages;
  expect(piece.segments.map((s) => (s.kind === 'copy' ? { ...s } : 'made'))).toEqual([
    'made',
    { kind: 'copy', source: 7, start: second!.start, end: third!.end },
  ]);
  const made = piece.size - (third!.end - second!.start);
  const locations = piece.offsetIndex!.require(OffsetIndex.pageLocations);
  expect(locations.map((at) => [at.get(PageLocation.offset), at.get(PageLocation.firstRowIndex)])).toEqual([
    [0, 0],
    [made, 1],
    [made + second!.end - second!.start, 3],
  ]);
  expect([
    piece.meta.get(ColumnMetaData.dataPageOffset),
    piece.meta.get(ColumnMetaData.numValues),
    piece.meta.get(ColumnMetaData.totalCompressedSize),
  ]).toEqual([0, 5, piece.size]);
});

test('a whole piece is one copy, its offsets from its own first byte', async () => {
  const { reader, chunk } = await memoryChunk([{ values: [1, 2] }], { lead: 50 });
  // Writers without a dictionary page may say 0.
  chunk.meta.set(ColumnMetaData.dictionaryPageOffset, 0);
  const piece = await wholePiece(reader, 3, chunk, 2);
  expect(piece.segments).toEqual([{ kind: 'copy', source: 3, ...chunk.range }]);
  expect(piece.meta.get(ColumnMetaData.dataPageOffset)).toBe(0);
  expect(piece.meta.has(ColumnMetaData.dictionaryPageOffset)).toBe(false);
});

test('a whole piece must begin with a page that ends inside it', async () => {
  const { reader, chunk } = await memoryChunk([{ values: [1, 2] }]);
  const { start, end } = chunk.range;
  const cutOff = { ...chunk, range: { start, end: end - 1 } };
  await expect(wholePiece(reader, 0, cutOff, 2)).rejects.toThrow('the page reaches beyond its chunk');
  const zeros = { ...reader, read: (from: number, to: number) => Promise.resolve(new Uint8Array(to - from)) };
  await expect(wholePiece(zeros, 0, chunk, 2)).rejects.toThrow(/column x, page at byte 4/);
});

test('pages that hold fewer values than the rows asked for are an error', async () => {
  const one = await memoryChunk([{ values: [1, 2] }, { values: [3, 4] }]);
  const list = await listPages(one.reader, one.chunk, undefined, 4, 4);
  const lying = { ...list, pages: [list.pages[0]!, { ...list.pages[1]!, endRow: 6 }] };
  const open = {
    ...one,
    source: 0,
    offsetIndex: undefined,
    columnIndex: undefined,
    list: lying,
    chunk: { ...one.chunk, codec: 1 },
  };
  await expect(cutPiece(open, 2, 6)).rejects.toThrow('its header says 2 rows where 4 belong');
});
