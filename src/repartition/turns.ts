/** Which of a thread's tasks wait for each other: large ones, where more of them at once would gain nothing. */
import pLimit from 'p-limit';
import type { StorageLocation } from '../storage/storage.js';
import type { Task } from './model.js';

const MIB = 1024 * 1024;

/** Tasks of so many bytes, or more, and how many of them at a time. The largest first; smaller ones needn't wait. */
interface Size {
  bytes: number;
  atOnce: number;
}

const SIZES: Record<StorageLocation['kind'], Size[]> = {
  local: [
    { bytes: 16 * MIB, atOnce: 2 },
    { bytes: MIB / 2, atOnce: 3 },
  ],
  s3: [{ bytes: 64 * MIB, atOnce: 1 }],
};

/** Runs `work` when it is the task's turn. */
export type Turn = <T>(task: Task, work: () => Promise<T>) => Promise<T>;

/** All of a task, and what comes before its part is written: reading footers, indexes and the pages that are cut. */
export interface Turns {
  whole: Turn;
  reading: Turn;
}

/**
 * A disk: a task holds the pages that it has cut until its part is written. Two of them are enough, for one is copied
 * while the other is synced; where a part is a few pages, three.
 *
 * S3: one reads, so that the server soon has something to copy, while the next ones are read. Were all read first, the
 * server would wait for us and then we for the server. Smaller tasks are copied in less time than reading takes.
 */
export function turnsOn(kind: StorageLocation['kind']): Turns {
  const sizes = SIZES[kind].map(({ bytes, atOnce }) => ({ bytes, limit: pLimit(atOnce) }));
  const inTurn: Turn = (task, work) => {
    const size = sizes.find(({ bytes }) => bytesOf(task) >= bytes);
    return size ? size.limit(work) : work();
  };
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
