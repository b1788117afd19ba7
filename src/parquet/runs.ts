/**
 * Levels, dictionary indices and booleans of a page, kept as the runs they are stored as: a page of a hundred bytes may
 * truly hold a hundred million equal values. Bookmarks lead into the runs, so that a stretch is found without a walk from
 * the beginning:
 *
 *     runs        | 0 × 1 | 1 × 767 | 0 × 1 | 1 × 767 | packed …        |
 *     bookmarks   ^ 0                       ^ 769               ^ 8192
 */
import { bitWidth, HybridDecoder, HybridEncoder, type Tally } from './hybrid.js';

/** Values between bookmarks, at least; a page has at most so many bookmarks. */
const STRIDE = 4096;
const MAX_BOOKMARKS = 4096;

/** A place in the runs. */
interface Bookmark {
  /** A decoder that stands there; nobody moves it. */
  decoder: HybridDecoder;
  /** What stands in front of it. */
  before: Tally;
}

/** Of all runs of a page. */
interface Book {
  /** At every `stride`-th value, and behind the last. */
  bookmarks: readonly Bookmark[];
  stride: number;
  length: number;
  /** The largest value there may be. */
  most: number;
  /** Bits of each value. */
  width: number;
}

/** Immutable. Positions count from the first value. */
export class Runs {
  private constructor(
    private readonly book: Book,
    /** Views share the book, which counts from the first value of all. */
    private readonly start: number,
    readonly length: number,
  ) {}

  /**
   * Reads `count` values, each of which is looked at once.
   * @param most the largest value there may be
   * @param options.width bits of each value; as many as the largest needs unless the page says otherwise
   * @param options.spareRuns whether whole packed runs may follow, see `Habits`
   * @throws EncodingError when the runs end before that, go on behind it, or hold a larger value
   */
  static decode(
    bytes: Uint8Array,
    count: number,
    most: number,
    { width = bitWidth(most), spareRuns = false } = {},
  ): Runs {
    const decoder = new HybridDecoder(bytes, width);
    const stride = Math.max(STRIDE, Math.ceil(count / MAX_BOOKMARKS));
    const bookmarks: Bookmark[] = [];
    let before: Tally = { zeros: 0, most: 0 };
    for (let at = 0; at < count; at += stride) {
      bookmarks.push({ decoder: decoder.clone(), before });
      const here = decoder.tally(Math.min(stride, count - at), most);
      before = { zeros: before.zeros + here.zeros, most: before.most + here.most };
    }
    bookmarks.push({ decoder, before });
    if (count > 0) decoder.clone().requireEnd(spareRuns);
    return new Runs({ bookmarks, stride, length: count, most, width }, 0, count);
  }

  /** The values `from..to`; shares their memory. */
  slice(from: number, to: number): Runs {
    return new Runs(this.book, this.start + from, to - from);
  }

  /** Hands on all values, a repeat at a time. A repeat may go on in the one that follows. */
  forEach(take: (value: number, times: number) => void): void {
    this.cursor().repeats(this.length, take);
  }

  /** How many of the values are 0. */
  get zeros(): number {
    return this.tallyTo(this.start + this.length).zeros - this.tallyTo(this.start).zeros;
  }

  /** How many of the values are the largest there may be. */
  get tops(): number {
    return this.tallyTo(this.start + this.length).most - this.tallyTo(this.start).most;
  }

  /** The position of the `n`-th value that is 0, counted from 0; `length` when there are fewer. */
  findZero(n: number): number {
    const wanted = this.tallyTo(this.start).zeros + n;
    // The last bookmark in front of which there are not more.
    let [low, high] = [0, this.book.bookmarks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.book.bookmarks[middle]!.before.zeros <= wanted) low = middle;
      else high = middle - 1;
    }
    // Behind the last value there is none.
    if (low === this.book.bookmarks.length - 1) return this.length;
    const { decoder, before } = this.book.bookmarks[low]!;
    let position = low * this.book.stride;
    let left = wanted - before.zeros;
    let found: number | undefined;
    decoder.clone().repeats(Math.min(this.book.stride, this.book.length - position), (value, times) => {
      if (value === 0) {
        if (found === undefined && left < times) found = position + left;
        left -= times;
      }
      position += times;
    });
    return Math.min((found ?? Infinity) - this.start, this.length);
  }

  /** A decoder of its own that stands at the first value. */
  cursor(): HybridDecoder {
    const { bookmarks, stride } = this.book;
    const at = Math.min(Math.floor(this.start / stride), bookmarks.length - 1);
    const cursor = bookmarks[at]!.decoder.clone();
    if (this.length > 0) cursor.skip(this.start - at * stride);
    return cursor;
  }

  /** As hybrid runs of the same width, without the length that V1 pages put in front of levels. */
  encode(): Uint8Array {
    const encoder = new HybridEncoder(this.book.width);
    this.forEach((value, times) => {
      encoder.add(value, times);
    });
    return encoder.finish();
  }

  /** What stands in front of a position of the book's. */
  private tallyTo(position: number): Tally {
    const { bookmarks, stride, length, most } = this.book;
    if (position === length) return bookmarks.at(-1)!.before;
    const at = Math.floor(position / stride);
    const { decoder, before } = bookmarks[at]!;
    const rest = position - at * stride;
    if (rest === 0) return before;
    const here = decoder.clone().tally(rest, most);
    return { zeros: before.zeros + here.zeros, most: before.most + here.most };
  }
}
