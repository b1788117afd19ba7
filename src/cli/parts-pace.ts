/**
 * How long making parts will take yet. Many are made at a time and each takes a while, so for long little is done though
 * much is on its way, and what is done comes in lumps. What is under way comes within the seconds that a part takes
 * (Little's law), so it tells of the speed as what has come does: the more, the less has come yet. Pure: time is told, not
 * asked.
 */
import { HoldUp } from './hold-up.js';

/** Shares of the work, from 0 to 1, and what a part takes lately from begin to end. */
interface PartsState {
  /** What is done of parts under way counts. */
  share: number;
  /** Of parts that have begun, and of those that are written, as wholes. */
  begun: number;
  finished: number;
  partSeconds: number | undefined;
  /** How often S3 has asked to slow down. */
  slowDowns: number;
}

interface Point extends PartsState {
  seconds: number;
}

/** More than these are thinned out: every other is forgotten. */
const MOST_POINTS = 512;

/**
 * Shares of the time since the first part's begin. What was long ago says little; of what was lately the faster counts, for
 * threads warm up, and most of what holds a run up passes.
 */
const WINDOWS = [1 / 2, 1 / 8];
/** A window has so much at least: one is told of parts twice in a second. */
const SHORTEST_SECONDS = 2;

export class PartsPace {
  /** From the first part's begin on, as if there had been no hold-ups. */
  private points: Point[] = [];
  private last: Point | undefined;
  private readonly holdUp = new HoldUp();
  /** Of the one that is under way. */
  private holdingUp: Point[] = [];
  /** What those before it took, and what was done meanwhile. */
  private heldUp = { seconds: 0, share: 0 };
  /** When the last part's making began. */
  private allBegun: number | undefined;
  /** Once as much is written as is under way. Until then what is written are those that take the shortest. */
  private isKnown = false;

  note(seconds: number, state: PartsState): void {
    if (state.begun === 0) return;
    if (state.begun === 1) this.allBegun ??= seconds;
    this.isKnown ||= 2 * state.finished >= state.begun;
    const point = { ...state, seconds };
    this.last = point;
    if (this.holdUp.note(point, () => this.speed(point))) this.goOnFromHere();
    if (this.holdUp.isNow) this.holdingUp = added(this.holdingUp, point);
    else this.goOn(point);
  }

  /** Whether S3 takes so few requests right now that what comes says nothing of what is left. */
  get isHeldUp(): boolean {
    return this.holdUp.isNow;
  }

  /** @returns undefined as long as it can't be told */
  secondsLeft(now: number): number | undefined {
    const { allBegun, last } = this;
    if (last?.partSeconds === undefined || !this.isKnown || this.isHeldUp) return undefined;
    const { share, begun, partSeconds, seconds } = last;
    const speed = this.speed(last);
    if (speed === 0) return undefined;
    // What begins last ends last. Once it has begun, others that are under way may take longer than it.
    if (allBegun === undefined) return Math.max(0, (1 - begun) / speed + partSeconds - (now - seconds));
    return Math.max(0, partSeconds - (now - allBegun), (1 - share) / speed - (now - seconds));
  }

  private goOn(point: Point): void {
    const [first] = this.holdingUp;
    if (first) {
      this.heldUp.seconds += point.seconds - first.seconds;
      this.heldUp.share += point.share - first.share;
      this.holdingUp = [];
    }
    this.points = added(this.points, this.withoutHoldUps(point));
  }

  /** What was a hold-up is how the run goes, and what was before it says nothing. */
  private goOnFromHere(): void {
    this.points = this.holdingUp;
    this.holdingUp = [];
    this.heldUp = { seconds: 0, share: 0 };
  }

  private withoutHoldUps(point: Point): Point {
    const { seconds, share } = this.heldUp;
    return { ...point, seconds: point.seconds - seconds, share: point.share - share };
  }

  private speed(point: Point): number {
    if (this.points.length === 0) return 0;
    const { seconds, share, partSeconds = 0 } = this.withoutHoldUps(point);
    const underWay = this.usuallyUnderWay(partSeconds);
    const speeds = WINDOWS.map((window) => {
      const since = seconds - Math.max(window * (seconds - this.points[0]!.seconds), SHORTEST_SECONDS);
      const from = this.points.findLast((point) => point.seconds <= since) ?? this.points[0]!;
      return (share - from.share + underWay) / (seconds - from.seconds + partSeconds);
    });
    return Math.max(...speeds);
  }

  /** On average, while there was more to begin. */
  private usuallyUnderWay(seconds: number): number {
    const some = this.points.filter(({ begun }) => begun < 1);
    const since = (some.at(-1)?.seconds ?? 0) - 2 * seconds;
    const lately = some.filter((point) => point.seconds >= since);
    const sum = lately.reduce((total, { begun, finished }) => total + begun - finished, 0);
    return lately.length === 0 ? 0 : sum / lately.length;
  }
}

function added(points: Point[], point: Point): Point[] {
  const kept = points.length < MOST_POINTS ? points : points.filter((_, i) => i % 2 === 0);
  kept.push(point);
  return kept;
}
