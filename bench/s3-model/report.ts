/** The report of the benchmark in the model of S3. Pure. */
import type { Circumstances, Machine } from '../machine.js';
import type { Cost } from '../measure/measure.js';
import { MODEL_PARTS, type ModelCurve } from '../presets.js';
import { costReport, type CostReport, type TargetReport } from '../report.js';
import { median, rounded, type Spread, spreadOf } from '../stats.js';
import type { Costs } from './costs.js';
import type { Stats } from './counters.js';

/** One graph in the model, aligned by one build of the command or by several in turns. */
export interface ModelPoint {
  curve: ModelCurve;
  /** What grows along the curve. */
  x: number;
  parts: number;
  part_bytes: number;
  /** Of the parts that were replaced. */
  moved_bytes: number;
  costs: Costs;
  /** Worker threads; absent for the default. */
  concurrency?: number;
  runs: BuildReport[];
  /** The copies that the first build asked for, by a minimal client; absent where that was not measured. */
  bare?: BareReport[];
}

export interface BareReport {
  in_flight: number;
  /** Without the start of the program. */
  seconds: Spread;
}

/** What one build of the command cost. Requests and bytes are those of the last run. */
export interface BuildReport {
  build: string;
  cost: CostReport;
  gb_per_second: number;
  cpu_ms_per_part: number;
  requests: Record<string, number>;
  requests_per_part: number;
  copies: number;
  copied_bytes: number;
  /** Of bodies. */
  uploaded_bytes: number;
  downloaded_bytes: number;
  in_flight: { peak: number; mean: number };
  /** Requests that were told to slow down, over all. */
  slowed_down_share: number;
  /** Requests answered in the busiest seconds, over those that the limit allows: the median of the better half. */
  allowed_rate_reached: { reads?: number; writes?: number };
  /** Of the model's own process: what it took from ours. */
  model_cpu_seconds: number;
  /** Over the bare copies' seconds, by requests in flight. */
  time_vs_copies?: Record<string, number>;
}

/** Planning alone, footers included. */
export interface ModelPlanning {
  /** Of all data sets together. */
  parts: number;
  costs: Costs;
  runs: PlanningReport[];
}

export interface PlanningReport {
  build: string;
  cost: CostReport;
  cpu_ms_per_part: number;
  requests: Record<string, number>;
  /** While footers are read: the median of the better half of the seconds. */
  footers_per_second: number;
}

export interface ModelReport {
  kind: 's3-model';
  preset: string;
  machine: Machine;
  ran: Circumstances;
  points: ModelPoint[];
  planning: ModelPlanning[];
  targets: TargetReport[];
}

export interface BuildCosts {
  build: string;
  costs: readonly Cost[];
  stats: Stats;
}

export function buildReport(
  { build, costs, stats }: BuildCosts,
  { parts, movedBytes, limits }: { parts: number; movedBytes: number; limits: Costs },
  bare: readonly BareReport[],
): BuildReport {
  const cost = costReport(costs);
  const { median: seconds } = cost.seconds;
  const total = sum(stats.requests);
  const slowed = sum(stats.slowDowns);
  return {
    build,
    cost,
    gb_per_second: rounded(movedBytes / 1e9 / seconds),
    cpu_ms_per_part: rounded((cost.cpu_seconds * 1000) / parts),
    requests: stats.requests,
    requests_per_part: rounded((total + slowed) / parts),
    copies: stats.requests['UploadPartCopy'] ?? 0,
    copied_bytes: stats.copiedBytes,
    uploaded_bytes: stats.bytesIn,
    downloaded_bytes: stats.bytesOut,
    in_flight: { peak: stats.peakInFlight, mean: rounded(stats.waitedMs / Math.max(1, stats.durationMs)) },
    slowed_down_share: rounded(slowed / Math.max(1, total + slowed)),
    allowed_rate_reached: {
      ...rateReached('reads', stats.readsBySecond, limits.readsPerSecond),
      ...rateReached('writes', stats.writesBySecond, limits.writesPerSecond),
    },
    model_cpu_seconds: rounded(stats.cpuSeconds),
    ...(bare.length > 0 && {
      time_vs_copies: Object.fromEntries(
        bare.map(({ in_flight, seconds: { median: limit } }) => [in_flight, rounded(seconds / limit)]),
      ),
    }),
  };
}

export function bareReport(inFlight: number, seconds: readonly number[]): BareReport {
  return { in_flight: inFlight, seconds: spreadOf(seconds) };
}

export function planningReport({ build, costs, stats }: BuildCosts, parts: number): PlanningReport {
  const cost = costReport(costs);
  return {
    build,
    cost,
    cpu_ms_per_part: rounded((cost.cpu_seconds * 1000) / parts),
    requests: stats.requests,
    footers_per_second: rounded(inBetterHalf(stats.readsBySecond)),
  };
}

function rateReached(name: 'reads' | 'writes', bySecond: readonly number[], limit: number): object {
  return limit === 0 || bySecond.length === 0 ? {} : { [name]: rounded(inBetterHalf(bySecond) / limit) };
}

/**
 * Requests in one of the busier seconds: reads and writes take turns in a run, and its first and last seconds are no
 * whole ones.
 */
function inBetterHalf(bySecond: readonly number[]): number {
  if (bySecond.length === 0) return 0;
  const sorted = [...bySecond].sort((a, b) => b - a);
  return median(sorted.slice(0, Math.ceil(sorted.length / 2)));
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}

/** Of the first build. */
export function modelTargetsOf(
  points: readonly ModelPoint[],
  planning: readonly ModelPlanning[],
): TargetReport[] {
  const of = (curve: ModelCurve): ModelPoint[] => points.filter((point) => point.curve === curve);
  return [
    ...of('parts').flatMap((point) => (point.parts === MODEL_PARTS ? mainTargets(point) : [])),
    ...flatPerPart(of('parts')),
    ...latencyTargets(of('latency')),
    ...of('rates').flatMap(rateTargets),
    ...planning.flatMap(planningTargets),
  ];
}

type Limit = Pick<TargetReport, 'target' | 'ratio' | 'value'>;

function judged(graph: string, limit: Limit, met: (value: number) => boolean, bound: number): TargetReport {
  return { ...limit, target: `model of S3: ${limit.target}`, graph, limit: bound, met: met(limit.value) };
}

function atMost(graph: string, target: string, ratio: string, value: number, limit: number): TargetReport {
  return judged(graph, { target, ratio, value }, (measured) => measured <= limit, limit);
}

function atLeast(graph: string, target: string, ratio: string, value: number, limit: number): TargetReport {
  return judged(graph, { target, ratio, value }, (measured) => measured >= limit, limit);
}

const inParts = (parts: number): string => `${parts.toLocaleString('en')} parts`;

function mainTargets({ parts, runs: [ours] }: ModelPoint): TargetReport[] {
  if (!ours) return [];
  const graph = inParts(parts);
  return [
    atLeast(graph, '≥ 5 GB/s', 'gb_per_second', ours.gb_per_second, 5),
    atMost(graph, 'peak RSS < 300 MB', 'peak_rss_mb', ours.cost.peak_rss_mb, 299),
    atMost(graph, '≤ 35 ms of processor a part', 'cpu_ms_per_part', ours.cpu_ms_per_part, 35),
    atMost(graph, '≤ 45 requests a part', 'requests_per_part', ours.requests_per_part, 45),
  ];
}

/** Seconds a part, from 1,600 parts to the most. */
function flatPerPart(points: readonly ModelPoint[]): TargetReport[] {
  const [base, largest] = [points.find(({ parts }) => parts === MODEL_PARTS), points.at(-1)];
  if (!base || !largest || largest.parts <= base.parts) return [];
  const value = rounded(secondsOf(largest) / largest.parts / (secondsOf(base) / base.parts));
  const target = 'flat: seconds a part over those in 1,600 parts, ≤ 1.1';
  return [atMost(inParts(largest.parts), target, 'seconds_per_part_growth', value, 1.1)];
}

function latencyTargets(points: readonly ModelPoint[]): TargetReport[] {
  const [first] = points;
  return points.slice(1).map((point) => {
    const value = rounded(secondsOf(point) / secondsOf(first!));
    const limit = point.x / first!.x;
    const target = `time from ${first!.x} to ${point.x} ms of latency grows less than ${limit} ×`;
    return atMost(inParts(point.parts), target, 'seconds_growth', value, limit);
  });
}

function rateTargets({ parts, runs: [ours] }: ModelPoint): TargetReport[] {
  if (!ours) return [];
  const { reads = 0, writes = 0 } = ours.allowed_rate_reached;
  const [graph, value] = [inParts(parts), Math.max(reads, writes)];
  return [
    atLeast(graph, '≥ 85 % of the allowed rate', 'allowed_rate_reached', value, 0.85),
    atMost(graph, '≤ 5 % of requests repeated', 'slowed_down_share', ours.slowed_down_share, 0.05),
  ];
}

function planningTargets({ parts, runs: [ours] }: ModelPlanning): TargetReport[] {
  if (!ours) return [];
  const graph = inParts(parts);
  return [
    atLeast(graph, '≥ 4,000 footers a second', 'footers_per_second', ours.footers_per_second, 4000),
    ...(parts < 1_000_000
      ? []
      : [
          atMost(graph, 'planned in ≤ 300 s', 'planning_seconds', rounded(ours.cost.seconds.median), 300),
          atMost(graph, 'planned in < 1 GB', 'planning_peak_rss_mb', ours.cost.peak_rss_mb, 1023),
        ]),
  ];
}

function secondsOf({ runs: [ours] }: ModelPoint): number {
  return ours?.cost.seconds.median ?? NaN;
}
