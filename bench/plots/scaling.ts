/** The curves of the preset `scaling`. */
import type { GraphPoint, ScalingReport } from '../scaling/report.js';
import { curvePlots, type Row } from './curves.js';
import type { Plot } from './plot.js';

const SERIES: Record<string, string> = {
  'ours-most-frequent': 'gs-repartition',
  'cp-most-frequent': 'cp',
  'reference-in-memory': 'reference, in memory',
  'reference-streaming': 'reference, streaming',
  planning: 'planning alone',
};

export function scalingPlots({ preset, curves, planning }: ScalingReport): Plot[] {
  const series = Object.values(SERIES);
  return curvePlots(preset, [
    {
      name: 'bytes',
      title: 'Time and memory against the bytes moved',
      xTitle: 'GB moved (log scale)',
      xScale: 'log',
      series,
      rows: rowsOf(curves.bytes, ({ x }) => x / 1024 ** 3),
    },
    {
      name: 'parts',
      title: 'The same bytes in more and more parts',
      xTitle: 'parts of the data set (log scale)',
      xScale: 'log',
      series,
      rows: rowsOf(curves.parts, ({ x }) => x),
    },
    {
      name: 'workers',
      title: 'The same bytes with more and more worker threads',
      xTitle: 'worker threads',
      xScale: 'linear',
      series,
      rows: rowsOf(curves.workers, ({ x }) => x),
    },
    {
      name: 'planning',
      title: 'Planning alone: from metadata.json to tasks',
      xTitle: 'parts of all data sets (log scale)',
      xScale: 'log',
      series,
      rows: planning.map(({ x, seconds, peak_rss_mb }) => ({
        series: SERIES['planning']!,
        x,
        seconds: seconds.median,
        memory: peak_rss_mb,
      })),
    },
  ]);
}

function rowsOf(points: readonly GraphPoint[], x: (point: GraphPoint) => number): Row[] {
  return points.flatMap((point) =>
    point.graph.peers.map(({ peer, seconds, peak_rss_mb }) => ({
      series: SERIES[peer] ?? peer,
      x: x(point),
      seconds: seconds.median,
      memory: peak_rss_mb,
    })),
  );
}
