/**
 * A worker thread: tasks come in as plain JSON, results and errors go back the same way. Structured cloning strips an
 * error of its code and hint, so errors are reported as data.
 */
// Not from piscina, which hands on the same and would load all of itself in every thread.
import { BroadcastChannel, workerData } from 'node:worker_threads';
import { type ErrorMessage, throwIfAborted, toErrorMessage } from '../../errors.js';
import { Memory, type SharedMemory } from '../../memory.js';
import type { Storage, StorageLocation, StorageProfile } from '../../storage/storage.js';
import { type SharedTally, Tally } from '../../storage/tally.js';
import type { Task, TaskResult } from '../model.js';
import { openStorage } from '../../storages.js';
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
}

export type WorkerReply = { ok: true; result: TaskResult } | { ok: false; error: ErrorMessage };

const setup = workerData as WorkerSetup;
const stop = new AbortController();
const channel = new BroadcastChannel(setup.stopChannel);
channel.onmessage = () => {
  stop.abort();
};
channel.unref();

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

/** Makes the parts of neighbouring tasks at the same time, as far as there is room for them. */
export default async function work(tasks: readonly Task[]): Promise<WorkerReply[]> {
  let run: ReturnType<typeof taskRunner>;
  try {
    if (Atomics.load(setup.stopped, 0) !== 0) stop.abort();
    throwIfAborted(stop.signal);
    const { withDetails } = setup;
    run = runner ??= taskRunner(await storage, { signal: stop.signal, memory, tally, withDetails }, turns);
  } catch (error) {
    return [failed(error)];
  }
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
