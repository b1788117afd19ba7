/** Which of a thread's tasks wait for each other: large ones, where more of them at once would gain nothing. */
import pLimit from 'p-limit';
import type { StorageProfile } from '../../storage/storage.js';
import type { Task } from '../model.js';

/** Runs `work` when it is the task's turn. */
export type Turn = <T>(task: Task, work: () => Promise<T>) => Promise<T>;

/** All of a task, and what comes before its part is written: reading footers, indexes and the pages that are cut. */
export interface Turns {
  whole: Turn;
  reading: Turn;
}

/** The turns that a storage asks for in its profile. */
export function turnsOf({ of, sizes }: StorageProfile['turns']): Turns {
  const limits = sizes.map(({ bytes, atOnce }) => ({ bytes, limit: pLimit(atOnce) }));
  const inTurn: Turn = (task, work) => {
    const size = limits.find(({ bytes }) => bytesOf(task) >= bytes);
    return size ? size.limit(work) : work();
  };
  const atOnce: Turn = (_task, work) => work();
  return of === 'whole' ? { whole: inTurn, reading: atOnce } : { whole: atOnce, reading: inTurn };
}

/** About as many as its part will have. */
export function bytesOf({ slices }: Task): number {
  return slices.reduce(
    (sum, { size, rows, from, to }) => sum + (rows > 0 ? (size * (to - from)) / rows : 0),
    0,
  );
}
