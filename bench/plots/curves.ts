/** Scaling curves: time on the left, memory on the right. */
import type { GraphPoint, ScalingReport } from '../scaling/report.js';
import { type Panel, type Plot, SCHEMA } from './plot.js';
import { PALETTES, type Theme } from './theme.js';
import { logTicks } from './ticks.js';

interface Row {
  series: string;
  x: number;
  seconds: number;
  memory: number;
}

interface Curve {
  name: string;
  title: string;
  xTitle: string;
  xScale: 'log' | 'linear';
  rows: Row[];
}

const SERIES: Record<string, string> = {
  'ours-most-frequent': 'gs-repartition',
  'cp-most-frequent': 'cp',
  'reference-in-memory': 'reference, in memory',
  'reference-streaming': 'reference, streaming',
  planning: 'planning alone',
};

export function scalingPlots({ preset, curves, planning }: ScalingReport): Plot[] {
  const all: Curve[] = [
    {
      name: 'bytes',
      title: 'Time and memory against the bytes moved',
      xTitle: 'GB moved (log scale)',
      xScale: 'log',
      rows: rowsOf(curves.bytes, ({ x }) => x / 1024 ** 3),
    },
    {
      name: 'parts',
      title: 'The same bytes in more and more parts',
      xTitle: 'parts of the data set (log scale)',
      xScale: 'log',
      rows: rowsOf(curves.parts, ({ x }) => x),
    },
    {
      name: 'workers',
      title: 'The same bytes with more and more worker threads',
      xTitle: 'worker threads',
      xScale: 'linear',
      rows: rowsOf(curves.workers, ({ x }) => x),
    },
    {
      name: 'planning',
      title: 'Planning alone: from metadata.json to tasks',
      xTitle: 'parts of all data sets (log scale)',
      xScale: 'log',
      rows: planning.map(({ x, seconds, peak_rss_mb }) => ({
        series: SERIES['planning']!,
        x,
        seconds: seconds.median,
        memory: peak_rss_mb,
      })),
    },
  ];
  return all
    .filter(({ rows }) => rows.length > 0)
    .map((curve) => ({
      name: `${preset}-${curve.name}`,
      alt: `${curve.title}; the numbers are in the table.`,
      draw: (theme) => ({
        $schema: SCHEMA,
        title: curve.title,
        data: { values: curve.rows },
        hconcat: [panel(curve, 'seconds', theme), panel(curve, 'memory', theme)],
      }),
    }));
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

function panel({ xTitle, xScale, rows }: Curve, field: 'seconds' | 'memory', theme: Theme): Panel {
  const isLog = xScale === 'log';
  const used = Object.values(SERIES).filter((name) => rows.some(({ series }) => series === name));
  const [xs, ys] = [[...new Set(rows.map(({ x }) => x))], rows.map((row) => row[field])];
  const title = field === 'seconds' ? 'seconds' : 'peak memory in MB';
  return {
    width: 330,
    height: 240,
    mark: { type: 'line', point: { filled: true, size: 50 }, strokeWidth: 2 },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        ...(isLog ? logAxis(xs, xs) : { axis: { tickMinStep: 1, format: '~g' } }),
        title: xTitle,
      },
      y: {
        field,
        type: 'quantitative',
        ...(isLog ? logAxis(ys, logTicks(...domainOf(ys))) : { axis: { tickCount: 5 } }),
        title: isLog ? `${title} (log scale)` : title,
      },
      color: {
        field: 'series',
        type: 'nominal',
        sort: used,
        scale: { domain: used, range: PALETTES[theme].lines.slice(0, used.length) },
        legend: used.length > 1 ? { title: null, orient: 'top', columns: 4, columnPadding: 24 } : null,
      },
    },
  };
}

function logAxis(values: readonly number[], ticks: number[]) {
  const domain = domainOf(values);
  const format = domain[1] >= 100_000 ? '~s' : ',~f';
  return {
    scale: { type: 'log' as const, domain, nice: false },
    axis: { values: ticks, format },
  };
}

function domainOf(values: readonly number[]): [number, number] {
  return [Math.min(...values) / 1.4, Math.max(...values) * 1.4];
}
