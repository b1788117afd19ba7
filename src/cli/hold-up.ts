/**
 * Whether S3 holds a run up right now: it asks to slow down, and work comes so much slower than before that what that told of
 * the time left is wrong. Pure: time is told, not asked.
 */

/** Since S3 last asked to slow down: by then it takes requests again. */
const CALM_SECONDS = 3;
/** What "now" is: long enough for parts to come in lumps, in seconds. */
const LATELY_SECONDS = 2;
/** Between two points that are kept: on a disk one is told of thousands of parts in a second. */
const BETWEEN_SECONDS = 0.1;
/** Of the usual speed. Less is a hold-up; what keeps on at the most that S3 takes is not. */
const SLOWED = 0.7;
/** One that is under way ends with more than that, or it would come and go. */
const RECOVERED = 0.85;
/** What lasts longer is no hold-up any more, but how fast the run goes: so many seconds, and so much of the time before it. */
const LONGEST_SECONDS = 20;
const LONGEST_SHARE = 1 / 8;

/** How far work is, from 0 to 1, and how often S3 has asked to slow down. */
interface Work {
  seconds: number;
  share: number;
  slowDowns: number;
}

export class HoldUp {
  private slowDowns = 0;
  /** When S3 last asked to slow down. */
  private refused = -Infinity;
  private now: { since: number; usualSpeed: number } | undefined;
  private lately: Work[] = [];

  get isNow(): boolean {
    return this.now !== undefined;
  }

  /**
   * @param usualSpeed a second's share of the work, without hold-ups; asked for only where it matters
   * @returns whether the one that was under way has become how the run goes
   */
  note(work: Work, usualSpeed: () => number): boolean {
    const { seconds, slowDowns } = work;
    if (slowDowns > this.slowDowns) this.refused = seconds;
    this.slowDowns = slowDowns;
    if (seconds - (this.lately.at(-2)?.seconds ?? -Infinity) < BETWEEN_SECONDS) this.lately.pop();
    this.lately.push(work);
    while (this.lately.length > 2 && this.lately[1]!.seconds <= seconds - LATELY_SECONDS) this.lately.shift();
    const isCalm = seconds - this.refused >= CALM_SECONDS;
    const isStaying = !isCalm && this.lasts(seconds);
    if (isCalm || isStaying || !this.isSlow(usualSpeed)) this.now = undefined;
    else this.now ??= { since: seconds, usualSpeed: usualSpeed() };
    return isStaying;
  }

  private lasts(seconds: number): boolean {
    if (!this.now) return false;
    const { since } = this.now;
    return seconds - since > Math.max(LONGEST_SECONDS, LONGEST_SHARE * since);
  }

  private isSlow(usualSpeed: () => number): boolean {
    return this.speed() < (this.now ? RECOVERED * this.now.usualSpeed : SLOWED * usualSpeed());
  }

  private speed(): number {
    const [from, to] = [this.lately[0]!, this.lately.at(-1)!];
    return to.seconds > from.seconds ? (to.share - from.share) / (to.seconds - from.seconds) : Infinity;
  }
}
