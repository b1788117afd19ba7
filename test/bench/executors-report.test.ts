import { describe, expect, test } from 'vitest';
import { formatExecutors } from '../../bench/executors/format.js';
import {
  type ExecutorsReport,
  type ExecutorsRun,
  executorsTargetsOf,
  pointOf,
} from '../../bench/executors/report.js';
import { S3_COSTS } from '../../bench/s3-model/costs.js';

const run = (executors: number, parts: number): ExecutorsRun => ({
  executors,
  seconds: { start: 20, prepare: 8, parts, commit: 2, end: 0 },
  cpuSeconds: { workers: 6, spark: 3, command: 1, model: 2 },
  requests: { GetObject: 90, UploadPartCopy: 10 },
  inFlight: 30,
});

describe('the report of more and more executors', () => {
  const graph = { parts: 10, movedBytes: 10e9, cores: 2 };
  const points = [run(1, 100), run(4, 30)].map((one) => pointOf(one, run(1, 100), graph));

  test('compares with so many times the first: the parts, the run, and all with Spark', () => {
    expect(points[0]!.efficiency).toEqual({ parts: 1, run: 1, whole: 1 });
    expect(points[1]!.efficiency).toEqual({ parts: 0.833, run: 0.688, whole: 0.542 });
    expect(points[1]).toMatchObject({ gb_per_second: 0.333, requests_per_part: 10, cpu_share: 0.15 });
  });

  test('has a target for four executors', () => {
    expect(executorsTargetsOf(points, 10)).toMatchObject([{ value: 0.833, met: true }]);
    const slower = [pointOf(run(4, 40), run(1, 100), graph)];
    expect(executorsTargetsOf(slower, 10)).toMatchObject([{ value: 0.625, met: false }]);
  });

  test('says in a table what each took', () => {
    const report: ExecutorsReport = {
      kind: 'executors',
      preset: 'executors',
      machine: {} as ExecutorsReport['machine'],
      ran: { date: '', command: '', versions: {} },
      parts: 10,
      part_bytes: 1e9,
      moved_bytes: 10e9,
      costs: S3_COSTS,
      max_concurrent_requests: 32,
      points,
      targets: [],
    };
    const text = formatExecutors({ ...report, machine: { ...report.machine, loadBefore: 0 } });
    expect(text).toContain('| 4 | 30.0 s | 0.333 | 83.3 % | 40.0 s | 68.8 % | 60.0 s | 54.2 % |');
  });
});
