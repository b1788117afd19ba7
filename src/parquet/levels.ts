/**
 * The repetition or definition levels of a page, as repeats. A row that holds a vector of 768 numbers has 768 levels,
 * but two repeats:
 *
 *     repetition   0 1 1 1 1 1 … 1   0 1 1 1 1 1 … 1   0 …
 *     values       0, 1,             0, 1,             0, …
 *     ends         1, 768,           769, 1536,        1537, …
 */
import { bitWidth, EncodingError, HybridDecoder, HybridEncoder } from './hybrid.js';

/** Of a page. A writer's page seldom has a thousandth of it, a hostile one would have more than fits in memory. */
const MAX_REPEATS = 2 ** 25;

/** Immutable. Positions count from the first level. */
export class Levels {
  private constructor(
    private readonly values: Uint8Array,
    /** Where each repeat ends, ascending; views of the same repeats share them, so they count from `start`. */
    private readonly ends: Uint32Array,
    private readonly start: number,
    readonly length: number,
  ) {}

  /**
   * Reads the hybrid runs of `count` levels.
   * @param max the largest level there can be
   * @throws EncodingError when the runs end before that, or take too much memory
   */
  static decode(runs: Uint8Array, max: number, count: number): Levels {
    const repeats = new Repeats();
    new HybridDecoder(runs, bitWidth(max)).repeats(count, (level, times) => {
      repeats.add(level, times);
    });
    return Levels.of(repeats);
  }

  /** One behind the other. */
  static concat(parts: readonly Levels[]): Levels {
    const repeats = new Repeats();
    for (const part of parts) {
      part.forEach((level, times) => {
        repeats.add(level, times);
      });
    }
    return Levels.of(repeats);
  }

  private static of({ values, ends, count, total }: Repeats): Levels {
    return new Levels(values.subarray(0, count), ends.subarray(0, count), 0, total);
  }

  /** The levels `from..to`; shares their memory. */
  slice(from: number, to: number): Levels {
    const start = this.start + from;
    const first = this.repeatAt(start);
    const behind = from === to ? first : this.repeatAt(this.start + to - 1) + 1;
    return new Levels(
      this.values.subarray(first, behind),
      this.ends.subarray(first, behind),
      start,
      to - from,
    );
  }

  /** How many of the levels are `level`. */
  count(level: number): number {
    let count = 0;
    this.forEach((each, times) => {
      if (each === level) count += times;
    });
    return count;
  }

  /** The position of the `n`-th of the levels that are `level`, counted from 0; `length` when there are fewer. */
  find(level: number, n: number): number {
    let at = 0;
    let left = n;
    for (let i = 0; i < this.ends.length; i++) {
      const times = this.endOf(i) - at;
      if (this.values[i] === level) {
        if (left < times) return at + left;
        left -= times;
      }
      at += times;
    }
    return this.length;
  }

  /** As hybrid runs, without the length that V1 pages put in front. */
  encode(max: number): Uint8Array {
    const encoder = new HybridEncoder(bitWidth(max));
    this.forEach((level, times) => {
      encoder.add(level, times);
    });
    return encoder.finish();
  }

  private forEach(take: (level: number, times: number) => void): void {
    let at = 0;
    for (let i = 0; i < this.ends.length; i++) {
      const end = this.endOf(i);
      take(this.values[i]!, end - at);
      at = end;
    }
  }

  /** Where repeat `i` ends, the last one at the last level that is wanted. */
  private endOf(i: number): number {
    return Math.min(this.ends[i]! - this.start, this.length);
  }

  /** The repeat that holds a position (of `ends`, not of ours), by bisection. */
  private repeatAt(position: number): number {
    let low = 0;
    let high = this.ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Gathers repeats; those of the same level become one. */
class Repeats {
  values = new Uint8Array(64);
  ends = new Uint32Array(64);
  count = 0;
  total = 0;

  add(level: number, times: number): void {
    if (times === 0) return;
    this.total += times;
    if (this.count > 0 && this.values[this.count - 1] === level) {
      this.ends[this.count - 1] = this.total;
      return;
    }
    if (this.count === this.values.length) this.grow();
    this.values[this.count] = level;
    this.ends[this.count++] = this.total;
  }

  private grow(): void {
    if (this.count >= MAX_REPEATS) {
      throw new EncodingError(`levels that change ${this.count} times in one page are more than we open`);
    }
    const values = new Uint8Array(2 * this.count);
    const ends = new Uint32Array(2 * this.count);
    values.set(this.values);
    ends.set(this.ends);
    this.values = values;
    this.ends = ends;
  }
}
