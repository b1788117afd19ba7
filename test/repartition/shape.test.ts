import { describe, expect, test } from 'vitest';
import { shapeChange } from '../../src/repartition/shape.js';

describe('the footer key shape', () => {
  const cases: [
    string,
    boolean,
    { shape?: string; flatColumn: boolean; rows: number },
    string | null | undefined,
  ][] = [
    ['a label without one gets its rows', true, { flatColumn: true, rows: 10 }, '(10,)'],
    ['a label with a stale one gets its rows', true, { shape: '(50,)', flatColumn: true, rows: 10 }, '(10,)'],
    [
      'a label with the right one is left alone',
      true,
      { shape: '(10,)', flatColumn: true, rows: 10 },
      undefined,
    ],
    ['a label without rows', true, { flatColumn: true, rows: 0 }, '(0,)'],
    ['a label that is a list gets none', true, { flatColumn: false, rows: 10 }, undefined],
    [
      'a list that was given a flat one loses it',
      true,
      { shape: '(10,)', flatColumn: false, rows: 10 },
      null,
    ],
    ['a feature gets none', false, { flatColumn: true, rows: 10 }, undefined],
    ['a feature with a stale one', false, { shape: '(50,)', flatColumn: true, rows: 10 }, '(10,)'],
    ['a matrix keeps its width', false, { shape: '(50, 3)', flatColumn: false, rows: 10 }, '(10, 3)'],
    [
      'a right one in other spacing is left alone',
      false,
      { shape: '(10,3)', flatColumn: false, rows: 10 },
      undefined,
    ],
    [
      'one that no reader can evaluate goes',
      false,
      { shape: '__import__("os")', flatColumn: true, rows: 10 },
      null,
    ],
  ];
  for (const [name, flat, part, expected] of cases) {
    test(name, () => {
      expect(shapeChange({ flat }, part)).toBe(expected);
    });
  }
});
