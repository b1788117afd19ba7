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

/** @param profile what the storage says of large tasks; they are told apart by the bytes that their parts will have */
export function turnsOf({ turns }: Pick<StorageProfile, 'turns'>): Turns {
  const sizes = turns.sizes
    .map(({ bytes, atOnce }) => ({ bytes, limit: pLimit(atOnce) }))
    .sort((a, b) => b.bytes - a.bytes);
  const inTurn: Turn = (task, work) => {
    const size = sizes.find(({ bytes }) => bytesOf(task) >= bytes);
    return size ? size.limit(work) : work();
  };
  const atOnce: Turn = (_task, work) => work();
  return turns.of === 'whole' ? { whole: inTurn, reading: atOnce } : { whole: atOnce, reading: inTurn };
}

/** About as many as its part will have. */
function bytesOf({ slices }: Task): number {
  return slices.reduce(
    (sum, { size, rows, from, to }) => sum + (rows > 0 ? (size * (to - from)) / rows : 0),
    0,
  );
}
