/** Which of a thread's tasks wait for each other: large ones, where more of them at once would gain nothing. */
import pLimit from 'p-limit';
import type { StorageLocation } from '../storage/storage.js';
import type { Task } from './model.js';

const MIB = 1024 * 1024;
/** Bytes from which a task is large, and large tasks at a time. */
const LARGE = { local: { bytes: 16 * MIB, atOnce: 2 }, s3: { bytes: 64 * MIB, atOnce: 1 } };

/** Runs `work` when it is the task's turn. */
export type Turn = <T>(task: Task, work: () => Promise<T>) => Promise<T>;

/** All of a task, and what comes before its part is written: reading footers, indexes and the pages that are cut. */
export interface Turns {
  whole: Turn;
  reading: Turn;
}

/**
 * A disk: a task holds the pages that it has cut until its part is written. Two of them are enough, for one is copied
 * while the other is synced.
 *
 * S3: one reads, so that the server soon has something to copy, while the next ones are read. Were all read first, the
 * server would wait for us and then we for the server. Smaller tasks are copied in less time than reading takes.
 */
export function turnsOn(kind: StorageLocation['kind']): Turns {
  const limit = pLimit(LARGE[kind].atOnce);
  const inTurn: Turn = (task, work) => (bytesOf(task) < LARGE[kind].bytes ? work() : limit(work));
  const atOnce: Turn = (_task, work) => work();
  return kind === 'local' ? { whole: inTurn, reading: atOnce } : { whole: atOnce, reading: inTurn };
}

/** About as many as its part will have. */
function bytesOf({ slices }: Task): number {
  return slices.reduce(
    (sum, { size, rows, from, to }) => sum + (rows > 0 ? (size * (to - from)) / rows : 0),
    0,
  );
}
