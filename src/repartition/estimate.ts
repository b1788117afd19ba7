/** What a plan will take, as far as its storage can tell from a short probe. Nothing is written. */
import type { CallOptions, Estimate, Probe, Storage, WorkAhead } from '../storage/storage.js';
import { tasksOf } from './prepare/plan.js';
import type { DataSetPlan, PartFacts, Plan } from './model.js';

/** Small reads tell how long an answer takes, a large one how fast bytes come. */
const SMALL_BYTES = 4096;
const SMALL_READS = 3;
const LARGE_BYTES = 8 * 1024 * 1024;

/** @returns undefined where there is nothing to do, or the storage can't tell */
export async function estimateOn(
  storage: Storage,
  plan: Plan,
  options: CallOptions,
): Promise<Estimate | undefined> {
  const source = largestSource(plan);
  if (!storage.estimate || !source) return undefined;
  return storage.estimate(workOf(plan), await probe(storage, source, options));
}

/** What the storage will be asked to do; new parts of a data set are taken for equally large. */
function workOf(plan: Plan): WorkAhead {
  const dataSets = plan.groups.flatMap((group) => group.dataSets);
  return {
    partsRead: dataSets.reduce((sum, { sources }) => sum + sources.length, 0),
    made: dataSets.filter((dataSet) => tasksOf(dataSet) > 0).map(madeOf),
  };
}

function madeOf(dataSet: DataSetPlan): WorkAhead['made'][number] {
  const { sources, spliced, reencoded, cuts } = dataSet;
  return {
    parts: spliced.parts + reencoded.parts,
    columns: sources[0]?.columns ?? 1,
    bytesCopied: spliced.bytes,
    bytesMade: reencoded.bytes,
    cuts: cuts.count,
    bytesBesideCuts: cuts.shorterBytes,
  };
}

function largestSource(plan: Plan): PartFacts | undefined {
  let largest: PartFacts | undefined;
  for (const dataSet of plan.groups.flatMap(({ dataSets }) => dataSets)) {
    if (tasksOf(dataSet) === 0) continue;
    for (const part of dataSet.sources) if (part.size > (largest?.size ?? 0)) largest = part;
  }
  return largest;
}

async function probe(
  storage: Storage,
  { path, size, version }: PartFacts,
  options: CallOptions,
): Promise<Probe> {
  const read = async (start: number, bytes: number): Promise<number> => {
    const started = performance.now();
    await storage.read(path, start, Math.min(size, start + bytes), { ...options, version });
    return (performance.now() - started) / 1000;
  };
  const small: number[] = [];
  // Each at another place, so that none is answered from what another brought.
  for (let i = 0; i < SMALL_READS; i++)
    small.push(await read(Math.floor((size / SMALL_READS) * i), SMALL_BYTES));
  const secondsToAnswer = Math.min(...small);
  const bytes = Math.min(size, LARGE_BYTES);
  const secondsForBytes = Math.max((await read(0, bytes)) - secondsToAnswer, 1e-6);
  return { secondsToAnswer, bytesPerSecond: bytes / secondsForBytes };
}
