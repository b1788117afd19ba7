import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import { matchParts } from '../../src/repartition/prepare/match.js';
import type { CountedDataSet, PlannedPart, Slice } from '../../src/repartition/model.js';
import { planGroup, tasksOf } from '../../src/repartition/prepare/plan.js';
import { shapeChange } from '../../src/repartition/prepare/shape.js';
import { chosen, feature, group, layouts, type PartOptions } from './planning.js';

function plan(
  layout: readonly number[],
  target: readonly number[],
  options: PartOptions = {},
): PlannedPart[] {
  return partsOf(feature('x', layout, options), target);
}

function partsOf(counted: CountedDataSet, target: readonly number[]): PlannedPart[] {
  const dataSet = planGroup(group(counted), chosen(target)).dataSets[0]!;
  const { parts } = dataSet;
  const planned = [...parts];
  expect(planned.filter(({ kind }) => kind === 'make')).toHaveLength(tasksOf(dataSet));
  // They are put together anew for each who asks.
  expect([...parts]).toEqual(planned);
  return planned;
}

/** Outputs as `kept part-00001` or the slices they are made of. */
function describePlan(parts: readonly PlannedPart[]): string[] {
  const show = ({ path, from, to }: Slice): string => `${/part-0*(\d+)/.exec(path)![1]!}[${from},${to})`;
  const name = (path: string): string => /part-\d+/.exec(path)![0];
  return parts.map((part) =>
    part.kind === 'keep' ? `kept ${name(part.part.path)}` : part.task.slices.map(show).join(' '),
  );
}

function keysOf(parts: readonly PlannedPart[]): unknown[] {
  return parts.map((part) => (part.kind === 'keep' ? 'kept' : part.task.keys));
}

describe('the plan of a data set', () => {
  test("the reference's scenario: 8 8 8 8 18 becomes five parts of ten", () => {
    expect(describePlan(plan([8, 8, 8, 8, 18], [10, 10, 10, 10, 10]))).toEqual([
      '0[0,8) 1[0,2)',
      '1[2,8) 2[0,4)',
      '2[4,8) 3[0,6)',
      '3[6,8) 4[0,8)',
      '4[8,18)',
    ]);
  });

  test('parts that match are kept and only the others are made', () => {
    expect(describePlan(plan([10, 12, 8, 10], [10, 10, 10, 10]))).toEqual([
      'kept part-00000',
      '1[0,10)',
      '1[10,12) 2[0,8)',
      'kept part-00003',
    ]);
  });

  test('when all parts match, the list of parts stays as it is', () => {
    const counted = feature('x', [0, 5, 0, 0, 7, 0]);
    const parts = partsOf(counted, [0, 5, 0, 0, 7, 0]);
    expect(parts.map((part) => part.kind === 'keep' && part.part.path)).toEqual(counted.dataSet.parts);
  });

  test('a part without rows is made of an empty slice, which lends it the schema', () => {
    expect(describePlan(plan([5, 5], [0, 10, 0]))).toEqual(['0[0,0)', '0[0,5) 1[0,5)', '1[0,0)']);
    expect(describePlan(plan([0, 0], [0]))).toEqual(['kept part-00000']);
    expect(describePlan(plan([0], [0, 0]))).toEqual(['kept part-00000', '0[0,0)']);
  });

  test('slices without rows are left out', () => {
    expect(describePlan(plan([3, 0, 0, 4, 0], [7]))).toEqual(['0[0,3) 3[0,4)']);
    expect(describePlan(plan([0, 3, 0, 4], [2, 5]))).toEqual(['1[0,2)', '1[2,3) 3[0,4)']);
  });

  test('labels get the shape of their own rows; parts that have it are kept', () => {
    const shapes = ['(4,)', '(9,)', undefined];
    expect(keysOf(plan([4, 6, 10], [4, 6, 10], { flat: true, shapes }))).toEqual([
      'kept',
      { shape: '(6,)' },
      { shape: '(10,)' },
    ]);
  });

  test('a shape is made from that of the first slice, not of the first part', () => {
    // Parts in the middle of a data set that was aligned once: the first has none, the others' have three dimensions.
    const shapes = [undefined, '(10, 3)', '(10, 3)'];
    expect(keysOf(plan([10, 10, 10], [10, 15, 5], { shapes }))).toEqual([
      'kept',
      { shape: '(15, 3)' },
      { shape: '(5, 3)' },
    ]);
    // And what the first part has is no reason to set anything where the first slice has none.
    expect(keysOf(plan([10, 10, 10], [10, 15, 5], { shapes: ['(10, 3)', undefined, undefined] }))).toEqual([
      'kept',
      {},
      {},
    ]);
  });

  test('a label cut anew gets the shape of what it becomes, never that of its source', () => {
    const shapes = ['(10,)', '(10,)'];
    expect(keysOf(plan([10, 10], [5, 15, 0], { flat: true, shapes }))).toEqual([
      { shape: '(5,)' },
      { shape: '(15,)' },
      { shape: '(0,)' },
    ]);
  });

  test('a matrix keeps its width, lists lose a flat shape, features get none', () => {
    const cut = (shape: string | undefined, options: PartOptions): unknown =>
      keysOf(plan([10, 10], [20], { ...options, shapes: [shape, shape] }))[0];
    expect(cut('(10, 3)', { scalarColumn: false })).toEqual({ shape: '(20, 3)' });
    expect(cut('(10,)', { scalarColumn: false })).toEqual({ shape: null });
    expect(cut('(10,)', { flat: true, scalarColumn: false })).toEqual({ shape: null });
    expect(cut(undefined, {})).toEqual({});
    // The source's shape happens to be true of what is made of it.
    expect(keysOf(plan([20, 0], [20], { shapes: ['(20,)', undefined] }))).toEqual(['kept']);
    expect(keysOf(plan([10, 10], [20], { shapes: ['(20,)', undefined] }))).toEqual([{}]);
  });

  test('new parts lie beside the old folder, numbered, with the rest of the first name', () => {
    const [part] = plan([5, 5], [10]);
    expect(part?.kind === 'make' && part.task.output).toMatch(
      /^node_data\/user-x\/parquet-repartitioned-[0-9a-f]{8}\/part-00000-uuid\.snappy\.parquet$/,
    );
  });

  test('a layout with other rows than the data set is a bug and told as one', () => {
    expect(() => plan([5, 5], [11])).toThrow('the layout has more rows than the data set');
  });
});

describe('whatever the layouts', () => {
  const cases = fc.nat(60).chain((total) =>
    fc.record({
      rows: layouts(total),
      target: layouts(total),
      flat: fc.boolean(),
      scalarColumn: fc.boolean(),
      shape: fc.constantFrom(undefined, '(5,)', '(5, 2)', '(10,)', 'x'),
    }),
  );

  test('every row once, in order, and each output has its rows', () => {
    fc.assert(
      fc.property(cases, ({ rows, target, shape, ...options }) => {
        const counted = feature('x', rows, { ...options, shapes: rows.map(() => shape) });
        const starts = new Map<string, number>();
        counted.parts.reduce((start, part) => (starts.set(part.path, start), start + part.rows), 0);
        let next = 0;
        const parts = partsOf(counted, target);
        parts.forEach((part, i) => {
          const slices =
            part.kind === 'keep' ? [{ path: part.part.path, from: 0, to: part.part.rows }] : part.task.slices;
          const before = next;
          for (const slice of slices) {
            expect(slice.to > slice.from || slices.length === 1).toBe(true);
            if (slice.from === slice.to) continue;
            expect(starts.get(slice.path)! + slice.from).toBe(next);
            next += slice.to - slice.from;
          }
          expect(next - before).toBe(target[i]);
          if (part.kind === 'make') expect(part.task.rows).toBe(target[i]);
        });
        expect([parts.length, next]).toEqual([target.length, rows.reduce((a, b) => a + b, 0)]);
      }),
    );
  });

  test('what is kept is right as it is, and what is made is right afterwards', () => {
    fc.assert(
      fc.property(cases, ({ rows, target, shape, ...options }) => {
        const counted = feature('x', rows, { ...options, shapes: rows.map(() => shape) });
        partsOf(counted, target).forEach((part, i) => {
          if (part.kind === 'keep') {
            expect([part.part.rows, shapeChange(counted.dataSet, part.part)]).toEqual([target[i], undefined]);
            return;
          }
          const made = part.task.keys['shape'];
          const after = made === undefined ? shape : (made ?? undefined);
          const facts = {
            rows: target[i]!,
            scalarColumn: options.scalarColumn,
            ...(after !== undefined && { shape: after }),
          };
          expect(shapeChange(counted.dataSet, facts)).toBe(undefined);
        });
      }),
    );
  });

  test('names are new and each other’s only', () => {
    fc.assert(
      fc.property(cases, ({ rows, target, shape, ...options }) => {
        const counted = feature('x', rows, { ...options, shapes: rows.map(() => shape) });
        const parts = partsOf(counted, target);
        const paths = parts.map((part) => (part.kind === 'keep' ? part.part.path : part.task.output));
        expect(new Set(paths).size).toBe(paths.length);
        for (const part of parts)
          if (part.kind === 'make') expect(counted.dataSet.parts).not.toContain(part.task.output);
      }),
    );
  });

  test('a second plan, of what the first one made, keeps everything', () => {
    fc.assert(
      fc.property(cases, ({ rows, target, shape, ...options }) => {
        const counted = feature('x', rows, { ...options, shapes: rows.map(() => shape) });
        const parts = partsOf(counted, target);
        const shapes = parts.map((part) => {
          const made = part.kind === 'make' ? part.task.keys['shape'] : undefined;
          return made === undefined ? shape : (made ?? undefined);
        });
        const again = partsOf(feature('y', target, { ...options, shapes }), target);
        expect(again.every((part) => part.kind === 'keep')).toBe(true);
      }),
    );
  });

  test('every part that could be kept is', () => {
    const boundsOf = (layout: readonly number[]): string[] => {
      let row = 0;
      return layout.map((rows) => `${row},${(row += rows)}`);
    };
    fc.assert(
      fc.property(cases, ({ rows, target }) => {
        const kept = matchParts(rows, target);
        const [ours, theirs] = [boundsOf(rows), boundsOf(target)];
        theirs.forEach((bounds, i) => {
          if (target[i] === 0) return;
          expect(kept[i]).toBe(ours.indexOf(bounds));
        });
        const used = [...kept].filter((part) => part >= 0);
        expect(used).toEqual([...new Set(used)].sort((a, b) => a - b));
      }),
    );
  });
});

describe('parts that cover exactly the rows of an output', () => {
  test('by their boundaries', () => {
    expect([...matchParts([3, 4, 3, 2], [3, 7, 2])]).toEqual([0, -1, 3]);
    expect([...matchParts([3, 7], [5, 5])]).toEqual([-1, -1]);
    expect([...matchParts([5, 5], [5, 5])]).toEqual([0, 1]);
  });

  test('parts without rows: stepped over, kept, or made new', () => {
    expect([...matchParts([0, 5, 0, 5], [5, 5])]).toEqual([1, 3]);
    expect([...matchParts([5, 0, 5], [5, 0, 5])]).toEqual([0, 1, 2]);
    expect([...matchParts([5], [0, 5])]).toEqual([-1, 0]);
    expect([...matchParts([0, 5], [5, 0])]).toEqual([1, -1]);
  });
});
