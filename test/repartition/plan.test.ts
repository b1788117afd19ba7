import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planGroup } from '../../src/repartition/plan.js';
import type { DataSetPlan, Slice } from '../../src/repartition/model.js';
import { feature, group, type PartOptions } from './planning.js';

function plan(layout: readonly number[], target: readonly number[], options: PartOptions = {}): DataSetPlan {
  return planGroup(group(feature('x', layout, options)), target).dataSets[0]!;
}

/** Outputs as `kept part-00001` or the slices they are made of. */
function describePlan({ parts }: DataSetPlan): string[] {
  const show = ({ path, from, to }: Slice): string => `${/part-0*(\d+)/.exec(path)![1]!}[${from},${to})`;
  const name = (path: string): string => /part-\d+/.exec(path)![0];
  return parts.map((part) =>
    part.kind === 'keep' ? `kept ${name(part.part.path)}` : part.task.slices.map(show).join(' '),
  );
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

  test('a part without rows is made of an empty slice, which lends it the schema', () => {
    expect(describePlan(plan([5, 5], [0, 10, 0]))).toEqual(['0[0,0)', '0[0,5) 1[0,5)', '1[0,0)']);
  });

  test('labels get the shape of their own rows; parts that have it are kept', () => {
    const shapes = ['(4,)', '(9,)', undefined];
    const { parts } = plan([4, 6, 10], [4, 6, 10], { flat: true, shapes });
    expect(parts.map((part) => (part.kind === 'keep' ? 'kept' : part.task.keys))).toEqual([
      'kept',
      { shape: '(6,)' },
      { shape: '(10,)' },
    ]);
  });

  test('new parts lie beside the old folder, numbered, with the rest of the first name', () => {
    const [part] = plan([5, 5], [10]).parts;
    expect(part?.kind === 'make' && part.task.output).toMatch(
      /^node_data\/user-x\/parquet-repartitioned-[0-9a-f]{8}\/part-00000-uuid\.snappy\.parquet$/,
    );
  });

  test('another version of an input, or another target, gives another folder', () => {
    const folder = (target: number[], version: string): string => {
      const counted = feature('x', [5, 5]);
      counted.parts[0]!.version = version;
      const [part] = planGroup(group(counted), target).dataSets[0]!.parts;
      return part?.kind === 'make' ? part.task.output : '';
    };
    const names = new Set([folder([10], 'v1'), folder([10], 'v2'), folder([4, 6], 'v1'), folder([10], 'v1')]);
    expect(names.size).toBe(3);
  });

  test('whatever the layouts: every row once, in order, and each output has its rows', () => {
    const layout = fc.array(fc.nat(20), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(layout, fc.array(fc.nat(300), { maxLength: 8 }), (rows, cuts) => {
        const total = rows.reduce((a, b) => a + b, 0);
        const bounds = [0, ...cuts.map((cut) => cut % (total + 1)).sort((a, b) => a - b), total];
        const target = bounds.slice(1).map((bound, i) => bound - bounds[i]!);
        const counted = feature('x', rows);
        const starts = new Map<string, number>();
        counted.parts.reduce((start, part) => (starts.set(part.path, start), start + part.rows), 0);
        let next = 0;
        planGroup(group(counted), target).dataSets[0]!.parts.forEach((part, i) => {
          const slices =
            part.kind === 'keep' ? [{ path: part.part.path, from: 0, to: part.part.rows }] : part.task.slices;
          const before = next;
          for (const slice of slices) {
            if (slice.from === slice.to) continue;
            expect(starts.get(slice.path)! + slice.from).toBe(next);
            next += slice.to - slice.from;
          }
          expect(next - before).toBe(target[i]);
        });
        expect(next).toBe(total);
      }),
    );
  });
});
