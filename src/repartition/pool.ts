/** Runs tasks in Piscina's worker threads, stops all of them when one fails or somebody asks to. */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { BroadcastChannel } from 'node:worker_threads';
import pMap from 'p-map';
import { Piscina } from 'piscina';
import { interrupted, RepartitionError } from '../errors.js';
import type { StorageLocation } from '../storage/storage.js';
import type { Task, TaskResult } from './model.js';
import type { WorkerReply, WorkerSetup } from './worker.js';

export interface PoolOptions {
  location: StorageLocation;
  /** Worker threads; by default as many as the machine runs at once, within `MOST_THREADS`. */
  threads: number | undefined;
  signal: AbortSignal | undefined;
  onResult: (result: TaskResult) => void;
}

/** On S3 a task mostly waits for the network, so a thread has several under way; a disk keeps one thread busy. */
const TASKS_PER_THREAD = { local: 1, s3: 8 };
/** A few threads fill a disk or a network card, and each takes memory: 30 MB, with the AWS SDK and its buffers 70. */
const MOST_THREADS = { local: 4, s3: 2 };

/**
 * Runs all tasks.
 * @throws the first task's error, after the others have stopped and cleaned up; `interrupted` when the signal fires
 */
export async function runTasks(tasks: readonly Task[], options: PoolOptions): Promise<void> {
  if (tasks.length === 0) return;
  const { location, signal } = options;
  const perThread = TASKS_PER_THREAD[location.kind];
  const most = Math.min(availableParallelism(), MOST_THREADS[location.kind]);
  const threads = Math.min(options.threads ?? most, tasks.length);
  const stopped = new Int32Array(new SharedArrayBuffer(4));
  const setup: WorkerSetup = { location, stopChannel: `gs-repartition-${randomUUID()}`, stopped };
  const channel = new BroadcastChannel(setup.stopChannel);
  const pool = new Piscina<Task, WorkerReply>({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: perThread,
    workerData: setup,
    // Short-lived buffers and SDK objects: a small nursery is collected often, and keeps the threads' memory down.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  let failure: Error | undefined;
  const stop = (reason: Error): void => {
    failure ??= reason;
    Atomics.store(stopped, 0, 1);
    channel.postMessage('stop');
  };
  const onAbort = (): void => stop(interrupted());
  signal?.addEventListener('abort', onAbort);
  try {
    if (signal?.aborted) throw interrupted();
    await pMap(
      tasks,
      async (task) => {
        if (failure) return;
        try {
          options.onResult(accept(await pool.run(task)));
        } catch (error) {
          stop(error instanceof Error ? error : new Error(String(error)));
        }
      },
      { concurrency: threads * perThread },
    );
    if (failure) throw failure;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    channel.close();
    await pool.destroy();
  }
}

function accept(reply: WorkerReply): TaskResult {
  if (reply.ok) return reply.result;
  if ('error' in reply) throw RepartitionError.fromReport(reply.error);
  const error = new Error(reply.internal.message);
  if (reply.internal.stack !== undefined) error.stack = reply.internal.stack;
  throw error;
}
