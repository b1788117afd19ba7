/** The report of the scaling curves, as Markdown. */
import { amounts, describe, formatSpread, measuredAs, table, targetTable, timing } from '../format-report.js';
import { formatBytes } from '../units.js';
import type { GraphPoint, PlanningPoint, ScalingReport } from './report.js';

const TITLES = {
  bytes: 'Bytes moved: every boundary of one data set, in parts of 128 MB',
  parts: 'Parts: every boundary of 1 GB',
  workers: 'Worker threads: every boundary of 1 GB in parts of 32 MB',
} as const;

export function formatScaling(report: ScalingReport): string {
  const { machine, ran, cache, curves, planning, targets } = report;
  const names = ['bytes', 'parts', 'workers'] as const;
  return [
    describe(machine, ran),
    measuredAs(cache),
    ...names
      .filter((name) => curves[name].length > 0)
      .flatMap((name) => [`## ${TITLES[name]}`, curveTable(name, curves[name])]),
    ...(planning.length === 0 ? [] : ['## Planning alone', planningTable(planning)]),
    '## Targets',
    targetTable(targets),
  ].join('\n\n');
}

function curveTable(name: keyof typeof TITLES, points: readonly GraphPoint[]): string {
  const xOf = ({ x, graph }: GraphPoint): string =>
    name === 'bytes' ? formatBytes(graph.moved_bytes.most_frequent) : x.toLocaleString('en');
  return table(
    [name, '', 'seconds', 'CPU s', 'peak RSS', 'read', 'written'],
    points.flatMap((point) =>
      point.graph.peers.map((peer) => [
        xOf(point),
        peer.title,
        timing(peer),
        String(peer.cpu_seconds),
        ...amounts(peer),
      ]),
    ),
  );
}

function planningTable(points: readonly PlanningPoint[]): string {
  const steps = Object.keys(points[0]?.steps ?? {});
  return table(
    ['parts', 'seconds', 'peak RSS', ...steps],
    points.map(({ x, seconds, peak_rss_mb, steps: of, peaks }) => [
      x.toLocaleString('en'),
      formatSpread(seconds),
      `${peak_rss_mb} MB`,
      ...steps.map((step) => `${of[step]!} s, ${peaks[step]!} MB`),
    ]),
  );
}
