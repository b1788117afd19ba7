/** Which of a thread's tasks wait for each other, where more of them at once would only hold memory. */
import pLimit from 'p-limit';
import type { StorageProfile } from '../../storage/storage.js';
import type { Task } from '../model.js';

/** Runs `work` when it is its turn. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** All of a task, and what comes before its part is written: reading footers, indexes and the pages that are cut. */
export interface Turns {
  whole: Turn;
  reading: Turn;
}

/** The turns that a storage asks for in its profile. */
export function turnsOf({ of, atOnce }: StorageProfile['turns']): Turns {
  const limit = pLimit(atOnce);
  const inTurn: Turn = (work) => limit(work);
  const allAtOnce: Turn = (work) => work();
  return of === 'whole' ? { whole: inTurn, reading: allAtOnce } : { whole: allAtOnce, reading: inTurn };
}

/** Making a part takes about as long as copying so many bytes, however few it has. */
const PART_BYTES = 2 * 1024 * 1024;
/** Values that are said again take about so many times as long as bytes that are copied. */
const REENCODING = 8;

/** What tasks take, in bytes: those that take longer count for more. */
export function weighed(parts: number, bytes: { spliced: number; reencoded: number }): number {
  return PART_BYTES * parts + bytes.spliced + REENCODING * bytes.reencoded;
}

export function workOf(task: Task): number {
  const bytes = bytesOf(task);
  const isSpliced = task.method === 'splice';
  return weighed(1, { spliced: isSpliced ? bytes : 0, reencoded: isSpliced ? 0 : bytes });
}

/** About as many bytes as a task's part will have. */
export function bytesOf({ slices }: Task): number {
  return slices.reduce(
    (sum, { size, rows, from, to }) => sum + (rows > 0 ? (size * (to - from)) / rows : 0),
    0,
  );
}
