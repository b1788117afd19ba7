/** The report of the benchmark in the model of S3. Pure. */
import type { Circumstances, Machine } from '../machine.js';
import type { Cost } from '../measure/measure.js';
import { costReport, type CostReport, type TargetReport } from '../report.js';
import { median, rounded, type Spread, spreadOf } from '../stats.js';
import type { Costs } from './costs.js';
import type { Stats } from './counters.js';

/** One graph in the model, aligned by one build of the command or by several in turns. */
export interface ModelPoint {
  curve: string;
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

export interface ModelReport {
  kind: 's3-model';
  preset: string;
  machine: Machine;
  ran: Circumstances;
  points: ModelPoint[];
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

/** Reads and writes take turns in a run, and its last second is not a whole one: so the better half of the seconds. */
function rateReached(name: 'reads' | 'writes', bySecond: readonly number[], limit: number): object {
  if (limit === 0 || bySecond.length === 0) return {};
  const better = [...bySecond].sort((a, b) => b - a).slice(0, Math.ceil(bySecond.length / 2));
  return { [name]: rounded(median(better) / limit) };
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}

/** Limits of the run that the others are measured beside: 213 GB in 1,600 parts. */
const MAIN_PARTS = 1600;

export function modelTargetsOf(points: readonly ModelPoint[]): TargetReport[] {
  return points
    .filter(({ curve, parts }) => curve === 'main' && parts >= MAIN_PARTS)
    .flatMap(({ parts, runs: [ours] }) => {
      if (!ours) return [];
      const graph = `${parts.toLocaleString('en')} parts`;
      const atMost = (target: string, ratio: string, value: number, limit: number): TargetReport => {
        return { target: `model of S3: ${target}`, ratio, graph, value, limit, met: value <= limit };
      };
      return [
        { ...atMost('≥ 5 GB/s', 'gb_per_second', ours.gb_per_second, 5), met: ours.gb_per_second >= 5 },
        atMost('peak RSS < 300 MB', 'peak_rss_mb', ours.cost.peak_rss_mb, 300),
        atMost('≤ 35 ms of processor a part', 'cpu_ms_per_part', ours.cpu_ms_per_part, 35),
        atMost('≤ 45 requests a part', 'requests_per_part', ours.requests_per_part, 45),
      ];
    });
}
