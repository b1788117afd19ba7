/** Runs tasks in Piscina's worker threads, stops all of them when one fails or somebody asks to. */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import pMap from 'p-map';
import { Piscina } from 'piscina';
import { fromErrorMessage, interrupted } from '../../errors.js';
import { DEFAULT_MEMORY, Memory } from '../../memory.js';
import type { StorageLocation, StorageProfile } from '../../storage/storage.js';
import type { Task, TaskResult } from '../model.js';
import type { Executor } from './executor.js';
import type { WorkerReply, WorkerSetup } from './worker.js';

export interface ThreadOptions {
  location: StorageLocation;
  profile: StorageProfile;
  /** By default as many as the machine runs at once, but no more than the storage gains from. */
  threads: number | undefined;
  /** Bytes that the process may take. */
  memory: number | undefined;
  /** As far as known, so that no thread waits for nothing. */
  mostTasks: number;
}

/**
 * Short-lived buffers and SDK objects: a small nursery is collected often, and keeps the threads' memory down. Measured
 * with 2 MB instead of 8 MB: eight threads on a disk save 80 MB, two on S3 50 MB, and neither is slower.
 */
const NURSERY_MB = 2;
/** For threads that are still loading when a run ends early: a tenth of a second, and ten if one should have died. */
const [WAIT_MS, MOST_WAITS] = [5, 2_000];

/**
 * Sets threads off, which takes them a tenth of a second: whoever has something else to do meanwhile does that first.
 * Closing waits for those that are still starting.
 */
export function inThreads({ location, profile, threads, memory, mostTasks }: ThreadOptions): Executor {
  const perThread = profile.batchesPerThread;
  const most = Math.min(availableParallelism(), profile.mostThreads);
  const count = Math.max(1, Math.min(threads ?? most, mostTasks));
  const perBatch = Math.min(profile.tasksPerBatch, Math.ceil(mostTasks / count));
  const stopped = new Int32Array(new SharedArrayBuffer(4));
  const loaded = new Int32Array(new SharedArrayBuffer(4));
  const setup: WorkerSetup = {
    location,
    profile,
    stopChannel: `gs-repartition-${randomUUID()}`,
    stopped,
    memory: Memory.within(memory ?? DEFAULT_MEMORY).share(),
    loaded,
  };
  const channel = new BroadcastChannel(setup.stopChannel);
  const pool = new Piscina<Task[], WorkerReply[]>({
    filename: new URL('./worker-entry.cjs', import.meta.url).href,
    minThreads: count,
    maxThreads: count,
    concurrentTasksPerWorker: perThread,
    workerData: setup,
    resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
  });
  let failure: Error | undefined;
  let isClosed = false;
  const stop = (reason: unknown): void => {
    failure ??= reason instanceof Error ? reason : new Error(String(reason));
    Atomics.store(stopped, 0, 1);
    // A thread may still die while the pool is closing.
    if (!isClosed) channel.postMessage('stop');
  };
  // A thread that fails to start.
  pool.on('error', stop);

  return {
    async run(tasks, { signal, onResult }) {
      const onAbort = (): void => stop(interrupted(signal));
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort);
      try {
        await pMap(
          batches(tasks, perBatch),
          async (batch) => {
            if (failure) return;
            try {
              for (const reply of await pool.run(batch)) onResult(accept(reply));
            } catch (error) {
              stop(error);
            }
          },
          { concurrency: count * perThread },
        );
        if (failure) throw failure;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    async close() {
      isClosed = true;
      channel.close();
      // Ended while it loads modules, a thread may hang (Node.js 24), or take the process with it (`worker-entry.cts`).
      const isLoading = (): boolean => Atomics.load(loaded, 0) < count;
      for (let waits = 0; isLoading() && waits < MOST_WAITS; waits++) await sleep(WAIT_MS);
      await pool.destroy();
    },
  };
}

function* batches(tasks: Iterable<Task>, size: number): Generator<Task[]> {
  let batch: Task[] = [];
  for (const task of tasks) {
    batch.push(task);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function accept(reply: WorkerReply): TaskResult {
  if (reply.ok) return reply.result;
  throw fromErrorMessage(reply.error);
}
