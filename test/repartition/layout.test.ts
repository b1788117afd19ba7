import { describe, expect, test } from 'vitest';
import { chooseLayout, evenLayout, keptParts } from '../../src/repartition/layout.js';
import { feature, group } from './planning.js';

const fewest = { target: 'fewest-bytes' } as const;
const frequent = { target: 'most-frequent' } as const;

describe('the target layout', () => {
  test('fewest bytes: the small data sets follow the large one', () => {
    const counted = group(
      feature('age', [10, 10]),
      feature('weight', [10, 10]),
      feature('embedding', [12, 8], { bytesPerRow: 3072 }),
    );
    expect(chooseLayout(counted, fewest)).toEqual([12, 8]);
    expect(chooseLayout(counted, frequent)).toEqual([10, 10]);
  });

  test('a part that agrees by chance counts as kept', () => {
    const counted = group(
      feature('a', [10, 5, 5], { bytesPerRow: 9 }),
      feature('b', [10, 4, 6], { bytesPerRow: 10 }),
    );
    expect(chooseLayout(counted, fewest)).toEqual([10, 4, 6]);
  });

  test('labels that need their shape anyway do not decide, however large', () => {
    const label = feature('label', [20], { flat: true, bytesPerRow: 1000 });
    expect(chooseLayout(group(label, feature('age', [10, 10])), fewest)).toEqual([10, 10]);
  });

  test('equal bytes: the most frequent, then the first in the metadata', () => {
    expect(
      chooseLayout(group(feature('a', [4, 6]), feature('b', [5, 5]), feature('c', [5, 5])), fewest),
    ).toEqual([5, 5]);
    expect(chooseLayout(group(feature('a', [4, 6]), feature('b', [5, 5])), fewest)).toEqual([4, 6]);
  });

  test('parts without rows are left out when something has to be made, and stay when all agree', () => {
    const big = feature('embedding', [0, 5, 0, 7], { bytesPerRow: 3072 });
    expect(chooseLayout(group(feature('age', [6, 6]), big), fewest)).toEqual([5, 7]);
    expect(chooseLayout(group(feature('age', [0, 12]), feature('weight', [0, 12])), fewest)).toEqual([0, 12]);
    expect(chooseLayout(group(feature('age', [0]), feature('weight', [0, 0])), fewest)).toEqual([0]);
  });

  test('N output files: even parts, whatever layouts there are', () => {
    expect(chooseLayout(group(feature('a', [4, 6])), { numOutputFiles: 3 })).toEqual([3, 3, 4]);
    expect(evenLayout(0, 2)).toEqual([0, 0]);
    expect(evenLayout(9_007_199_254_740_991, 2)).toEqual([4_503_599_627_370_495, 4_503_599_627_370_496]);
  });

  test('totals that differ are an error that names both data sets', () => {
    expect(() => chooseLayout(group(feature('age', [5, 5]), feature('sex', [5, 6])), fewest)).toThrow(
      'node_data of user, age has 10 rows but node_data of user, sex has 11',
    );
  });
});

describe('parts that can be kept', () => {
  const indices = (parts: readonly number[], layout: readonly number[]): (number | undefined)[] => {
    const { parts: facts } = feature('x', parts);
    return keptParts(facts, layout).map((part) => part && facts.indexOf(part));
  };

  test('cover exactly the rows of an output', () => {
    expect(indices([3, 4, 3, 2], [3, 7, 2])).toEqual([0, undefined, 3]);
    expect(indices([3, 7], [5, 5])).toEqual([undefined, undefined]);
    expect(indices([5, 5], [5, 5])).toEqual([0, 1]);
  });

  test('parts without rows: stepped over, kept, or made new', () => {
    expect(indices([0, 5, 0, 5], [5, 5])).toEqual([1, 3]);
    expect(indices([5, 0, 5], [5, 0, 5])).toEqual([0, 1, 2]);
    expect(indices([5], [0, 5])).toEqual([undefined, 0]);
    expect(indices([0, 5], [5, 0])).toEqual([1, undefined]);
  });
});
