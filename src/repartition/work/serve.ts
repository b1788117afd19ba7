/** A worker: tasks come in as lines, answers go out as lines, until there are no more. */
import { createInterface } from 'node:readline';
import pMap from 'p-map';
import { throwIfAborted, toErrorMessage } from '../../errors.js';
import { DEFAULT_MEMORY, Memory } from '../../memory.js';
import { COUNTERS } from '../../storage/registry.js';
import { openStorage } from '../../storages.js';
import { taskRunner } from '../execute/run-task.js';
import { turnsOf } from '../execute/turns.js';
import { readFooters } from './footers.js';
import {
  type Answer,
  type Heartbeat,
  readRequest,
  readSetup,
  type Request,
  requireVersion,
} from './lines.js';

/** Between two signs of life. */
const HEARTBEAT_MS = 1_000;

/** Where lines come from and go to. */
export interface WorkerStreams {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}

/**
 * Does what the lines ask for, many at a time, and answers each. Ends when the input does and all is answered. When nobody
 * reads the answers any more, what is under way is stopped and leaves nothing.
 * @param setup see `WorkerSetup`
 * @throws RepartitionError `usage` when setup or a line can't be understood, `interrupted`; what a task throws is its answer
 */
export async function serveTasks(setup: string, { input, output, signal }: WorkerStreams): Promise<void> {
  const { version, location, memory: allowance = DEFAULT_MEMORY } = readSetup(setup);
  const memory = Memory.within(allowance);
  const stop = new AbortController();
  const lines = createInterface({ input, crlfDelay: Infinity });
  // From the start: what comes while the storage is being opened must not be lost.
  const source = lines[Symbol.asyncIterator]();
  const onAbort = (): void => {
    stop.abort(signal.reason);
    lines.close();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  output.on('error', onAbort);

  let underWay = 0;
  const say = (line: Answer | Heartbeat): void => {
    output.write(`${JSON.stringify(line)}\n`);
  };
  const timer = setInterval(() => say({ heartbeat: underWay }), HEARTBEAT_MS);
  // A thread that does nothing but tasks: the process is there for nothing else.
  const ownThread = {
    threads: 1,
    memory,
    counters: new Int32Array(new SharedArrayBuffer(4 * COUNTERS)),
  };
  // What keeps it from starting, each task will tell: whoever hands them out may not see how a process ends.
  const opened = requireVersion(version).then(() => openStorage(location, { ownThread }));
  const started = opened.then((storage) => ({
    storage,
    make: taskRunner(storage, { signal: stop.signal, memory }, turnsOf(storage.profile.turns)),
  }));

  const answer = async (request: Request): Promise<Answer | undefined> => {
    const { id } = request;
    try {
      throwIfAborted(stop.signal);
      const { storage, make } = await started;
      if ('make' in request) return { id, made: await make(request.make) };
      return { id, found: await readFooters(storage, request.read, { signal: stop.signal, memory }) };
    } catch (error) {
      // Whoever waits sees this process end, and has the task done elsewhere; an answer would be the end of the run.
      return stop.signal.aborted ? undefined : { id, error: toErrorMessage(error) };
    }
  };
  try {
    const { batchesPerThread, tasksPerBatch } = await started.then(
      ({ storage }) => storage.profile,
      () => ({ batchesPerThread: 1, tasksPerBatch: 1 }),
    );
    let failure: Error | undefined;
    await pMap(
      { [Symbol.asyncIterator]: () => source },
      async (line) => {
        if (failure || line.trim() === '') return;
        underWay++;
        try {
          const answered = await answer(readRequest(line));
          if (answered) say(answered);
        } catch (error) {
          failure = error as Error;
          stop.abort(error);
          lines.close();
        }
        underWay--;
      },
      { concurrency: batchesPerThread * tasksPerBatch },
    );
    if (failure) throw failure;
    throwIfAborted(stop.signal);
    await started;
  } finally {
    clearInterval(timer);
    lines.close();
    signal.removeEventListener('abort', onAbort);
    await opened.then(
      (storage) => storage.close(),
      () => undefined,
    );
  }
}
