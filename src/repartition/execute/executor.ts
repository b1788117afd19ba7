import type { Task, TaskResult } from '../model.js';

/**
 * Runs tasks somewhere: in threads of this process, in this very thread, on a cluster. Tasks are plain JSON, their
 * outputs appear whole, and one that runs twice makes the same part: an executor may repeat a task as it likes.
 *
 * @example
 * ```ts
 * import { commit, execute, inThisThread, openStorage, prepare } from 'gs-repartition';
 *
 * const plan = await prepare({ inputPrefix: 'graph' });
 * const storage = await openStorage(plan.location);
 * const executor = inThisThread(storage);
 * const summary = await commit(plan, await execute(plan, { executor }));
 * await executor.close();
 * await storage.close();
 * console.log(summary.status);
 * // succeeded
 * ```
 */
export interface Executor {
  /**
   * Runs all tasks; to be called once. They are asked for one by one, as there is room for them.
   * @throws the first task's error, after the others have stopped and cleaned up; `interrupted` when the signal fires
   */
  run(tasks: Iterable<Task>, options: RunOptions): Promise<void>;
  /** Ends what runs tasks. */
  close(): Promise<void>;
}

/** What an executor is told beside its tasks. */
export interface RunOptions {
  signal: AbortSignal | undefined;
  /** Called once for each task. */
  onResult: (result: TaskResult) => void;
}
