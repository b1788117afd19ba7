/** What is known of a run under way, from what it has told: pure, and the same for a terminal, a log and a program. */
import type { Progress } from '../repartition/api.js';
import { Pace } from './pace.js';
import { PartsPace } from './parts-pace.js';

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
  /** Why it can't: it depends on what comes later, or on when S3 takes requests again. */
  leftUntil?: 'parts' | 'values' | 'requests';
  retries: number;
  slowDowns: number;
}

/** Estimates from less than this are guesses. */
const SECONDS_BEFORE_ESTIMATE = 1;
/** Reading or sending a file takes as long as so many bytes of it, however few it has. */
const FILE_BYTES = 64 * 1024;
/** A look at a file before publishing, in the time that reading a footer takes: a stat, or a line of a listing. */
const LOOK_IN_FOOTERS = 0.2;

/** Follows a run through its phases. Times are seconds, by any clock. */
export class ProgressWatch {
  private last: Shown | undefined;
  private began = 0;
  private work = new Pace();
  private bytes = new Pace();
  private parts = new PartsPace();
  /** When half of the phase was done. */
  private half: { at: number; done: number } | undefined;
  /** What reading a footer took: parts that are made are looked at in the same way afterwards. */
  private secondsPerFooter: number | undefined;
  /** Parts that are read, and that an earlier run has made. */
  private inputs = 0;
  private resumed = 0;

  /** @returns whether a phase has begun */
  note(progress: Shown, now: number): boolean {
    const { last } = this;
    const isNew = progress.phase !== last?.phase;
    if (isNew) {
      if (last?.phase === 'inventory') this.inputs = last.total;
      if (last?.phase === 'resume') this.resumed = last.total;
      if (last?.phase === 'inventory' || last?.phase === 'resume')
        this.secondsPerFooter = this.footerSeconds(last, now);
      this.began = now;
      this.half = undefined;
      [this.work, this.bytes, this.parts] = [new Pace(), new Pace(), new PartsPace()];
    }
    this.last = progress;
    if (2 * progress.done >= progress.total) this.half ??= { at: now, done: progress.done };
    const seconds = now - this.began;
    this.work.note(seconds, shareOf(progress));
    if ('bytes' in progress) this.bytes.note(seconds, progress.bytes);
    if (progress.phase === 'parts') {
      const { share, begun = 0, finished = 0, partSeconds, slowDowns = 0 } = progress;
      this.parts.note(seconds, { share, begun, finished, partSeconds, slowDowns });
    }
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
    const leftUntil = phase === 'parts' && this.parts.isHeldUp ? 'requests' : waitedFor(last);
    return {
      phase,
      done,
      total,
      ...('bytes' in last && { bytes: last.bytes, totalBytes: last.totalBytes }),
      share,
      ...(bytesPerSecond !== undefined && { bytesPerSecond }),
      seconds,
      ...(secondsLeft !== undefined && { secondsLeft }),
      ...(secondsLeft === undefined && leftUntil !== undefined && { leftUntil }),
      retries,
      slowDowns,
    };
  }

  /** By the second half of them: threads start and connections are made during the first. */
  private footerSeconds({ done }: Shown, now: number): number | undefined {
    const { half } = this;
    const { at, done: before } = half && half.done < done ? half : { at: this.began, done: 0 };
    return done > before ? (now - at) / (done - before) : this.secondsPerFooter;
  }

  /** Of the whole run. */
  private left(progress: Shown, seconds: number): number | undefined {
    // What takes longest is still to come, and nothing is known of it.
    if (progress.phase !== 'upload' && progress.ahead !== undefined) return undefined;
    const { phase, total } = progress;
    if (phase === 'parts') return plus(this.partsLeft(progress, seconds), this.checks(this.resumed + total));
    const here = this.phaseLeft(progress, seconds);
    if (phase === 'resume') return plus(here, this.checks(total));
    return phase === 'verify' ? plus(here, this.looks(total)) : here;
  }

  private partsLeft(progress: Shown & { phase: 'parts' }, seconds: number): number | undefined {
    if (this.parts.isHeldUp) return undefined;
    const told = this.parts.secondsLeft(seconds);
    // Nothing is known of parts under way on other machines; and a few all begin at once, and none is made after another.
    const isUnknown = progress.begun === undefined || progress.begun === 1;
    return told ?? (isUnknown ? this.work.secondsFor(1 - progress.share, seconds) : undefined);
  }

  private phaseLeft(progress: Shown, seconds: number): number | undefined {
    const told =
      seconds < SECONDS_BEFORE_ESTIMATE ? undefined : this.work.secondsFor(1 - shareOf(progress), seconds);
    if (told !== undefined || this.secondsPerFooter === undefined) return told;
    // As long as it is not told by how fast it goes, it is by what the like has taken before.
    const { phase, done, total } = progress;
    if (phase === 'verify' || phase === 'resume') return (total - done) * this.secondsPerFooter;
    return phase === 'guard' ? (total - done) * LOOK_IN_FOOTERS * this.secondsPerFooter : undefined;
  }

  /** All that comes after the parts. */
  private checks(parts: number): number {
    return parts * (this.secondsPerFooter ?? 0) + this.looks(parts);
  }

  /** The look before publishing, at inputs and parts; `verify` by itself has none. */
  private looks(parts: number): number {
    return (this.inputs + parts) * LOOK_IN_FOOTERS * (this.secondsPerFooter ?? 0);
  }
}

/** What tells more of the time left than anything before it. */
function waitedFor(progress: Shown): 'parts' | 'values' | undefined {
  if (progress.phase === 'upload') return undefined;
  if (progress.phase === 'parts') return 'parts';
  return progress.phase === 'deep' ? 'values' : progress.ahead;
}

function plus(left: number | undefined, more: number): number | undefined {
  return left === undefined ? undefined : left + more;
}

function shareOf(progress: Shown): number {
  if (progress.phase === 'parts') return progress.share;
  const { done, total } = progress;
  const [did, all] =
    'bytes' in progress
      ? [progress.bytes + FILE_BYTES * done, progress.totalBytes + FILE_BYTES * total]
      : [done, total];
  return all === 0 ? 1 : did / all;
}
