import { describe, expect, test } from 'vitest';
import { shapeChange, shapeWarnings } from '../../src/repartition/prepare/shape.js';
import { feature, group } from './planning.js';

type Part = Parameters<typeof shapeChange>[1];

const column = (rows: number, shape?: string): Part => ({
  rows,
  scalarColumn: true,
  ...(shape !== undefined && { shape }),
});
const lists = (rows: number, shape?: string): Part => ({ ...column(rows, shape), scalarColumn: false });

describe('the footer key shape', () => {
  const cases: [string, boolean, Part, string | null | undefined][] = [
    ['a label without one gets its rows', true, column(10), '(10,)'],
    ['a label with a stale one gets its rows', true, column(10, '(50,)'), '(10,)'],
    ['a label with two dimensions gets its rows', true, column(10, '(10, 1)'), '(10,)'],
    ['a label with the right one is left alone', true, column(10, '(10,)'), undefined],
    ['a label without rows', true, column(0), '(0,)'],
    ['a label that is a list gets none', true, lists(10), undefined],
    ['a list that was given a flat one loses it', true, lists(10, '(10,)'), null],
    ['a feature of lists that was given a flat one loses it', false, lists(10, '(10,)'), null],
    ['a feature gets none', false, column(10), undefined],
    ['a feature with a right one', false, column(10, '(10,)'), undefined],
    ['a feature with a stale one', false, column(10, '(50,)'), '(10,)'],
    ['a matrix keeps its width', false, lists(10, '(50, 3)'), '(10, 3)'],
    ['a label of lists keeps its width', true, lists(10, '(50, 3)'), '(10, 3)'],
    ['a matrix without rows', false, lists(0, '(50, 3)'), '(0, 3)'],
    ['more dimensions', false, lists(7, '(5, 3, 4)'), '(7, 3, 4)'],
    ['a right one in other spacing is left alone', false, lists(10, ' (10,3, ) '), undefined],
    ['one that numpy completes is left alone', false, lists(10, '(-1, 3)'), undefined],
    ['a number in brackets is no tuple in Python', false, column(10, '(10)'), '(10,)'],
    ['a number in brackets, for lists', false, lists(10, '(10)'), null],
  ];
  for (const [name, flat, part, expected] of cases) {
    test(name, () => {
      expect(shapeChange({ flat }, part)).toBe(expected);
    });
  }

  const unreadable = [
    '__import__("os")',
    '',
    '()',
    '(,)',
    '10',
    '(1 0, 3)',
    '(010, 3)',
    '(10, x)',
    '(10,,3)',
    '(1e1,)',
    '[10]',
  ];
  for (const shape of unreadable) {
    test(`${JSON.stringify(shape)} is no shape and goes`, () => {
      expect(shapeChange({ flat: false }, column(10, shape))).toBe(null);
      expect(shapeChange({ flat: true }, lists(10, shape))).toBe(null);
      expect(shapeChange({ flat: true }, column(10, shape))).toBe('(10,)');
    });
  }

  test('is warned of when it is no shape, once for each data set', () => {
    const counted = group(
      feature('age', [5, 5, 5], { shapes: ['(5,)', '(?)', 'None'] }),
      feature('sex', [15], { shapes: ['(7, 2)'] }),
    );
    expect(shapeWarnings(counted)).toEqual([
      'node_data of user, age: 2 parts have a shape key that is no shape, "(?)" in node_data/user-age/parquet/part-00001-uuid.snappy.parquet; it is not kept',
    ]);
  });
});
