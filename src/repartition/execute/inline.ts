/** Tasks in this thread: for storages that no other thread can open, and for a handful of small parts. */
import pMap from 'p-map';
import { DEFAULT_MEMORY, Memory } from '../../memory.js';
import type { Storage } from '../../storage/storage.js';
import type { Task } from '../model.js';
import type { Executor } from './executor.js';
import type { Told } from './account.js';
import { taskRunner } from './run-task.js';
import { turnsOf } from './turns.js';

/**
 * Runs tasks in this thread.
 * @param storage stays the caller's, who closes it
 * @param options `memory`: bytes that the process may take
 *
 * @example
 * ```ts
 * import { execute, inThisThread, openStorage, prepare } from 'gs-repartition';
 *
 * const plan = await prepare({ inputPrefix: 'graph' });
 * const storage = await openStorage(plan.location);
 * const results = await execute(plan, { executor: inThisThread(storage) });
 * console.log(results.parts.spliced + results.parts.reencoded === plan.tasks);
 * // true
 * await storage.close();
 * ```
 */
export function inThisThread(
  storage: Storage,
  { memory = DEFAULT_MEMORY, ...told }: { memory?: number | undefined } & Told = {},
): Executor {
  const { profile } = storage;
  return {
    async run(tasks, { signal, onResult }) {
      const stop = new AbortController();
      const onAbort = (): void => stop.abort(signal?.reason);
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      const reading = { signal: stop.signal, memory: Memory.within(memory), ...told };
      const run = taskRunner(storage, reading, turnsOf(profile.turns));
      let failure: { error: unknown } | undefined;
      // The others clean up after themselves, and whoever called may close the storage as soon as this ends.
      const attempt = async (task: Task): Promise<void> => {
        if (failure) return;
        try {
          onResult(await run(task));
        } catch (error) {
          failure ??= { error };
          stop.abort(error);
        }
      };
      try {
        await pMap(tasks, attempt, { concurrency: profile.batchesPerThread * profile.tasksPerBatch });
        if (failure) throw failure.error;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    close: () => Promise.resolve(),
  };
}
