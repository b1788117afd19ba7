/**
 * The alignment on more and more executors of a local Spark, in the model of S3. Its latency decides, and a ceiling on the
 * requests of each worker, as long as there are processors for all of them.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Cluster, type Progress, repartition, startSpark } from 'gs-repartition';
import { BenchError } from '../bench-error.js';
import { type Circumstances, describeMachine } from '../machine.js';
import type { Costs } from '../s3-model/costs.js';
import { boundaryGraph, PREFIX } from '../s3-model/graph.js';
import { CREDENTIALS, Model } from '../s3-model/model.js';
import { formatSeconds } from '../units.js';
import { processesBelow } from './processes.js';
import {
  type ExecutorsCpu,
  type ExecutorsReport,
  type ExecutorsRun,
  executorsTargetsOf,
  pointOf,
} from './report.js';

export interface ExecutorsRequest {
  executors: readonly number[];
  parts: number;
  partBytes: number;
  costs: Costs;
  /** Of each worker. */
  maxConcurrentRequests: number;
  /** `spark-submit`. */
  submit: string;
}

export interface ExecutorsContext {
  ran: Circumstances;
  folder: string;
  log: (line: string) => void;
}

/** How often a run says how far it is. */
const PROGRESS_MS = 10_000;

/** @throws BenchError when a run makes another number of parts than the others */
export async function measureExecutors(
  request: ExecutorsRequest,
  { ran, folder, log }: ExecutorsContext,
): Promise<ExecutorsReport> {
  const { parts, partBytes, costs, maxConcurrentRequests } = request;
  const machine = await describeMachine(folder);
  log(`${parts} parts: making the templates`);
  const { recipe } = await boundaryGraph(parts, partBytes, folder);
  const model = await Model.start(recipe, costs, join(folder, 'model'));
  Object.assign(process.env, CREDENTIALS);
  const report: ExecutorsReport = {
    kind: 'executors',
    preset: 'executors',
    machine,
    ran,
    parts,
    part_bytes: partBytes,
    moved_bytes: 0,
    costs,
    max_concurrent_requests: maxConcurrentRequests,
    points: [],
    targets: [],
  };
  try {
    let first: ExecutorsRun | undefined;
    for (const executors of request.executors) {
      const { run, movedBytes } = await measureRun(model, request, executors, (line) =>
        log(`${executors} executors: ${line}`),
      );
      first ??= run;
      report.moved_bytes = movedBytes;
      report.points.push(pointOf(run, first, { parts, movedBytes, cores: availableParallelism() }));
      log(JSON.stringify(report.points.at(-1)));
    }
  } finally {
    await model.stop();
  }
  report.targets = executorsTargetsOf(report.points, parts);
  return report;
}

async function measureRun(
  model: Model,
  { parts, maxConcurrentRequests, submit }: ExecutorsRequest,
  executors: number,
  log: (line: string) => void,
): Promise<{ run: ExecutorsRun; movedBytes: number }> {
  log('starting Spark');
  const clock = new Clock();
  const cluster = await startSpark({
    master: `local-cluster[${executors},1,512]`,
    submit,
    conf: confOf(executors),
  });
  const start = clock.lap();
  try {
    await model.restore();
    await model.reset();
    const before = cpuNow();
    const { laps, movedBytes } = await align(model, cluster, { parts, maxConcurrentRequests }, log);
    const after = cpuNow();
    const stats = await model.stats();
    clock.lap();
    await cluster.close();
    return {
      run: {
        executors,
        seconds: { start, ...laps, end: clock.lap() },
        cpuSeconds: {
          workers: after.workers - before.workers,
          spark: after.spark - before.spark,
          command: after.command - before.command,
          model: stats.cpuSeconds,
        },
        requests: stats.requests,
        inFlight: stats.waitedMs / stats.durationMs,
      },
      movedBytes,
    };
  } finally {
    await cluster.close();
    await model.restore();
  }
}

/** Until all executors are there Spark waits, so that none joins a run late. */
function confOf(executors: number): string[] {
  return [
    'spark.executor.memory=512m',
    `spark.cores.max=${executors}`,
    'spark.scheduler.minRegisteredResourcesRatio=1',
    'spark.scheduler.maxRegisteredResourcesWaitingTime=120s',
    'spark.ui.enabled=false',
    'spark.driver.host=127.0.0.1',
    'spark.driver.bindAddress=127.0.0.1',
  ];
}

async function align(
  model: Model,
  cluster: Cluster,
  { parts, maxConcurrentRequests }: Pick<ExecutorsRequest, 'parts' | 'maxConcurrentRequests'>,
  log: (line: string) => void,
): Promise<{ laps: { prepare: number; parts: number; commit: number }; movedBytes: number }> {
  const clock = new Clock();
  const laps: { prepare?: number; parts?: number } = {};
  let told = Date.now();
  const onProgress = ({ phase, done, total }: Progress): void => {
    if (phase === 'parts') laps.prepare ??= clock.lap();
    if (phase === 'verify') laps.parts ??= clock.lap();
    if (Date.now() < told + PROGRESS_MS) return;
    told = Date.now();
    log(`${phase}: ${done} of ${total}`);
  };
  const summary = await repartition({
    inputPrefix: `s3://${model.bucket}/${PREFIX}`,
    s3: { endpointUrl: model.endpoint, region: 'us-east-1', maxConcurrentRequests },
    cluster,
    onProgress,
  });
  const commit = clock.lap();
  const { prepare, parts: made } = laps;
  if (summary.parts.spliced !== parts || prepare === undefined || made === undefined) {
    throw new BenchError(
      `${summary.parts.spliced} parts were made where ${parts} belong`,
      'Look at the model.',
    );
  }
  log(
    `${formatSeconds(prepare)} to prepare, ${formatSeconds(made)} for the parts, ${formatSeconds(commit)} to commit`,
  );
  return { laps: { prepare, parts: made, commit }, movedBytes: summary.bytes.copied + summary.bytes.written };
}

/** Seconds since it was last asked. */
class Clock {
  private last = performance.now();

  lap(): number {
    const [before, now] = [this.last, performance.now()];
    this.last = now;
    return (now - before) / 1000;
  }
}

function cpuNow(): Omit<ExecutorsCpu, 'model'> {
  const { user, system } = process.cpuUsage();
  const sum = { workers: 0, spark: 0, command: (user + system) / 1e6 };
  for (const { command, cpuSeconds } of processesBelow()) {
    if (command.includes('serve.mjs')) continue;
    sum[command.includes(' worker --setup ') ? 'workers' : 'spark'] += cpuSeconds;
  }
  return sum;
}
