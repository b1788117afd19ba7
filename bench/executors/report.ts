/** The report of the alignment on more and more executors. Pure. */
import type { Circumstances, Machine } from '../machine.js';
import type { TargetReport } from '../report.js';
import type { Costs } from '../s3-model/costs.js';
import { rounded } from '../stats.js';

/** Seconds of one run, as it went on. */
export interface ExecutorsTimes {
  /** Until Spark had all its executors. */
  start: number;
  /** Metadata, footers, the plan. */
  prepare: number;
  parts: number;
  /** Made parts read back, all looked at once more, published. */
  commit: number;
  /** Until Spark was gone. */
  end: number;
}

/** Of processor time, all but Spark's start and end. */
export interface ExecutorsCpu {
  workers: number;
  /** Java and Python. */
  spark: number;
  /** This process, where the command runs. */
  command: number;
  model: number;
}

export interface ExecutorsRun {
  executors: number;
  seconds: ExecutorsTimes;
  cpuSeconds: ExecutorsCpu;
  requests: Record<string, number>;
  /** Requests that were under way at the same time, on average over the run. */
  inFlight: number;
}

export interface ExecutorsPoint extends ExecutorsRun {
  gb_per_second: number;
  requests_per_part: number;
  /** Of what the machine's processors could have done meanwhile. */
  cpu_share: number;
  /** Of the speed that so many times the first run's executors would have. */
  efficiency: {
    /** While parts were made. */
    parts: number;
    /** From the first request to the published metadata: what a run on a Spark that is there takes. */
    run: number;
    /** With Spark's start and end. */
    whole: number;
  };
}

export interface ExecutorsReport {
  kind: 'executors';
  preset: string;
  machine: Machine;
  ran: Circumstances;
  parts: number;
  part_bytes: number;
  moved_bytes: number;
  costs: Costs;
  /** Of each worker, in flight. */
  max_concurrent_requests: number;
  points: ExecutorsPoint[];
  targets: TargetReport[];
}

const runOf = ({ prepare, parts, commit }: ExecutorsTimes): number => prepare + parts + commit;
const wholeOf = (times: ExecutorsTimes): number => times.start + runOf(times) + times.end;

/** @param first the run that others are compared with */
export function pointOf(
  run: ExecutorsRun,
  first: ExecutorsRun,
  { parts, movedBytes, cores }: { parts: number; movedBytes: number; cores: number },
): ExecutorsPoint {
  const { executors, seconds, cpuSeconds, requests } = run;
  const efficiency = (of: (times: ExecutorsTimes) => number): number =>
    rounded((of(first.seconds) * first.executors) / (of(seconds) * executors));
  const cpu = Object.values<number>({ ...cpuSeconds }).reduce((sum, one) => sum + one, 0);
  return {
    ...run,
    seconds: allRounded(seconds),
    cpuSeconds: allRounded(cpuSeconds),
    inFlight: rounded(run.inFlight),
    gb_per_second: rounded(movedBytes / 1e9 / seconds.parts),
    requests_per_part: rounded(Object.values(requests).reduce((sum, one) => sum + one, 0) / parts),
    cpu_share: rounded(cpu / (runOf(seconds) * cores)),
    efficiency: {
      parts: efficiency((times) => times.parts),
      run: efficiency(runOf),
      whole: efficiency(wholeOf),
    },
  };
}

function allRounded<T extends object>(values: T): T {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, rounded(value as number)]),
  ) as T;
}

const [AT, LIMIT] = [4, 0.8];

export function executorsTargetsOf(points: readonly ExecutorsPoint[], parts: number): TargetReport[] {
  return points
    .filter(({ executors }) => executors === AT)
    .map(({ efficiency: { parts: value } }) => ({
      target: `Spark: ≥ ${LIMIT * 100} % of linear on ${AT} executors, while parts are made`,
      ratio: 'efficiency',
      graph: `${parts.toLocaleString('en')} parts`,
      value,
      limit: LIMIT,
      met: value >= LIMIT,
    }));
}
