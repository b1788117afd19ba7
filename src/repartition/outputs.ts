/** Output parts in storage: which exist from an earlier run, and whether all are what was planned. */
import { posix } from 'node:path';
import pMap from 'p-map';
import { RepartitionError } from '../errors.js';
import type { CallOptions, Storage } from '../storage/storage.js';
import { readPart } from './inventory.js';
import type { DataSetPlan, PartFacts, Task } from './model.js';
import { dataSetName } from './names.js';

const READS_AT_ONCE = 64;

/** A task, and where it belongs. */
export interface OwnedTask {
  plan: DataSetPlan;
  /** Of the part in the plan's layout. */
  index: number;
  task: Task;
}

/** One by one: all tasks at once would fill the memory. */
export function* ownedTasks(plans: Iterable<DataSetPlan>): Generator<OwnedTask> {
  for (const plan of plans) {
    if (plan.made === 0) continue;
    let index = 0;
    for (const part of plan.parts) {
      if (part.kind === 'make') yield { plan, index, task: part.task };
      index++;
    }
  }
}

/** The parts that an earlier run finished. */
export class FinishedParts {
  private readonly byPlan = new Map<DataSetPlan, Set<number>>();
  size = 0;

  add({ plan, index }: OwnedTask): void {
    const parts = this.byPlan.get(plan) ?? new Set();
    this.byPlan.set(plan, parts.add(index));
    this.size++;
  }

  has({ plan, index }: OwnedTask): boolean {
    return this.byPlan.get(plan)?.has(index) ?? false;
  }
}

/**
 * Of the tasks' outputs, those that an earlier run finished. A name is a hash of all that goes into a part and a part
 * appears whole, so one that exists is done; that it can be read and has its rows is checked all the same.
 */
export async function findFinished(
  storage: Storage,
  plans: readonly DataSetPlan[],
  options: CallOptions,
): Promise<FinishedParts> {
  const existing = new Set<string>();
  await pMap(
    foldersOf(plans),
    async (folder) => {
      for (const { path } of await storage.list(folder, options)) existing.add(path);
    },
    { concurrency: READS_AT_ONCE },
  );
  const finished = new FinishedParts();
  if (existing.size === 0) return finished;
  await pMap(
    filter(ownedTasks(plans), ({ task }) => existing.has(task.output)),
    async (owned) => {
      const problem = await checkOutput(storage, owned, options);
      if (problem === undefined) finished.add(owned);
    },
    { concurrency: READS_AT_ONCE },
  );
  return finished;
}

/** New parts of a data set lie in one folder. */
function foldersOf(plans: readonly DataSetPlan[]): Set<string> {
  const folders = new Set<string>();
  for (const plan of plans) {
    for (const { task } of ownedTasks([plan])) {
      folders.add(folderOf(task.output));
      break;
    }
  }
  return folders;
}

export function* filter<T>(items: Iterable<T>, isWanted: (item: T) => boolean): Generator<T> {
  for (const item of items) if (isWanted(item)) yield item;
}

/**
 * Reads every output's footer back from storage.
 * @throws RepartitionError `storage` when one is not what was planned
 */
export async function verifyOutputs(
  storage: Storage,
  plans: readonly DataSetPlan[],
  options: CallOptions & { onPart?: () => void },
): Promise<void> {
  await pMap(
    ownedTasks(plans),
    async (owned) => {
      const problem = await checkOutput(storage, owned, options);
      if (problem !== undefined) {
        throw new RepartitionError('storage', `${storage.describe(owned.task.output)}: ${problem}`, {
          hint: 'Run the same command again; if it happens again, the storage loses what is written to it.',
        });
      }
      options.onPart?.();
    },
    { concurrency: READS_AT_ONCE },
  );
}

/** What is wrong with a finished output; undefined when nothing is. */
async function checkOutput(
  storage: Storage,
  { plan, task }: OwnedTask,
  options: CallOptions,
): Promise<string | undefined> {
  let part: PartFacts;
  try {
    part = await readPart(storage, dataSetName(plan.dataSet), task.output, options);
  } catch (error) {
    if (error instanceof RepartitionError && (error.code === 'parquet' || error.code === 'not-found')) {
      return error.message;
    }
    throw error;
  }
  if (part.rows !== task.rows) return `it has ${part.rows} rows where ${task.rows} were planned`;
  const { shape } = task.keys;
  if (shape !== undefined && (part.shape ?? null) !== shape)
    return `its shape key is ${part.shape ?? 'missing'}`;
  return undefined;
}

/** Storage calls the prefix itself the empty folder. */
function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}
