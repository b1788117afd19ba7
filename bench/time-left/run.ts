/** Alignments in the model of S3 whose progress is written down, and whether the time left that it gave was right. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repartition, type Progress, type RepartitionOptions } from 'gs-repartition';
import type { Costs } from '../s3-model/costs.js';
import { boundaryGraph, PREFIX } from '../s3-model/graph.js';
import { CREDENTIALS, Model } from '../s3-model/model.js';
import { judge, type Judgement, type ToldRun } from './judge.js';

/** What happens to a run. */
export const CASES = {
  plain: 'nothing',
  'held up': 'for a while in the middle S3 takes fewer requests',
  slower: 'from the middle on a request waits twice as long',
  resumed: 'half of the parts are there already',
} as const;

export type CaseName = keyof typeof CASES;

export interface TimeLeftRequest {
  cases: readonly CaseName[];
  parts: number;
  partBytes: number;
  costs: Costs;
  concurrency?: number | undefined;
  /** A file for what the runs told, if it is wanted. */
  record?: string | undefined;
}

export interface TimeLeftRow extends Judgement {
  case: CaseName;
  seconds: number;
}

/** Seconds: where less is left, nobody minds. */
const LEAST = 2;

/** @throws BenchError when templates or model cannot be made */
export async function measureTimeLeft(
  { cases, parts, partBytes, costs, concurrency, record }: TimeLeftRequest,
  folder: string,
  log: (line: string) => void,
): Promise<TimeLeftRow[]> {
  const { recipe } = await boundaryGraph(parts, partBytes, folder);
  const model = await Model.start(recipe, costs, join(folder, 'model'));
  Object.assign(process.env, CREDENTIALS);
  const options: RepartitionOptions = {
    inputPrefix: `s3://${model.bucket}/${PREFIX}`,
    s3: { endpointUrl: model.endpoint, region: 'us-east-1' },
    ...(concurrency !== undefined && { concurrency }),
  };
  const runs: ToldRun[] = [];
  const rows: TimeLeftRow[] = [];
  try {
    for (const name of cases) {
      if (name === 'resumed') await stopInTheMiddle(options);
      const run = await written(options, name, (share) => disturb(model, costs, name, share));
      runs.push(run);
      rows.push({ case: name, seconds: run.end, ...judge(run, LEAST) });
      log(`${name}: ${run.end.toFixed(1)} s`);
      await model.setCosts(costs);
      await model.restore();
    }
  } finally {
    await model.stop();
  }
  if (record !== undefined) await writeFile(record, JSON.stringify(runs.map(thinned)));
  return rows;
}

/** @param onShare hears of the share of the parts that are made */
async function written(
  options: RepartitionOptions,
  name: string,
  onShare: (share: number) => void,
): Promise<ToldRun> {
  const told: ToldRun['told'] = [];
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const onProgress = (progress: Progress): void => {
    told.push([seconds(), progress]);
    if (progress.phase === 'parts') onShare(progress.share);
  };
  await repartition({ ...options, onProgress });
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
  return rows
    .map(({ case: name, seconds, judged, unsaid, within, median, worst, worstAt }) => {
      const where = worstAt
        ? ` (${worstAt.said!.toFixed(1)} s were said after ${worstAt.at.toFixed(1)} s, and it was ${worstAt.truth.toFixed(1)})`
        : '';
      return `${name}, ${CASES[name]}: a run of ${seconds.toFixed(1)} s. From a tenth of it on and with ${LEAST} s left or more, ${within} of ${judged} times were right within 30 %, ${unsaid} not said; off by ${percent(median)} in the median and ${percent(worst)} at worst${where}.`;
    })
    .join('\n');
}
