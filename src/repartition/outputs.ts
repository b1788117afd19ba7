/** Output parts in storage: which exist from an earlier run, and whether all are what was planned. */
import { posix } from 'node:path';
import pMap from 'p-map';
import { RepartitionError } from '../errors.js';
import type { CallOptions, Storage } from '../storage/storage.js';
import { readPart } from './inventory.js';
import type { DataSetPlan, PartFacts, Task } from './model.js';
import { dataSetName } from './names.js';

const READS_AT_ONCE = 64;

/** A task, and the data set it belongs to. */
export interface OwnedTask {
  owner: string;
  task: Task;
}

export function ownedTasks(plans: readonly DataSetPlan[]): OwnedTask[] {
  return plans.flatMap((plan) => {
    const owner = dataSetName(plan.dataSet);
    return plan.parts.flatMap((part) => (part.kind === 'make' ? [{ owner, task: part.task }] : []));
  });
}

/**
 * Of the tasks' outputs, those that an earlier run finished. A name is a hash of all that goes into a part and a part
 * appears whole, so one that exists is done; that it can be read and has its rows is checked all the same.
 */
export async function findFinished(
  storage: Storage,
  owned: readonly OwnedTask[],
  options: CallOptions,
): Promise<Set<string>> {
  const folders = new Set(owned.map(({ task }) => folderOf(task.output)));
  const existing = new Set<string>();
  await pMap(
    folders,
    async (folder) => {
      for (const { path } of await storage.list(folder, options)) existing.add(path);
    },
    { concurrency: READS_AT_ONCE },
  );
  const finished = new Set<string>();
  await pMap(
    owned.filter(({ task }) => existing.has(task.output)),
    async ({ owner, task }) => {
      const problem = await checkOutput(storage, owner, task, options);
      if (problem === undefined) finished.add(task.output);
    },
    { concurrency: READS_AT_ONCE },
  );
  return finished;
}

/**
 * Reads every output's footer back from storage.
 * @throws RepartitionError `storage` when one is not what was planned
 */
export async function verifyOutputs(
  storage: Storage,
  owned: readonly OwnedTask[],
  options: CallOptions & { onPart?: () => void },
): Promise<void> {
  await pMap(
    owned,
    async ({ owner, task }) => {
      const problem = await checkOutput(storage, owner, task, options);
      if (problem !== undefined) {
        throw new RepartitionError('storage', `${storage.describe(task.output)}: ${problem}`, {
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
  owner: string,
  task: Task,
  options: CallOptions,
): Promise<string | undefined> {
  let part: PartFacts;
  try {
    part = await readPart(storage, owner, task.output, options);
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
