/**
 * A worker thread: tasks come in as plain JSON, results and errors go back the same way. Structured cloning strips an
 * error of its code and hint, so errors are reported as data.
 */
// Not from piscina, which hands on the same and would load all of itself in every thread.
import { BroadcastChannel, parentPort, workerData } from 'node:worker_threads';
import { type ErrorMessage, throwIfAborted, toErrorMessage } from '../../errors.js';
import { Memory, type SharedMemory } from '../../memory.js';
import { onSentAgain } from '../../sent-again.js';
import type { Storage, StorageLocation, StorageProfile } from '../../storage/storage.js';
import { type SharedTally, Tally } from '../../storage/tally.js';
import type { Task, TaskResult } from '../model.js';
import { openStorage } from '../../storages.js';
import { tailBuffers } from '../part-reader.js';
import { type FooterReads, type FoundFooters, readFooters } from '../work/footers.js';
import { taskRunner } from './run-task.js';
import { turnsOf } from './turns.js';

/** What a pool gives each of its workers. */
export interface WorkerSetup {
  location: StorageLocation;
  profile: StorageProfile;
  /** A broadcast channel; any message on it stops the tasks under way. */
  stopChannel: string;
  /** Not 0 once a message was sent: a worker that was still starting has missed it. */
  stopped: Int32Array<SharedArrayBuffer>;
  /** That all threads share. */
  memory: SharedMemory;
  /** How many threads there are, and what their storages count together. */
  threads: number;
  counters: Int32Array<SharedArrayBuffer>;
  /** How many threads are done with loading their modules. */
  loaded: Int32Array<SharedArrayBuffer>;
  /** What is done and met with. */
  tally: SharedTally;
  /** Whether results say how each part was made. */
  withDetails: boolean;
  /** Whether to tell of requests that are sent again: in messages of their own, as `SentAgain`. */
  tellsSentAgain: boolean;
}

export interface SentAgain {
  sentAgain: string;
}

/** What a thread is asked for: parts of neighbouring tasks, or footers. */
export type WorkerJob = readonly Task[] | FooterReads;

/** One for each task, or for all footers. */
export type WorkerReply =
  { ok: true; result: TaskResult } | { ok: true; found: FoundFooters } | { ok: false; error: ErrorMessage };

const setup = workerData as WorkerSetup;
const stop = new AbortController();
const channel = new BroadcastChannel(setup.stopChannel);
channel.onmessage = () => {
  stop.abort();
};
channel.unref();

if (setup.tellsSentAgain) {
  onSentAgain((sentAgain) => parentPort?.postMessage({ sentAgain } satisfies SentAgain));
}

const memory = Memory.sharedBy(setup.memory);
const turns = turnsOf(setup.profile.turns);
const tally = Tally.sharedBy(setup.tally);

// What opening takes is better spent before the first task: the AWS SDK needs a while to load. A task will tell what
// went wrong.
const storage: Promise<Storage> = openStorage(setup.location, {
  ownThread: { threads: setup.threads, memory, counters: setup.counters },
  tally,
});
await storage.catch(() => undefined);

/** One for all tasks: neighbours read much of the same. */
let runner: ReturnType<typeof taskRunner> | undefined;

/** The ends of files, as long as footers are read. */
let tails: ReturnType<typeof tailBuffers> | undefined;

/** Makes the parts of neighbouring tasks at the same time, as far as there is room for them; or reads footers. */
export default async function work(job: WorkerJob): Promise<WorkerReply[]> {
  try {
    if (Atomics.load(setup.stopped, 0) !== 0) stop.abort();
    throwIfAborted(stop.signal);
    const opened = await storage;
    return await ('paths' in job ? read(opened, job) : make(opened, job));
  } catch (error) {
    return [failed(error)];
  }
}

async function read(opened: Storage, reads: FooterReads): Promise<WorkerReply[]> {
  tails ??= tailBuffers(setup.profile);
  const found = await readFooters(opened, reads, { signal: stop.signal, memory, tails });
  return [{ ok: true, found }];
}

function make(opened: Storage, tasks: readonly Task[]): Promise<WorkerReply[]> {
  tails = undefined;
  const { withDetails } = setup;
  const run = (runner ??= taskRunner(opened, { signal: stop.signal, memory, tally, withDetails }, turns));
  return Promise.all(
    tasks.map((task) =>
      run(task).then(
        (result): WorkerReply => ({ ok: true, result }),
        (error: unknown) => failed(error),
      ),
    ),
  );
}

function failed(error: unknown): WorkerReply {
  return { ok: false, error: toErrorMessage(error) };
}
