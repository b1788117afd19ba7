import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import { chosenLayout, evenLayout, weighLayouts } from '../../src/repartition/prepare/layout.js';
import { planGroup } from '../../src/repartition/prepare/plan.js';
import type { CountedGroup, Layout, LayoutChoice } from '../../src/repartition/model.js';
import { chosen, feature, group, layouts } from './planning.js';

function chooseLayout(counted: CountedGroup, choice: LayoutChoice): Layout {
  return chosenLayout(weighLayouts(counted, choice));
}

const fewest = { target: 'fewest-bytes' } as const;
const frequent = { target: 'most-frequent' } as const;

describe('fewest bytes', () => {
  test('the small data sets follow the large one', () => {
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

  test('labels that have their shape do', () => {
    const label = feature('label', [20], { flat: true, bytesPerRow: 1000, shapes: ['(20,)'] });
    expect(chooseLayout(group(label, feature('age', [10, 10])), fewest)).toEqual([20]);
  });

  test('equal bytes: the most frequent, then the first in the metadata', () => {
    expect(
      chooseLayout(group(feature('a', [4, 6]), feature('b', [5, 5]), feature('c', [5, 5])), fewest),
    ).toEqual([5, 5]);
    expect(chooseLayout(group(feature('a', [4, 6]), feature('b', [5, 5])), fewest)).toEqual([4, 6]);
  });

  test('parts without rows are left out, also when all data sets agree on them', () => {
    const big = feature('embedding', [0, 5, 0, 7], { bytesPerRow: 3072 });
    expect(chooseLayout(group(feature('age', [6, 6]), big), fewest)).toEqual([5, 7]);
    for (const choice of [fewest, frequent]) {
      expect(chooseLayout(group(feature('age', [0, 12]), feature('weight', [0, 12])), choice)).toEqual([12]);
    }
    expect(chooseLayout(group(feature('age', [0]), feature('weight', [0, 0])), fewest)).toEqual([0]);
  });

  test('whatever the data sets: no other layout that one of them has rewrites fewer bytes', () => {
    const dataSets = fc.nat(40).chain((total) =>
      fc.array(
        fc.record({
          layout: layouts(total),
          bytesPerRow: fc.nat(20),
          flat: fc.boolean(),
          hasShape: fc.boolean(),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    );
    fc.assert(
      fc.property(dataSets, (sets) => {
        const counted = group(
          ...sets.map(({ layout, hasShape, ...options }, i) =>
            feature(`f${i}`, layout, {
              ...options,
              shapes: layout.map((rows) => (hasShape ? `(${rows},)` : undefined)),
            }),
          ),
        );
        // What the plan really keeps judges the choice; parts without rows are no loss.
        const rewritten = (target: readonly number[]): number => {
          const kept = new Set(
            planGroup(counted, chosen(target)).dataSets.flatMap(({ parts }) =>
              [...parts].flatMap((part) => (part.kind === 'keep' ? [part.part] : [])),
            ),
          );
          return counted.dataSets
            .flatMap(({ parts }) => parts)
            .reduce((bytes, part) => bytes + (part.rows === 0 || kept.has(part) ? 0 : part.size), 0);
        };
        const fewestBytes = rewritten(chooseLayout(counted, fewest));
        for (const { layout } of sets) expect(fewestBytes).toBeLessThanOrEqual(rewritten(layout));
      }),
    );
  });
});

describe('the candidates', () => {
  test('each layout once, with the data sets that have it and the bytes it leaves to be made', () => {
    const counted = group(
      feature('age', [10, 10]),
      feature('embedding', [12, 8], { bytesPerRow: 3072 }),
      feature('job', [10, 10]),
    );
    const [age, embedding, job] = counted.dataSets;
    const shown = (choice: LayoutChoice): unknown[] =>
      weighLayouts(counted, choice).map(({ layout, dataSets, cost, chosen: isChosen }) => [
        layout,
        dataSets,
        cost,
        isChosen,
      ]);
    const [small, large] = [20 * 8 + 200, 20 * 3072 + 200];
    const owners = [age!.dataSet, job!.dataSet];
    expect(shown(fewest)).toEqual([
      [[10, 10], owners, large, false],
      [[12, 8], [embedding!.dataSet], 2 * small, true],
    ]);
    expect(shown({ numOutputFiles: 1 })).toEqual([
      [[10, 10], owners, large, false],
      [[12, 8], [embedding!.dataSet], 2 * small, false],
      [[20], [], 2 * small + large, true],
    ]);
  });

  test('the features win a tie in their own order, whatever the structure has', () => {
    const structure = feature('e', [5, 5], { places: [{ section: 'edges', type: 'a:b:c' }] });
    const named = (name: string, layout: number[]): ReturnType<typeof feature> =>
      feature(name, layout, { places: [{ section: 'edge_data', type: 'a:b:c', name }] });
    const counted = group(structure, named('x', [4, 6]), named('y', [5, 5]));
    expect(chooseLayout(counted, frequent)).toEqual([4, 6]);
  });
});

describe('most frequent', () => {
  const forward = 'user:rated:movie';
  const reverse = 'movie:rated-rev:user';
  const edges = (type: string, layout: number[]): ReturnType<typeof feature> =>
    feature(type, layout, { places: [{ section: 'edges', type }] });
  const edgeFeature = (name: string, layout: number[], ...types: string[]): ReturnType<typeof feature> =>
    feature(name, layout, {
      places: types.map((type) => ({ section: 'edge_data', type, name })) as never,
    });

  test('features alone decide, not the structures', () => {
    const counted = group(
      edges(forward, [8, 12]),
      edges(reverse, [8, 12]),
      edgeFeature('rating', [10, 10], forward, reverse),
    );
    expect(chooseLayout(counted, frequent)).toEqual([10, 10]);
  });

  test('of the forward type, also when the metadata list the reverse first', () => {
    const counted = group(
      edges(reverse, [8, 12]),
      edges(forward, [8, 12]),
      edgeFeature('rating', [5, 15], reverse, forward),
      edgeFeature('own', [5, 15], reverse),
      edgeFeature('own2', [5, 15], reverse),
      edgeFeature('weight', [10, 10], forward),
      edgeFeature('age', [10, 10], forward),
    );
    expect(chooseLayout(counted, frequent)).toEqual([10, 10]);
  });

  test('the first wins a tie; a data set listed under two names counts twice', () => {
    const [a, b] = [feature('a', [4, 6]), feature('b', [5, 5])];
    expect(chooseLayout(group(a, b), frequent)).toEqual([4, 6]);
    b.dataSet.places.push({ section: 'node_data', type: 'user', name: 'b2' });
    expect(chooseLayout(group(a, b), frequent)).toEqual([5, 5]);
  });

  test('the features of the reverse type when the forward type has none, and the structure when there are none', () => {
    const counted = group(
      edges(forward, [8, 12]),
      edges(reverse, [8, 12]),
      edgeFeature('own', [10, 10], reverse),
    );
    expect(chooseLayout(counted, frequent)).toEqual([10, 10]);
    expect(chooseLayout(group(edges(forward, [8, 12])), frequent)).toEqual([8, 12]);
  });
});

describe('N output files', () => {
  test('even parts, whatever layouts there are', () => {
    expect(chooseLayout(group(feature('a', [4, 6])), { numOutputFiles: 3 })).toEqual([3, 3, 4]);
    expect(evenLayout(2, 4)).toEqual([1, 1]);
    expect(evenLayout(0, 2)).toEqual([0]);
    expect(evenLayout(9_007_199_254_740_991, 2)).toEqual([4_503_599_627_370_495, 4_503_599_627_370_496]);
  });

  test('sizes differ by one row at most and add up', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.integer({ min: 1, max: 200 }), (rows, n) => {
        const layout = evenLayout(rows, n);
        expect(layout).toHaveLength(Math.max(1, Math.min(n, rows)));
        expect(rows === 0 || Math.min(...layout) > 0).toBe(true);
        expect(Math.max(...layout) - Math.min(...layout)).toBeLessThanOrEqual(1);
        expect(layout.reduce((sum, part) => sum + BigInt(part), 0n)).toBe(BigInt(rows));
      }),
    );
  });
});

test('totals that differ are an error that names both data sets, whatever the choice', () => {
  const counted = group(feature('age', [5, 5]), feature('job', [10]), feature('sex', [5, 6]));
  for (const choice of [fewest, frequent, { numOutputFiles: 2 }]) {
    expect(() => chooseLayout(counted, choice)).toThrow(
      'node_data of user, age has 10 rows but node_data of user, sex has 11: no layout fits both',
    );
  }
});
