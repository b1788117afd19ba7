/** Runs whose progress is written down, in the model of S3 and on a disk, and whether the time left that it gave was right. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repartition, verifyPrefix, type Progress, type RepartitionOptions } from 'gs-repartition';
import { table } from '../format-report.js';
import { cloneGraph, remove } from '../graphs.js';
import type { Costs } from '../s3-model/costs.js';
import { boundaryGraph, PREFIX } from '../s3-model/graph.js';
import { CREDENTIALS, Model } from '../s3-model/model.js';
import { FLOOR, judge, type Judgement, type ToldRun } from './judge.js';

/** What happens to a run in the model. */
export const CASES = {
  plain: 'nothing',
  'held up': 'for a while in the middle S3 takes fewer requests',
  slower: 'from the middle on a request waits twice as long',
  resumed: 'half of the parts are there already',
} as const;

export type CaseName = keyof typeof CASES;

export interface TimeLeftRequest {
  cases: readonly CaseName[];
  /** One graph after the other. */
  parts: readonly number[];
  partBytes: number;
  costs: Costs;
  concurrency?: number | undefined;
  /** A file for what the runs told, if it is wanted. */
  record?: string | undefined;
}

export interface TimeLeftRow extends Judgement {
  case: string;
  seconds: number;
}

type Log = (line: string) => void;

/** @throws BenchError when templates or model cannot be made */
export async function measureTimeLeft(
  { parts, record, ...request }: TimeLeftRequest,
  folder: string,
  log: Log,
): Promise<TimeLeftRow[]> {
  const runs: ToldRun[] = [];
  const onRun = async (run: ToldRun): Promise<void> => {
    runs.push(run);
    log(`${run.name}: ${run.end.toFixed(1)} s`);
    await keep(runs, record);
  };
  for (const many of parts) await runsInModel(many, request, join(folder, `${many}`), onRun);
  return runs.map(judged);
}

/**
 * An alignment of a clone on the same disk, and a look at all of its values.
 * @param graph a folder, which is left as it is
 */
export async function measureTimeLeftOnDisk(
  { graph, concurrency, record }: { graph: string } & Pick<TimeLeftRequest, 'concurrency' | 'record'>,
  folder: string,
  log: Log,
): Promise<TimeLeftRow[]> {
  const inputPrefix = join(folder, 'graph');
  await cloneGraph(graph, inputPrefix);
  const threads = concurrency === undefined ? {} : { concurrency };
  const align = await written('disk', (onProgress) => repartition({ inputPrefix, ...threads, onProgress }));
  log(`disk: ${align.end.toFixed(1)} s`);
  const deep = await written('verify --deep', (onProgress) =>
    verifyPrefix({ inputPrefix, deep: true, onProgress }),
  );
  log(`verify --deep: ${deep.end.toFixed(1)} s`);
  await remove(inputPrefix);
  await keep([align, deep], record);
  return [align, deep].map(judged);
}

async function keep(runs: readonly ToldRun[], record: string | undefined): Promise<void> {
  if (record !== undefined) await writeFile(record, JSON.stringify(runs.map(thinned)));
}

function judged(run: ToldRun): TimeLeftRow {
  return { case: run.name, seconds: run.end, ...judge(run) };
}

async function runsInModel(
  parts: number,
  { cases, partBytes, costs, concurrency }: Omit<TimeLeftRequest, 'parts' | 'record'>,
  folder: string,
  onRun: (run: ToldRun) => Promise<void>,
): Promise<void> {
  const { recipe } = await boundaryGraph(parts, partBytes, folder);
  const model = await Model.start(recipe, costs, join(folder, 'model'));
  Object.assign(process.env, CREDENTIALS);
  const options: RepartitionOptions = {
    inputPrefix: `s3://${model.bucket}/${PREFIX}`,
    s3: { endpointUrl: model.endpoint, region: 'us-east-1' },
    ...(concurrency !== undefined && { concurrency }),
  };
  try {
    for (const name of cases) {
      if (name === 'resumed') await stopInTheMiddle(options);
      const title = `${parts} parts, ${costs.latencyMs} ms, ${name}`;
      const run = await written(title, (onProgress) =>
        repartition({
          ...options,
          onProgress(progress) {
            onProgress(progress);
            if (progress.phase === 'parts') disturb(model, costs, name, progress.share);
          },
        }),
      );
      await onRun(run);
      await model.setCosts(costs);
      await model.restore();
    }
  } finally {
    await model.stop();
  }
}

async function written(
  name: string,
  work: (onProgress: (progress: Progress) => void) => Promise<unknown>,
): Promise<ToldRun> {
  const told: ToldRun['told'] = [];
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  await work((progress) => told.push([seconds(), progress]));
  return { name, end: seconds(), told };
}

/** Of the parts: here the case's disturbance begins, and ends if it does. */
const [DISTURBED_FROM, DISTURBED_TO] = [0.4, 0.55];

const disturbed = new Map<Model, string>();

function disturb(model: Model, costs: Costs, name: CaseName, share: number): void {
  const isNow = share >= DISTURBED_FROM && (name === 'slower' || share < DISTURBED_TO);
  const wanted = isNow ? name : 'plain';
  if ((disturbed.get(model) ?? 'plain') === wanted) return;
  disturbed.set(model, wanted);
  void model.setCosts(isNow ? disturbance(name, costs) : costs);
}

function disturbance(name: CaseName, costs: Costs): Costs {
  if (name === 'held up') return { ...costs, readsPerSecond: 550, writesPerSecond: 100 };
  return name === 'slower' ? { ...costs, latencyMs: 2 * costs.latencyMs } : costs;
}

async function stopInTheMiddle(options: RepartitionOptions): Promise<void> {
  const stop = new AbortController();
  const onProgress = (progress: Progress): void => {
    if (progress.phase === 'parts' && progress.done >= progress.total / 2) stop.abort();
  };
  await repartition({ ...options, signal: stop.signal, onProgress }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
}

/** Enough to estimate from, and little enough to keep: what is told within a quarter of a second is told once. */
function thinned({ name, end, told }: ToldRun): ToldRun {
  const kept = told.filter(
    ([at, { phase }], i) =>
      phase !== told[i - 1]?.[1].phase ||
      phase !== told[i + 1]?.[1].phase ||
      Math.floor(at * 4) !== Math.floor((told[i + 1]?.[0] ?? Infinity) * 4),
  );
  return { name, end: rounded(end), told: kept.map(([at, progress]) => [rounded(at), progress]) };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

export function formatTimeLeft(rows: readonly TimeLeftRow[]): string {
  const cells = rows.map(
    ({ case: name, seconds, judged, right, strictly, explained, silent, saidFrom, worst }) => [
      name,
      `${seconds.toFixed(1)} s`,
      percent(right / judged),
      percent(strictly / judged),
      percent(explained / judged),
      percent((judged - right - explained) / judged),
      percent(silent / judged),
      saidFrom === undefined ? '' : percent(saidFrom),
      worst
        ? `${worst.said!.toFixed(1)} s where it was ${worst.truth.toFixed(1)}, at ${percent(worst.at / seconds)}`
        : '',
    ],
  );
  const head = [
    'run',
    'took',
    `right (30 % or ${FLOOR} s)`,
    'within 30 % alone',
    'said why not',
    'wrong or silent',
    'silent',
    'said from',
    'worst',
  ];
  return table(head, cells);
}
