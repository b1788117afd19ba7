import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { costReport, type GraphReport } from '../../bench/report.js';
import { type GraphPoint, type PlanningPoint, scalingTargetsOf } from '../../bench/scaling/report.js';
import { wideRowCounts, writeWideMetadata } from '../../bench/scaling/wide-metadata.js';
import { alignmentGroups, parseMetadata } from '../../src/metadata/index.js';
import { repositoryRoot } from '../support/paths.js';

const GIB = 1024 ** 3;

function cost(seconds: number) {
  return costReport([
    {
      seconds,
      syncSeconds: 0,
      cpuSeconds: seconds,
      peakRssBytes: 150 * 1024 * 1024,
      bytesRead: 0,
      bytesWritten: 0,
      filesWritten: 0,
      outputBytes: 0,
    },
  ]);
}

function point(x: number, ours: number, cp: number, rss = 150): GraphPoint {
  const graph: GraphReport = {
    graph: 'boundaries-vectors',
    bytes: x,
    parts: 8,
    moved_bytes: { fewest_bytes: 0, most_frequent: x },
    peers: [
      { peer: 'ours-most-frequent', title: '', ...cost(ours) },
      { peer: 'cp-most-frequent', title: '', ...cost(cp) },
    ],
    ratios: { peak_rss_mb: rss },
  };
  return { x, graph };
}

const plan = (seconds: number, peak_rss_mb: number): PlanningPoint => ({
  x: 1_000_000,
  ...cost(seconds),
  peak_rss_mb,
  steps: {},
  peaks: {},
});

it('time is judged beside cp: a disk that gets slower with many bytes is not our doing', () => {
  const bytes = [point(GIB, 1, 0.5), point(4 * GIB, 8, 4)];
  const [linear] = scalingTargetsOf({ curves: { bytes, parts: [], workers: [] }, planning: [] });
  expect(linear).toMatchObject({ ratio: 'seconds_per_byte_growth', value: 2, limit: 3, met: true });
});

it('memory is judged by the largest of a curve, planning by the most parts', () => {
  const curves = { bytes: [point(GIB, 1, 1), point(GIB, 1, 1, 301)], parts: [], workers: [point(1, 1, 1)] };
  const targets = scalingTargetsOf({ curves, planning: [plan(70, 900), plan(59, 1100)] });
  expect(targets.map(({ ratio, value, met }) => [ratio, value, met])).toEqual([
    ['seconds_per_byte_growth', 1, true],
    ['peak_rss_mb', 301, false],
    ['peak_rss_mb', 150, true],
    ['planning_seconds', 59, true],
    ['planning_peak_rss_mb', 1100, false],
  ]);
});

it('metadata for planning alone describe data sets that share rows but no boundaries', async () => {
  expect([0, 1, 4, 5].map((index) => wideRowCounts(3, index))).toEqual([
    [1000, 1000, 1000],
    [1001, 1000, 999],
    [1004, 1000, 996],
    [1000, 1000, 1000],
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'gs-repartition-bench-test-'));
  try {
    const file = join(folder, 'metadata.json');
    await writeWideMetadata(file, 100);
    const [group, ...others] = alignmentGroups(parseMetadata(await readFile(file, 'utf8'), file));
    expect(others).toEqual([]);
    expect(group!.dataSets.map(({ parts }) => parts.length)).toEqual(Array(20).fill(5));

    const program = join(repositoryRoot, 'bench', 'scaling', 'plan-alone.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [program, file]);
    // The four of twenty data sets that have the target layout are kept; in the others, every boundary moves.
    expect(JSON.parse(stdout)).toMatchObject({ parts: 100, tasks: 80 });
  } finally {
    await rm(folder, { recursive: true });
  }
});
