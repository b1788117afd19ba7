/**
 * What Piscina loads in a thread. It tries `require` first, and while that links ES modules, Node.js 20 and 22 abort the
 * whole process if the thread is ended. So here is CommonJS for it, which imports the rest and says when that is over.
 */
import threads = require('node:worker_threads');
import type { WorkerSetup } from './worker.js' with { 'resolution-mode': 'import' };

const { loaded } = threads.workerData as WorkerSetup;

/** Piscina waits for it before it gives the thread a task. If loading fails, the task tells why. */
const work = import('./worker.js')
  .then(
    (worker) => worker.default,
    (error: unknown) => () => {
      throw error;
    },
  )
  .finally(() => Atomics.add(loaded, 0, 1));

export = work;
