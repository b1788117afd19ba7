/** How fast work goes and how long it will take, from how much of it was done when. Pure: time is told, not asked. */

/** What was done so far, at a time. */
interface Point {
  /** Since the work began. */
  seconds: number;
  done: number;
}

/** More than these are thinned out: every other is forgotten. */
const MOST_POINTS = 256;
/** What was long ago says little: the second half of the time counts, and this much of it at least. */
const SHORTEST_SECONDS = 10;
/** Of the time until the first was done, this much was a start: what came together at its end was on its way meanwhile. */
const START_SHARE = 0.75;
/** Until so many times as long nothing is told of what is left: what came first says more of the start than of the rest. */
const STARTS_BEFORE_ESTIMATE = 2.4;

export class Pace {
  private points: Point[] = [{ seconds: 0, done: 0 }];
  /** When the first of it was done. */
  private first: number | undefined;

  /** @param done in all, in whatever unit; never less than before */
  note(seconds: number, done: number): void {
    if (done > 0) this.first ??= seconds;
    const { points } = this;
    if (points.length === MOST_POINTS) this.points = points.filter((_, i) => i % 2 === 0);
    this.points.push({ seconds, done });
  }

  /**
   * What is done in a second, lately. Things come in lumps, and the first only after a while, in which others were on
   * their way as well: the end of that while counts, or what comes together then would seem to be fast.
   * @returns undefined as long as nothing is done
   */
  speedAt(seconds: number): number | undefined {
    const last = this.points.at(-1)!;
    if (this.first === undefined) return undefined;
    const since = Math.min(seconds / 2, seconds - SHORTEST_SECONDS);
    const from = this.points.findLast((point) => point.seconds <= since) ?? this.points[0]!;
    const began = from.done === 0 ? Math.max(from.seconds, START_SHARE * this.first) : from.seconds;
    return seconds > began ? (last.done - from.done) / (seconds - began) : undefined;
  }

  /** @returns undefined as long as nothing can be told, or nothing moves */
  secondsFor(left: number, seconds: number): number | undefined {
    if (this.first === undefined || seconds < STARTS_BEFORE_ESTIMATE * this.first) return undefined;
    const speed = this.speedAt(seconds);
    return speed === undefined || speed <= 0 ? undefined : left / speed;
  }
}
