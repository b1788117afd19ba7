/** Page indexes: read, believed only as far as they fit, cut with their pages. */
import { describe, expect, test } from 'vitest';
import { ColumnIndex, OffsetIndex, PageLocation } from '../../src/parquet/format.js';
import {
  cutColumnIndex,
  indexedPages,
  makeOffsetIndex,
  pageNullCounts,
  shiftOffsetIndex,
} from '../../src/parquet/indexes.js';
import { listPages } from '../../src/parquet/pages.js';
import { binary, make, table } from '../../src/parquet/thrift.js';
import { memoryChunk } from './memory.js';

describe('an OffsetIndex', () => {
  /** Two pages of 20 bytes, two rows each, in a chunk of the bytes 4 to 44. */
  const good = [
    { start: 4, end: 24, firstRow: 0 },
    { start: 24, end: 44, firstRow: 2 },
  ];
  type Places = { start: number; end: number; firstRow: number }[];

  async function pagesOf(places: Places, rows = 4): Promise<Places> {
    const { chunk } = await memoryChunk([{ values: [1, 2, 3, 4] }]);
    return indexedPages({ ...chunk, range: { start: 4, end: 44 } }, makeOffsetIndex(places), rows);
  }

  test('says what it was made of', async () => {
    expect(await pagesOf(good)).toEqual(good);
  });

  test.each<[string, Places, string]>([
    ['starts before its chunk', [{ start: 3, end: 24, firstRow: 0 }], 'pages out of order'],
    ['ends behind its chunk', [{ start: 4, end: 45, firstRow: 0 }], 'pages outside their chunk'],
    ['has pages that overlap', [good[0]!, { start: 23, end: 44, firstRow: 2 }], 'pages out of order'],
    ['does not begin with the first row', [{ start: 4, end: 24, firstRow: 1 }], 'pages out of order'],
    ['has rows that descend', [...good, { start: 44, end: 44, firstRow: 1 }], 'pages out of order'],
    [
      'has more rows than its row group',
      [good[0]!, { start: 24, end: 44, firstRow: 5 }],
      'outside their chunk',
    ],
  ])('that %s is refused', async (_, places, message) => {
    await expect(pagesOf(places)).rejects.toThrow(message);
  });

  test('names what it lacks', async () => {
    const { chunk } = await memoryChunk([{ values: [1] }]);
    const index = make(OffsetIndex, { pageLocations: [make(PageLocation, { offset: 4, firstRowIndex: 0 })] });
    expect(() => indexedPages(chunk, index, 1)).toThrow('PageLocation.compressed_page_size is missing');
  });

  test('moves with its chunk, and what else it says stays', () => {
    const extra = table('OffsetIndex', { newer: binary(9) });
    const index = makeOffsetIndex(good).set(extra.newer, Uint8Array.of(1));
    const moved = shiftOffsetIndex(index, 100);
    expect(moved.require(OffsetIndex.pageLocations).map((at) => at.get(PageLocation.offset))).toEqual([
      104, 124,
    ]);
    expect(moved.get(extra.newer)).toEqual(Uint8Array.of(1));
    expect(index.require(OffsetIndex.pageLocations)[0]!.get(PageLocation.offset)).toBe(4);
  });

  test('with a hole has left out a page: the headers are asked instead', async () => {
    const { reader, chunk, pages, rows } = await memoryChunk([
      { values: [1, 2] },
      { values: [3] },
      { values: [4, 5] },
    ]);
    const whole = pages.map((page, i) => ({ ...page, firstRow: [0, 2, 3][i]! }));
    const found = async (places: Places): Promise<number[]> => {
      const list = await listPages(reader, chunk, makeOffsetIndex(places), rows, rows);
      return list.pages.map(({ start }) => start);
    };
    const starts = pages.map(({ start }) => start);
    expect(await found(whole)).toEqual(starts);
    expect(await found([whole[0]!, { ...whole[2]!, firstRow: 2 }])).toEqual(starts);
  });
});

describe('a cut ColumnIndex', () => {
  const min = [Uint8Array.of(1), Uint8Array.of(3), Uint8Array.of(5)];
  const max = [Uint8Array.of(2), Uint8Array.of(4), Uint8Array.of(6)];
  const source = make(ColumnIndex, {
    nullPages: [false, false, false],
    minValues: min,
    maxValues: max,
    boundaryOrder: 1,
    nullCounts: [1, 0, 2],
    definitionLevelHistograms: [1, 2],
  });

  test('keeps the bounds of its pages, whole or cut, and counts the nulls of cut ones', () => {
    const cut = { numLevels: 3, numNulls: 1, sourceNulls: 2 };
    const index = cutColumnIndex(source, [{ sourcePage: 1 }, { sourcePage: 2, cut }])!;
    expect(index.get(ColumnIndex.minValues)).toEqual([min[1], min[2]]);
    expect(index.get(ColumnIndex.maxValues)).toEqual([max[1], max[2]]);
    expect(index.get(ColumnIndex.nullCounts)).toEqual([0, 1]);
    expect(index.get(ColumnIndex.boundaryOrder)).toBe(1);
    expect(index.has(ColumnIndex.definitionLevelHistograms)).toBe(false);
  });

  test('has no bounds for a cut page of nulls alone', () => {
    const index = cutColumnIndex(source, [
      { sourcePage: 0, cut: { numLevels: 1, numNulls: 1, sourceNulls: 1 } },
    ])!;
    expect(index.get(ColumnIndex.nullPages)).toEqual([true]);
    expect([index.get(ColumnIndex.minValues), index.get(ColumnIndex.maxValues)]).toEqual([
      [new Uint8Array(0)],
      [new Uint8Array(0)],
    ]);
  });

  test('counts no nulls where the writer counts them in another way', () => {
    const index = cutColumnIndex(source, [
      { sourcePage: 0, cut: { numLevels: 2, numNulls: 1, sourceNulls: 2 } },
    ])!;
    expect(pageNullCounts(index)).toBeUndefined();
  });

  test('is none where the index does not fit its pages', () => {
    expect(cutColumnIndex(source, [{ sourcePage: 3 }])).toBeUndefined();
    expect(cutColumnIndex(source.clone().delete(ColumnIndex.minValues), [{ sourcePage: 0 }])).toBeUndefined();
  });
});
