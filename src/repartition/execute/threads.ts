/** Runs tasks in Piscina's worker threads, stops all of them when a task fails or somebody asks to. */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import pMap from 'p-map';
import pLimit from 'p-limit';
import { Piscina } from 'piscina';
import { fromErrorMessage, interrupted, RepartitionError } from '../../errors.js';
import { DEFAULT_MEMORY, Memory, threadsWithin } from '../../memory.js';
import { isToldOfSentAgain, tellSentAgain } from '../../sent-again.js';
import { fewOpenFiles } from '../../storage/open-files.js';
import { COUNTERS } from '../../storage/registry.js';
import { threadHasDied } from '../../storage/process-identity.js';
import type { StorageLocation, StorageProfile } from '../../storage/storage.js';
import { Tally } from '../../storage/tally.js';
import { defaultThreads } from '../default-threads.js';
import type { Task, TaskResult } from '../model.js';
import type { Told } from './account.js';
import type { Executor } from './executor.js';
import { bytesOf } from './turns.js';
import type { FooterThreads } from './thread-reads.js';
import type { SentAgain, WorkerJob, WorkerReply, WorkerSetup } from './worker.js';

/** They make parts and read footers. */
export type Threads = Executor & FooterThreads;

export interface ThreadOptions extends Told {
  location: StorageLocation;
  profile: StorageProfile;
  /** By default as many as the machine runs at once, but no more than the storage gains from; never more than have memory. */
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
/**
 * What is kept for longer may have so much, which is never needed: V8 lets a heap with less than two gigabytes grow to twice
 * what was alive before it collects, and others to four times as much. Measured, peaks of whole runs: 45 MB less, on S3 and
 * of 100,000 small parts on a disk, which then take a tenth more time; larger parts take what they took.
 */
const HEAP_MB = 2000;
/** For threads that are still loading when a run ends early: a tenth of a second, and ten if one should have died. */
const [WAIT_MS, MOST_WAITS] = [5, 2_000];

/**
 * Sets threads off, which takes them a tenth of a second: whoever has something else to do meanwhile does that first.
 * Closing waits for those that are still starting.
 */
export function inThreads({
  location,
  profile,
  threads,
  memory,
  mostTasks,
  tally = Tally.empty(),
  withDetails = false,
}: ThreadOptions): Threads {
  const perThread = profile.batchesPerThread;
  const usual = defaultThreads(profile, memory ?? DEFAULT_MEMORY, profile.threadBytes);
  const room = threadsWithin(memory ?? DEFAULT_MEMORY, profile.threadBytes);
  const count = Math.max(1, Math.min(threads ?? usual, mostTasks, mostThreadsOf(profile), room));
  const perBatch = Math.min(profile.tasksPerBatch, Math.ceil(mostTasks / count));
  const stopped = new Int32Array(new SharedArrayBuffer(4));
  const loaded = new Int32Array(new SharedArrayBuffer(4));
  const shared = Memory.within(memory ?? DEFAULT_MEMORY);
  const setup: WorkerSetup = {
    location,
    profile,
    stopChannel: `gs-repartition-${randomUUID()}`,
    stopped,
    memory: shared.share(),
    threads: count,
    counters: new Int32Array(new SharedArrayBuffer(4 * COUNTERS)),
    loaded,
    tally: tally.share(),
    withDetails,
    tellsSentAgain: isToldOfSentAgain(),
  };
  const channel = new BroadcastChannel(setup.stopChannel);
  const pool = new Piscina<WorkerJob, WorkerReply[]>({
    filename: new URL('./worker-entry.cjs', import.meta.url).href,
    minThreads: count,
    maxThreads: count,
    concurrentTasksPerWorker: perThread,
    workerData: setup,
    resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB, maxOldGenerationSizeMb: HEAP_MB },
  });
  let failure: Error | undefined;
  let isClosed = false;
  const stop = (reason: unknown): void => {
    failure ??= reason instanceof Error ? reason : new Error(String(reason));
    Atomics.store(stopped, 0, 1);
    // A thread may still die while the pool is closing.
    if (!isClosed) channel.postMessage('stop');
  };
  // A thread that fails to start, or dies with nothing to do.
  pool.on('error', (error: unknown) => stop(deathOf(error)));
  pool.on('message', ({ sentAgain }: SentAgain) => tellSentAgain(() => sentAgain));
  const ids = new Set(pool.threads.map(({ threadId }) => threadId));
  pool.on('workerCreate', ({ id }: { id: number }) => ids.add(id));
  const tellDeaths = (): void => {
    const alive = new Set(pool.threads.map(({ threadId }) => threadId));
    for (const id of ids) {
      if (alive.has(id)) continue;
      ids.delete(id);
      threadHasDied(id);
      shared.forget(id);
    }
  };
  const alone = pLimit(1);

  const runAgain = (job: WorkerJob, doing: string, part?: string): Promise<WorkerReply[]> =>
    alone(() => pool.run(job)).catch((death: unknown) => {
      tellDeaths();
      throw deathOf(death, doing, part);
    });

  /** A thread that dies takes along all that it had under way: that is tried once more, one task after the other. */
  const runBatch = async (batch: Task[]): Promise<WorkerReply[]> => {
    try {
      return await pool.run(batch);
    } catch (error) {
      tellDeaths();
      if (failure) throw error;
      const replies: WorkerReply[] = [];
      for (const task of batch) {
        replies.push(...(await runAgain([task], `it made ${task.output}`, task.output)));
      }
      return replies;
    }
  };

  const isOpen = (): boolean => !isClosed;
  const isLoading = (awaited: number): boolean => Atomics.load(loaded, 0) < awaited;
  return {
    count,
    batches: perThread,
    async started() {
      while (isOpen() && isLoading(1)) await sleep(WAIT_MS);
    },
    async readFooters(reads) {
      const [reply] = await pool.run(reads).catch(() => {
        tellDeaths();
        if (failure) throw failure;
        return runAgain(reads, `it read the footers of ${reads.owner}`);
      });
      if (reply && 'found' in reply) return reply.found;
      throw reply && 'error' in reply ? fromErrorMessage(reply.error) : new Error('no answer of a thread');
    },
    async run(tasks, { signal, onResult }) {
      const onAbort = (): void => stop(interrupted(signal));
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort);
      try {
        await pMap(
          batches(tasks, perBatch, profile.batchBytes),
          async (batch) => {
            if (failure) return;
            try {
              for (const reply of await runBatch(batch)) onResult(accept(reply));
            } catch (error) {
              stop(error);
            }
          },
          { concurrency: count * perThread },
        );
        if (failure) throw failure;
      } finally {
        signal?.removeEventListener('abort', onAbort);
        tellDeaths();
      }
    },
    async close() {
      isClosed = true;
      channel.close();
      // Ended while it loads modules, a thread may hang (Node.js 24), or take the process with it (`worker-entry.cts`).
      for (let waits = 0; isLoading(count) && waits < MOST_WAITS; waits++) await sleep(WAIT_MS);
      await pool.destroy();
    },
  };
}

/** Somebody may ask for more threads than are worth their memory: not for more than there are processors. */
function mostThreadsOf({ mostThreads }: StorageProfile): number {
  return fewOpenFiles()?.threads ?? Math.max(availableParallelism(), mostThreads);
}

/**
 * A thread's end, as a line.
 * @param doing what it has died of twice
 * @param part that it was making
 */
function deathOf(error: unknown, doing?: string, part?: string): RepartitionError {
  const { code, message } = error as NodeJS.ErrnoException;
  const where = doing === undefined ? '' : `, twice while ${doing}`;
  const isMemory = code === 'ERR_WORKER_OUT_OF_MEMORY';
  const what = isMemory ? 'ran out of memory' : 'died';
  return new RepartitionError('limit', `a worker thread ${what}${where}${isMemory ? '' : `: ${message}`}`, {
    hint: isMemory
      ? 'Lower `concurrency`, or give the process more memory, then run the same command again: finished parts are kept.'
      : 'Check the limits of the process (memory, open files, threads), then run the same command again: finished parts are kept.',
    ...(part !== undefined && { part }),
    cause: error,
  });
}

/** Neighbours, as many and as large as go into one batch. */
function* batches(tasks: Iterable<Task>, most: number, mostBytes = Infinity): Generator<Task[]> {
  let [batch, bytes]: [Task[], number] = [[], 0];
  for (const task of tasks) {
    batch.push(task);
    bytes += bytesOf(task);
    if (batch.length < most && bytes < mostBytes) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

function accept(reply: WorkerReply): TaskResult {
  if ('result' in reply) return reply.result;
  throw 'error' in reply ? fromErrorMessage(reply.error) : new Error('footers where a part belongs');
}
