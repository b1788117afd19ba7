/** How far the making of parts is: by what executors tell of parts under way, or else by the parts that are done. */
import type { Counts, Tally } from '../../storage/tally.js';
import type { Progress } from '../api.js';
import type { Plan, Task, TaskResult } from '../model.js';
import { bytesOf, weighed, workOf } from './turns.js';

/** Between two looks at parts under way. */
const LOOK_EVERY_MS = 500;

/** What there is to do. */
export interface Ahead {
  parts: number;
  /** Of all parts, as far as it can be told before they are made. */
  bytes: number;
  /** See {@link workOf}. */
  work: number;
}

/** What was known of finished parts at the last look, and what one takes, in seconds. */
interface Lately {
  finishedWork: number;
  workSeconds: number;
  mean?: number;
}

/** @param left the tasks that are left, if some are done already: to go through a million takes a moment */
export function aheadOf({ groups, tasks }: Plan, left: Iterable<Task> | undefined): Ahead {
  if (left) {
    const ahead: Ahead = { parts: 0, bytes: 0, work: 0 };
    for (const task of left) {
      ahead.parts++;
      ahead.bytes += bytesOf(task);
      ahead.work += workOf(task);
    }
    return ahead;
  }
  const bytes = { spliced: 0, reencoded: 0 };
  for (const { spliced, reencoded } of groups.flatMap(({ dataSets }) => dataSets)) {
    bytes.spliced += spliced.bytes;
    bytes.reencoded += reencoded.bytes;
  }
  return { parts: tasks, bytes: bytes.spliced + bytes.reencoded, work: weighed(tasks, bytes) };
}

export class PartsProgress {
  /** Parts that are done. */
  done = 0;
  /** Of parts that are done. */
  private size = 0;
  private last = { bytes: 0, share: 0 };
  private lately: Lately = { finishedWork: 0, workSeconds: 0 };
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ahead: Ahead,
    private readonly tally: Tally,
    private readonly onProgress: ((progress: Progress) => void) | undefined,
  ) {
    if (!onProgress) return;
    this.report();
    this.timer = setInterval(() => this.report(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  note({ size }: TaskResult): void {
    this.done++;
    this.size += size;
    this.report();
  }

  end(): void {
    clearInterval(this.timer);
  }

  private report(): void {
    if (!this.onProgress) return;
    const { done, last } = this;
    const { parts: total, bytes, work } = this.ahead;
    const told = this.tally.read();
    // An executor of somebody else's making tells nothing but results.
    const isTold = told.work > 0;
    const share = done === total ? 1 : isTold ? told.work / work : done / total;
    // Parts that are made twice, because a thread has died, count twice for a while.
    last.share = Math.max(last.share, Math.min(share, 1));
    last.bytes = done === total ? this.size : Math.max(last.bytes, this.size, told.bytes);
    const planned = isTold ? told.plannedBytes : bytes * (done / total);
    const totalBytes = done === total ? this.size : Math.round(last.bytes + Math.max(0, bytes - planned));
    const partSeconds = this.partSecondsOf(told);
    this.onProgress({
      phase: 'parts',
      done,
      total,
      bytes: last.bytes,
      totalBytes,
      share: last.share,
      ...(told.begunWork > 0 && {
        begun: Math.min(1, told.begunWork / work),
        finished: Math.min(1, told.finishedWork / work),
      }),
      ...(partSeconds !== undefined && { partSeconds }),
    });
  }

  /** On average, where as much as is under way at a time counts half, and what came before it less and less. */
  private partSecondsOf({ begunWork, finishedWork, workSeconds }: Counts): number | undefined {
    const { lately } = this;
    const more = finishedWork - lately.finishedWork;
    if (more > 0) {
      const mean = (workSeconds - lately.workSeconds) / more;
      const weight = lately.mean === undefined ? 1 : more / (more + Math.max(0, begunWork - finishedWork));
      lately.mean = (lately.mean ?? 0) * (1 - weight) + mean * weight;
      [lately.finishedWork, lately.workSeconds] = [finishedWork, workSeconds];
    }
    return lately.mean;
  }
}
