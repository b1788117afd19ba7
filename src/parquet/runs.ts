/**
 * Levels, dictionary indices and booleans of a page, kept as the runs they are stored as: a page of a hundred bytes may
 * truly hold a hundred million equal values. Bookmarks lead into the runs, so that a stretch is found without a walk from
 * the beginning:
 *
 *     runs        | 0 × 1 | 1 × 767 | 0 × 1 | 1 × 767 | packed …        |
 *     bookmarks   ^ 0                       ^ 769               ^ 8192
 */
import { bitWidth, EncodingError, HybridDecoder, HybridEncoder } from './hybrid.js';

/** Values between bookmarks, at least; a page has at most so many bookmarks. */
const STRIDE = 8192;
const MAX_BOOKMARKS = 4096;

/** Immutable. Positions count from the first value. */
export class Runs {
  private constructor(
    /** Decoders that stand at every `stride`-th value; nobody moves them. */
    private readonly bookmarks: readonly HybridDecoder[],
    private readonly stride: number,
    /** Views share the bookmarks, which count from the first value of all. */
    private readonly start: number,
    readonly length: number,
  ) {}

  /**
   * Reads `count` values, each of which is looked at once.
   * @param largest value there may be
   * @param options.width bits of each value; as many as the largest needs unless the page says otherwise
   * @param options.spareRuns whether whole packed runs may follow, see `Habits`
   * @throws EncodingError when the runs end before that, go on behind it, or hold a larger value
   */
  static decode(
    bytes: Uint8Array,
    count: number,
    largest: number,
    { width = bitWidth(largest), spareRuns = false } = {},
  ): Runs {
    const decoder = new HybridDecoder(bytes, width);
    const stride = Math.max(STRIDE, Math.ceil(count / MAX_BOOKMARKS));
    const bookmarks: HybridDecoder[] = [];
    let found = 0;
    for (let at = 0; at < count; at += stride) {
      bookmarks.push(decoder.clone());
      decoder.repeats(Math.min(stride, count - at), (value) => {
        if (value > found) found = value;
      });
    }
    if (found > largest) throw new EncodingError(`a ${found} where nothing above ${largest} belongs`);
    if (count > 0) decoder.requireEnd(spareRuns);
    return new Runs(bookmarks, stride, 0, count);
  }

  /** The values `from..to`; shares their memory. */
  slice(from: number, to: number): Runs {
    return new Runs(this.bookmarks, this.stride, this.start + from, to - from);
  }

  /** Hands on all values, a repeat at a time. A repeat may go on in the one that follows. */
  forEach(take: (value: number, times: number) => void): void {
    this.cursor().repeats(this.length, take);
  }

  /** How many of the values are `wanted`. */
  count(wanted: number): number {
    let count = 0;
    this.forEach((value, times) => {
      if (value === wanted) count += times;
    });
    return count;
  }

  /** The position of the `n`-th of the values that are `wanted`, counted from 0; `length` when there are fewer. */
  find(wanted: number, n: number): number {
    const cursor = this.cursor();
    let left = n;
    for (let at = 0; at < this.length; at += STRIDE) {
      let position = at;
      let found: number | undefined;
      cursor.repeats(Math.min(STRIDE, this.length - at), (value, times) => {
        if (value === wanted) {
          if (found === undefined && left < times) found = position + left;
          left -= times;
        }
        position += times;
      });
      if (found !== undefined) return found;
    }
    return this.length;
  }

  /** A decoder of its own that stands at the first value. */
  cursor(): HybridDecoder {
    const bookmark = this.bookmarks[Math.floor(this.start / this.stride)];
    if (!bookmark) return new HybridDecoder(new Uint8Array(0), 0);
    const cursor = bookmark.clone();
    cursor.repeats(this.start % this.stride, () => undefined);
    return cursor;
  }

  /** As hybrid runs of `width` bits, without the length that V1 pages put in front of levels. */
  encode(width: number): Uint8Array {
    const encoder = new HybridEncoder(width);
    this.forEach((value, times) => {
      encoder.add(value, times);
    });
    return encoder.finish();
  }
}
