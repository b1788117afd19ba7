/** In the model of S3: time beside that of the bare copies, and memory, as parts, bytes, latency or threads grow. */
import type { ModelCurve } from '../presets.js';
import type { ModelPoint, ModelReport } from '../s3-model/report.js';
import { MIB } from '../units.js';
import { type Curve, curvePlots, type Row } from './curves.js';
import type { Plot } from './plot.js';

const OURS = 'gs-repartition';

const CURVES: readonly (Omit<Curve, 'rows' | 'series'> & {
  name: ModelCurve;
  xOf?: (x: number) => number;
})[] = [
  {
    name: 'parts',
    title: 'Inside S3, as the model has it: parts of 133 MB, each cut by a boundary',
    xTitle: 'parts (log scale)',
    xScale: 'log',
  },
  {
    name: 'part-bytes',
    title: 'Parts of more and more bytes',
    xTitle: 'MB a part (log scale)',
    xScale: 'log',
    xOf: (x) => x / MIB,
  },
  {
    name: 'latency',
    title: 'The same parts while S3 takes longer and longer to answer',
    xTitle: 'ms to the first byte (log scale)',
    xScale: 'log',
  },
  {
    name: 'threads',
    title: 'The same parts with more and more worker threads',
    xTitle: 'worker threads',
    xScale: 'linear',
  },
];

export function modelPlots({ preset, points, planning }: ModelReport): Plot[] {
  const inFlight = [...new Set(points.flatMap(({ bare = [] }) => bare.map(({ in_flight: n }) => n)))];
  const series = [OURS, ...inFlight.map(copiesTitle)];
  const curves = CURVES.map(({ xOf = (x) => x, ...curve }) => ({
    ...curve,
    series,
    rows: points
      .filter((point) => point.curve === curve.name)
      .flatMap((point) => rowsOf(point, xOf(point.x))),
  }));
  const planned: Curve = {
    name: 'planning',
    title: 'Planning inside S3, as the model has it: metadata, all footers, tasks',
    xTitle: 'parts of all data sets (log scale)',
    xScale: 'log',
    series: [OURS],
    rows: planning.flatMap(({ parts, runs: [ours] }) =>
      ours
        ? [{ series: OURS, x: parts, seconds: ours.cost.seconds.median, memory: ours.cost.peak_rss_mb }]
        : [],
    ),
  };
  return curvePlots(preset, [...curves, planned]);
}

/** Of the first build. */
function rowsOf({ runs: [ours], bare = [] }: ModelPoint, x: number): Row[] {
  return [
    ...(ours ? [{ series: OURS, x, seconds: ours.cost.seconds.median, memory: ours.cost.peak_rss_mb }] : []),
    ...bare.map(({ in_flight: n, seconds }) => ({ series: copiesTitle(n), x, seconds: seconds.median })),
  ];
}

function copiesTitle(inFlight: number): string {
  return `copies alone, ${inFlight} at once`;
}
