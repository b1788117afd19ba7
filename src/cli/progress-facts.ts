/** What is known of a run under way, from what it has told: pure, and the same for a terminal, a log and a program. */
import type { Progress } from '../repartition/api.js';
import { Pace } from './pace.js';

/** What is shown: what the engine tells, and how far an upload is. */
export type Shown =
  | Progress
  | {
      phase: 'upload';
      done: number;
      total: number;
      bytes: number;
      totalBytes: number;
      retries?: number;
      slowDowns?: number;
    };

/** Also what `--log-format json` tells. */
export interface ProgressFacts {
  phase: Shown['phase'];
  /** Parts; of an upload, files. */
  done: number;
  total: number;
  bytes?: number;
  totalBytes?: number;
  /** Of the work of the phase, from 0 to 1. */
  share: number;
  /** Lately. */
  bytesPerSecond?: number;
  /** Of the phase. */
  seconds: number;
  /** Until the whole run is done, as far as that can be told. */
  secondsLeft?: number;
  retries: number;
  slowDowns: number;
}

/** Estimates from less than this are guesses. */
const SECONDS_BEFORE_ESTIMATE = 1;

/** Follows a run through its phases. Times are seconds, by any clock. */
export class ProgressWatch {
  private last: Shown | undefined;
  private began = 0;
  private work = new Pace();
  private bytes = new Pace();
  /** What reading a footer took: parts that are made are looked at in the same way afterwards. */
  private secondsPerFooter = 0;

  /** @returns whether a phase has begun */
  note(progress: Shown, now: number): boolean {
    const { last } = this;
    const isNew = progress.phase !== last?.phase;
    if (isNew) {
      if (last?.phase === 'inventory' && last.done > 0)
        this.secondsPerFooter = (now - this.began) / last.done;
      this.began = now;
      [this.work, this.bytes] = [new Pace(), new Pace()];
    }
    this.last = progress;
    this.work.note(now - this.began, shareOf(progress));
    if ('bytes' in progress) this.bytes.note(now - this.began, progress.bytes);
    return isNew;
  }

  /** @returns undefined before anything was told */
  at(now: number): ProgressFacts | undefined {
    const { last, began } = this;
    if (!last) return undefined;
    const seconds = now - began;
    const { phase, done, total, retries = 0, slowDowns = 0 } = last;
    const share = shareOf(last);
    const bytesPerSecond = this.bytes.speedAt(seconds);
    const secondsLeft = this.left(last, seconds);
    return {
      phase,
      done,
      total,
      ...('bytes' in last && { bytes: last.bytes, totalBytes: last.totalBytes }),
      share,
      ...(bytesPerSecond !== undefined && { bytesPerSecond }),
      seconds,
      ...(secondsLeft !== undefined && { secondsLeft }),
      retries,
      slowDowns,
    };
  }

  private left(progress: Shown, seconds: number): number | undefined {
    if (seconds < SECONDS_BEFORE_ESTIMATE) return undefined;
    // Of the parts that are to be made nothing is known yet.
    if (progress.phase === 'resume') return undefined;
    const here = this.work.secondsFor(1 - shareOf(progress), seconds);
    if (here === undefined || progress.phase !== 'parts') return here;
    return here + progress.total * this.secondsPerFooter;
  }
}

function shareOf(progress: Shown): number {
  if (progress.phase === 'parts') return progress.share;
  const [done, total] =
    'bytes' in progress ? [progress.bytes, progress.totalBytes] : [progress.done, progress.total];
  return total === 0 ? 1 : done / total;
}
