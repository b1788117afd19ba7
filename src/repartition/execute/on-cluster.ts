/** Tasks on a cluster: neighbours go there together, about as much work in each batch. */
import pMap from 'p-map';
import { interrupted } from '../../errors.js';
import type { StorageProfile } from '../../storage/storage.js';
import type { Cluster } from '../cluster.js';
import type { Task, TaskResult } from '../model.js';
import { failedOn } from '../work/failed-on.js';
import type { WorkerSetup } from '../work/lines.js';
import type { Executor } from './executor.js';
import { bytesOf } from './turns.js';

/** What a task costs beside its bytes, as bytes that are copied in that time. */
const TASK_COST = 8 * 1024 * 1024;
/** Of a batch, so that its answers do not come too late: a few seconds of a worker. */
const MOST_COST = 10 * 1024 ** 3;
const MOST_TASKS = 64;
/** So many for each core, so that none waits long for another at the end; a cluster may grow with its work. */
const BATCHES_PER_CORE = 4;
const FEWEST_CORES = 64;
/** Batches that a cluster has in hand. */
const BATCHES_AHEAD = 1024;

export interface ClusterWork {
  setup: WorkerSetup;
  profile: Pick<StorageProfile, 'turns' | 'batchesPerThread' | 'tasksPerBatch'>;
  /** How many tasks there are, and what they cost together, see {@link costOf}. */
  tasks: number;
  cost: number;
  /** Ends whatever the cluster still does, when a task has failed or somebody asks to stop. Without it, that is waited for. */
  stop?: () => Promise<void>;
}

export function onCluster(cluster: Cluster, { setup, stop, ...work }: ClusterWork): Executor {
  return {
    async run(tasks, { signal, onResult }) {
      let failure: { error: unknown } | undefined;
      let stopping: Promise<void> | undefined;
      const fail = (error: unknown): void => {
        failure ??= { error };
        stopping ??= stop?.();
      };
      const onAbort = (): void => fail(interrupted(signal));
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort);
      try {
        await pMap(
          batches(tasks, enoughFor(cluster.cores, work)),
          async (batch) => {
            if (failure) return;
            try {
              for (const result of await made(cluster, setup, batch)) onResult(result);
            } catch (error) {
              fail(error);
            }
          },
          { concurrency: Math.max(BATCHES_AHEAD, cluster.cores * BATCHES_PER_CORE) },
        );
        await stopping;
        if (failure) throw failure.error;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    // Whoever has started the cluster ends it.
    close: () => Promise.resolve(),
  };
}

/** What a task costs: bytes to copy, and what it takes besides. In whole numbers, so that equal ones add up to equal sums. */
export function costOf(task: Task): number {
  return TASK_COST + Math.round(bytesOf(task));
}

/**
 * What a batch costs that is large enough. Where a worker waits for answers it has many tasks side by side, and a batch with
 * fewer takes as long; so it gets as many, but not so many that another core has none, and all cores get about as much.
 */
function enoughFor(
  cores: number,
  { profile, tasks, cost }: Pick<ClusterWork, 'profile' | 'tasks' | 'cost'>,
): number {
  const share = cost / (Math.max(cores, FEWEST_CORES) * BATCHES_PER_CORE);
  const { turns, batchesPerThread, tasksPerBatch } = profile;
  const sideBySide =
    turns.of === 'whole' ? turns.atOnce : Math.min(MOST_TASKS, batchesPerThread * tasksPerBatch);
  const rounds = Math.ceil(Math.max(tasks / sideBySide, cost / MOST_COST) / cores);
  return Math.min(MOST_COST, Math.max(share, cost / (cores * rounds)));
}

/** Neighbours until they cost so much. */
function* batches(tasks: Iterable<Task>, enough: number): Generator<Task[]> {
  let [batch, cost]: [Task[], number] = [[], 0];
  for (const task of tasks) {
    batch.push(task);
    cost += costOf(task);
    if (batch.length < MOST_TASKS && cost < enough) continue;
    yield batch;
    [batch, cost] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

async function made(cluster: Cluster, setup: WorkerSetup, batch: readonly Task[]): Promise<TaskResult[]> {
  const requests = batch.map((make) => ({ id: make.id, make }));
  const outcome = await cluster.run(setup, requests);
  // What a cluster can't do it can't do as a whole: the first part stands for all.
  if ('error' in outcome) throw failedOn(outcome.executor, `it made ${batch[0]!.output}`, outcome);
  const answers = new Map(outcome.answers.map((answer) => [answer.id, answer]));
  return batch.map(({ id, output }) => {
    const answer = answers.get(id);
    if (answer && 'made' in answer) return answer.made;
    throw failedOn(outcome.executor, `it made ${output}`, answer);
  });
}
