/** Scaling curves: time on the left, memory on the right. */
import type { GraphPoint, ScalingReport } from '../scaling/report.js';
import { type Panel, type Plot, SCHEMA } from './plot.js';
import { PALETTES, type Theme } from './theme.js';

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
      rows: rowsOf(curves.bytes, ({ graph }) => graph.moved_bytes.most_frequent / 1024 ** 3),
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
  const scale = { type: 'log' as const, nice: true };
  const x = xScale === 'log' ? { ...scale, nice: false, padding: 12 } : { zero: true };
  const used = Object.values(SERIES).filter((name) => rows.some(({ series }) => series === name));
  const several = used.length > 1;
  return {
    width: 330,
    height: 240,
    mark: { type: 'line', point: { filled: true, size: 50 }, strokeWidth: 2 },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        scale: x,
        axis: { title: xTitle, tickCount: 6, format: '~s', grid: false },
      },
      y: {
        field,
        type: 'quantitative',
        scale: xScale === 'log' ? scale : { zero: true },
        axis: {
          title: `${field === 'seconds' ? 'seconds' : 'peak memory in MB'}${xScale === 'log' ? ' (log scale)' : ''}`,
          tickCount: 5,
          format: '~g',
        },
      },
      color: {
        field: 'series',
        type: 'nominal',
        sort: used,
        scale: { domain: used, range: PALETTES[theme].lines.slice(0, used.length) },
        legend: several ? { title: null, orient: 'bottom' } : null,
      },
    },
  };
}
