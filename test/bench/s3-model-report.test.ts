import { describe, expect, it } from 'vitest';
import { modelPlots } from '../../bench/plots/s3-model.js';
import { renderSvg } from '../../bench/plots/render.js';
import type { ModelCurve } from '../../bench/presets.js';
import { S3_COSTS } from '../../bench/s3-model/costs.js';
import type { Stats } from '../../bench/s3-model/counters.js';
import { formatModel } from '../../bench/s3-model/format.js';
import {
  bareReport,
  buildReport,
  type ModelPoint,
  type ModelReport,
  modelTargetsOf,
  planningReport,
} from '../../bench/s3-model/report.js';

const STATS: Stats = {
  requests: { GetObject: 700, UploadPartCopy: 200 },
  slowDowns: { GetObject: 100 },
  errors: {},
  bytesIn: 1,
  bytesOut: 2,
  copiedBytes: 3,
  peakInFlight: 64,
  waitedMs: 90_000,
  readsBySecond: [10, 5000, 4800, 5200, 0, 30],
  writesBySecond: [0, 1750],
  durationMs: 9000,
  cpuSeconds: 1,
};

function runOf(seconds: number, megabytes = 200) {
  const cost = {
    seconds,
    syncSeconds: 0,
    cpuSeconds: 4,
    peakRssBytes: megabytes * 1024 * 1024,
    bytesRead: 0,
    bytesWritten: 0,
    filesWritten: 0,
    outputBytes: 0,
  };
  return { build: 'gs-repartition', costs: [cost], stats: STATS };
}

function point(curve: ModelCurve, x: number, parts: number, seconds: number): ModelPoint {
  const bare = [bareReport(64, [seconds / 2]), bareReport(128, [seconds / 4])];
  const facts = { parts, movedBytes: parts * 133e6, limits: S3_COSTS };
  return {
    curve,
    x,
    parts,
    part_bytes: 133e6,
    moved_bytes: facts.movedBytes,
    costs: S3_COSTS,
    runs: [buildReport(runOf(seconds), facts, bare)],
    bare,
  };
}

const POINTS = [
  point('parts', 1600, 1600, 40),
  point('parts', 8000, 8000, 400),
  point('latency', 10, 400, 10),
  point('latency', 100, 400, 90),
  point('rates', 1000, 400, 10),
];
const PLANNING = [{ parts: 100_000, costs: S3_COSTS, runs: [planningReport(runOf(25), 100_000)] }];

describe('the report of a run in the model', () => {
  it('says what every part takes, and how far the run is from the bare copies', () => {
    expect(POINTS[0]!.runs[0]).toMatchObject({
      gb_per_second: 5.32,
      cpu_ms_per_part: 2.5,
      requests_per_part: 0.625,
      copies: 200,
      in_flight: { peak: 64, mean: 10 },
      slowed_down_share: 0.1,
      // The better half of the seconds: 5200, 5000, 4800 of 5500, and 1750 of 3500.
      allowed_rate_reached: { reads: 0.909, writes: 0.5 },
      time_vs_copies: { 64: 2, 128: 4 },
    });
  });

  it('judges each target by the curve that it is about', () => {
    const judged = modelTargetsOf(POINTS, PLANNING).map(({ ratio, value, met }) => [ratio, value, met]);
    expect(judged).toEqual([
      ['gb_per_second', 5.32, true],
      ['peak_rss_mb', 200, true],
      ['cpu_ms_per_part', 2.5, true],
      ['requests_per_part', 0.625, true],
      ['seconds_per_part_growth', 2, false],
      ['seconds_growth', 9, true],
      ['allowed_rate_reached', 0.909, true],
      ['slowed_down_share', 0.1, false],
      ['footers_per_second', 5000, true],
    ]);
  });

  it('is a table for each curve, and a plot for those that are drawn', async () => {
    const report = {
      kind: 's3-model',
      preset: 's3-model',
      machine: { loadBefore: 0 },
      ran: { versions: {} },
      points: POINTS,
      planning: PLANNING,
      targets: [],
    } as unknown as ModelReport;
    const text = formatModel(report);
    expect(text).toContain('| 8,000 | 991 GB | gs-repartition | 400.0 s (1 run) |');
    expect(text).toContain('200.0 s (× 2)');
    expect(text).toContain(
      'gs-repartition reached 90.9 % of the allowed reads and 50 % of the allowed writes.',
    );
    const plots = modelPlots(report);
    expect(plots.map(({ name }) => name)).toEqual([
      's3-model-parts',
      's3-model-latency',
      's3-model-planning',
    ]);
    const svg = await renderSvg(plots[0]!.draw('light'), 'light');
    expect(svg).toContain('copies alone, 64 at once');
  });
});
