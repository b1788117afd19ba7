/** Scaling curves: time on the left, memory on the right. */
import { type Panel, type Plot, SCHEMA } from './plot.js';
import { PALETTES, type Theme } from './theme.js';
import { logTicks } from './ticks.js';

/** One point of one line. */
export interface Row {
  series: string;
  x: number;
  seconds: number;
  /** In MB; absent where it was not measured. */
  memory?: number;
}

export interface Curve {
  name: string;
  title: string;
  xTitle: string;
  xScale: 'log' | 'linear';
  /** Names of the lines, in the order of their colours. */
  series: readonly string[];
  rows: Row[];
}

/** A plot for each curve that has points. */
export function curvePlots(preset: string, curves: readonly Curve[]): Plot[] {
  return curves
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

function panel({ xTitle, xScale, series, rows }: Curve, field: 'seconds' | 'memory', theme: Theme): Panel {
  const isLog = xScale === 'log';
  const used = series.filter((name) => rows.some((row) => row.series === name));
  const [xs, ys] = [[...new Set(rows.map(({ x }) => x))], rows.flatMap((row) => row[field] ?? [])];
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
