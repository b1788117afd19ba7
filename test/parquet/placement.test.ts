/** Where cuts get row groups of their own, and in which order the bytes of row groups lie. */
import { describe, expect, test } from 'vitest';
import { divide } from '../../src/parquet/divide.js';
import type { DataPage, PageList } from '../../src/parquet/page-list.js';
import { placeRowGroups } from '../../src/parquet/placement.js';
import type { ParquetSegment } from '../../src/parquet/segments.js';

/** Pages of 100 bytes that end at the given rows. */
function column(ends: number[], options: { dictionary?: boolean; continues?: number[] } = {}): PageList {
  const first = options.dictionary ? 50 : 4;
  const pages = ends.map((endRow, i): DataPage => ({
    start: first + 100 * i,
    end: first + 100 * (i + 1),
    firstRow: ends[i - 1] ?? 0,
    endRow,
    continuesRow: options.continues?.includes(i) ?? false,
  }));
  return { pages, isComplete: true, ...(options.dictionary && { dictionary: { start: 4, end: 50 } }) };
}

const rows = (...ranges: [number, number][]): { from: number; to: number }[] =>
  ranges.map(([from, to]) => ({ from, to }));

describe('the rows of a share', () => {
  test.each([
    ['cut on both sides', [column([10, 20, 30, 40])], 5, 35, rows([5, 10], [10, 30], [30, 35])],
    ['cut at the end', [column([10, 20, 30, 40])], 0, 35, rows([0, 30], [30, 35])],
    ['cut at the beginning', [column([10, 20, 30, 40])], 5, 40, rows([5, 10], [10, 40])],
    ['cut between pages', [column([10, 20, 30, 40])], 10, 30, rows([10, 30])],
    [
      'columns whose pages agree here and there',
      [column([10, 20, 30, 40]), column([20, 40])],
      5,
      40,
      rows([5, 20], [20, 40]),
    ],
    ['columns whose pages agree nowhere', [column([10, 25, 40]), column([15, 30, 45])], 5, 40, rows([5, 40])],
    ['too little between the cuts', [column([10, 20])], 5, 15, rows([5, 15])],
    [
      'a dictionary in front of the run',
      [column([10, 20, 30, 40], { dictionary: true })],
      0,
      35,
      rows([0, 30], [30, 35]),
    ],
    [
      'a dictionary apart from the run',
      [column([10, 20, 30, 40], { dictionary: true })],
      15,
      40,
      rows([15, 40]),
    ],
    [
      'a row that goes on in the next page',
      [column([10, 20, 30, 40], { continues: [1] })],
      5,
      40,
      rows([5, 20], [20, 40]),
    ],
  ])('%s', (_, lists, from, to, expected) => {
    expect(divide(lists, from, to, 100)).toEqual(expected);
  });
});

const copy = (source: number, start: number, end: number): ParquetSegment => ({
  kind: 'copy',
  source,
  start,
  end,
});
const made = (size: number): ParquetSegment => ({ kind: 'bytes', bytes: new Uint8Array(size) });

describe('the bytes of row groups', () => {
  test('a run that begins its file comes first, then the other runs, then what we made', () => {
    const groups = [[made(9)], [copy(0, 500, 900)], [copy(1, 4, 300)], [made(8)]];
    expect(placeRowGroups(groups, 100)).toEqual({ order: [2, 1, 0, 3], startsSource: 1 });
  });

  test('row groups that continue each other in their file stay together', () => {
    const groups = [
      [made(9)],
      [copy(0, 500, 560)],
      [copy(0, 560, 620), copy(0, 620, 640)],
      [copy(1, 4, 300)],
    ];
    expect(placeRowGroups(groups, 100)).toEqual({ order: [3, 1, 2, 0], startsSource: 1 });
  });

  test('a cut row group with columns too short to be copied does not hold back the one that follows it', () => {
    const cut = [made(9), copy(0, 500, 560), made(9), copy(0, 700, 760)];
    const next = [copy(0, 760, 800), copy(0, 800, 900)];
    expect(placeRowGroups([cut, next, [copy(1, 4, 300)]], 100)).toEqual({
      order: [2, 1, 0],
      startsSource: 1,
    });
  });

  test('nor the one before it, nor both', () => {
    const whole = [copy(0, 4, 500)];
    const cut = [copy(0, 500, 560), made(9), copy(0, 700, 760), made(9)];
    expect(placeRowGroups([whole, cut, [copy(1, 40, 300)]], 100)).toEqual({
      order: [0, 2, 1],
      startsSource: 0,
    });
    const both = [[made(9), copy(1, 30, 40)], [copy(1, 40, 300)], [copy(1, 300, 310), made(9)]];
    expect(placeRowGroups([...both, [copy(2, 4, 300)]], 100)).toEqual({
      order: [3, 1, 0, 2],
      startsSource: 2,
    });
  });

  test('without a run at the beginning of a file, what we made stands in front', () => {
    const groups = [[made(9)], [copy(0, 500, 900)], [made(8)]];
    expect(placeRowGroups(groups, 100)).toEqual({ order: [0, 2, 1] });
  });

  test('nothing moves when no run is long', () => {
    const groups = [[made(9)], [copy(0, 500, 560)], [copy(1, 4, 80)]];
    expect(placeRowGroups(groups, 100)).toEqual({ order: [0, 1, 2] });
  });
});
