/**
 * How long making parts will take yet. They are made many at a time and each takes a while, so for long nothing is in
 * place though much is on its way. How much is under way, and how long a part takes, tell the speed as soon as as much is
 * in place (Little's law: what is under way is what comes in a second, times the seconds it takes). Later that what came
 * tells it as well. Pure: time is told, not asked.
 */

/** Shares of the work, from 0 to 1, and what a part takes lately from begin to end. */
interface PartsState {
  /** What is done of parts under way counts. */
  share: number;
  /** Of parts that have begun, and of those in place, as wholes. */
  begun: number;
  finished: number;
  partSeconds: number | undefined;
}

interface Point extends PartsState {
  seconds: number;
}

/** More than these are thinned out: every other is forgotten. */
const MOST_POINTS = 512;

/** Shares of the time since the first part's making began. */
const WINDOWS = [1, 1 / 8];

export class PartsPace {
  private points: Point[] = [];
  /** When the first part's making began, and when the last's. */
  private began: number | undefined;
  private allBegun: number | undefined;
  /** The first parts take longer: threads warm up, and requests become more. */
  private settled: number | undefined;

  note(seconds: number, state: PartsState): void {
    if (state.begun > 0) this.began ??= seconds;
    if (state.begun === 1) this.allBegun ??= seconds;
    // As much is in place as is under way.
    if (state.finished > 0 && 2 * state.finished >= state.begun) this.settled ??= seconds;
    if (this.points.length === MOST_POINTS) this.points = this.points.filter((_, i) => i % 2 === 0);
    this.points.push({ ...state, seconds });
  }

  /** @returns undefined as long as it can't be told */
  secondsLeft(now: number): number | undefined {
    const { began } = this;
    const last = this.points.at(-1);
    if (!last || began === undefined || last.partSeconds === undefined) return undefined;
    const { begun, share, finished, partSeconds } = last;
    const underWay = this.usuallyUnderWay(partSeconds);
    if (underWay === 0 || finished < underWay) return undefined;
    const speed = this.speed(last, underWay, began, now);
    if (speed === 0) return undefined;
    // At the end fewer are under way. If those take as long as ever, what begins last ends last; if they are the faster
    // for it, the speed stays what it was. It is something between.
    const [longest, shortest] = [(1 - begun) / speed + partSeconds, (1 - share) / speed];
    if (this.allBegun === undefined) return (longest + shortest) / 2;
    return Math.max(shortest, partSeconds - (now - this.allBegun));
  }

  /** On average, while there was more to begin. */
  private usuallyUnderWay(seconds: number): number {
    const some = this.points.filter(({ begun }) => begun > 0 && begun < 1);
    const since = (some.at(-1)?.seconds ?? 0) - 2 * seconds;
    const lately = some.filter((point) => point.seconds >= since);
    const sum = lately.reduce((total, { begun, finished }) => total + begun - finished, 0);
    return lately.length === 0 ? 0 : sum / lately.length;
  }

  /**
   * As much by what came in all the time as by what came in its last eighth: what holds a run up passes, or stays, and
   * nobody knows which.
   */
  private speed(last: Point, underWay: number, began: number, now: number): number {
    const speeds = WINDOWS.map((share) => {
      const seconds = share * (now - (this.settled ?? began));
      const from = this.points.findLast((point) => point.seconds <= now - seconds) ?? this.points[0]!;
      const since = now - from.seconds;
      const counted = since > 0 ? (last.share - from.share) / since : 0;
      // Things come in lumps, which even out: the more parts are made one after the other, the more counts what came.
      const weight = seconds / (seconds + last.partSeconds!);
      return weight * counted + ((1 - weight) * underWay) / last.partSeconds!;
    });
    return speeds.reduce((sum, speed) => sum + speed) / speeds.length;
  }
}
