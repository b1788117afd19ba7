/** The report of the scaling curves. Pure. */
import type { Circumstances, Machine } from '../machine.js';
import type { Cache } from '../measure/measure.js';
import type { CurveName } from '../presets.js';
import type { GraphReport, TargetReport } from '../report.js';
import { rounded, type Spread } from '../stats.js';

export interface GraphPoint {
  /** Bytes, parts of a data set, or worker threads. */
  x: number;
  graph: GraphReport;
}

export interface PlanningPoint {
  /** Parts of all data sets together. */
  x: number;
  /** Of the whole program, from start to end. */
  seconds: Spread;
  cpu_seconds: number;
  peak_rss_mb: number;
  /** Medians of its steps, without the start of the program. */
  steps: Record<string, number>;
  /** Peak RSS in MB at the end of each step, the largest of all runs. */
  peaks: Record<string, number>;
}

export interface ScalingReport {
  kind: 'scaling';
  preset: string;
  machine: Machine;
  ran: Circumstances;
  cache: Cache;
  synced: true;
  curves: Record<Exclude<CurveName, 'planning'>, GraphPoint[]>;
  planning: PlanningPoint[];
  targets: TargetReport[];
}

type Judged = Pick<ScalingReport, 'curves' | 'planning'>;

export function scalingTargetsOf({ curves, planning }: Judged): TargetReport[] {
  return [...linearity(curves.bytes), ...flatMemory(curves), ...largestPlan(planning)];
}

/** Linear: a byte takes no longer in the largest graph than in one of about 1 GB. Below, starting takes its share. */
function linearity(points: readonly GraphPoint[]): TargetReport[] {
  const perByte = ({ graph }: GraphPoint): number => secondsOf(graph) / graph.moved_bytes.most_frequent;
  const largest = points.at(-1);
  const base = points.find(({ x }) => x >= 1024 ** 3);
  if (!largest || !base || largest === base) return [];
  const value = rounded(perByte(largest) / perByte(base));
  const cpOf = ({ graph }: GraphPoint): number =>
    secondsOf(graph, 'cp-most-frequent') / graph.moved_bytes.most_frequent;
  const cp = rounded(cpOf(largest) / cpOf(base));
  return [
    {
      target: `time is linear in bytes moved: seconds a byte, largest graph over 1 GB, ≤ 1.5 × what cp shows (${cp})`,
      ratio: 'seconds_per_byte_growth',
      graph: largest.graph.graph,
      value,
      limit: rounded(1.5 * cp),
      met: value <= 1.5 * cp,
    },
  ];
}

function flatMemory(curves: ScalingReport['curves']): TargetReport[] {
  return (['bytes', 'parts', 'workers'] as const).flatMap((name) => {
    const rss = curves[name].map(({ graph }) => graph.ratios.peak_rss_mb ?? 0);
    if (rss.length === 0) return [];
    const value = Math.max(...rss);
    const target = `peak RSS < 300 MB over the whole curve (${name})`;
    const graph = curves[name][0]!.graph.graph;
    return [{ target, ratio: 'peak_rss_mb', graph, value, limit: 300, met: value < 300 }];
  });
}

function largestPlan(planning: readonly PlanningPoint[]): TargetReport[] {
  const largest = planning.at(-1);
  if (!largest) return [];
  const graph = `${largest.x.toLocaleString('en')} parts`;
  const { median: seconds } = largest.seconds;
  const { peak_rss_mb: rss } = largest;
  return [
    {
      target: 'planned in < 60 s',
      ratio: 'planning_seconds',
      graph,
      value: rounded(seconds),
      limit: 60,
      met: seconds < 60,
    },
    {
      target: 'planned in < 1 GB',
      ratio: 'planning_peak_rss_mb',
      graph,
      value: rss,
      limit: 1024,
      met: rss < 1024,
    },
  ];
}

function secondsOf({ peers }: GraphReport, name = 'ours-most-frequent'): number {
  return peers.find(({ peer }) => peer === name)?.seconds.median ?? NaN;
}
