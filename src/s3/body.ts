import { roomFor } from '../storage/room-for.js';
import type { ByteRange } from '../storage/storage.js';

/** What is wanted of a body. */
export interface Wanted {
  /** Where all of it goes if there is room; saves a copy. */
  into?: Uint8Array | undefined;
  /** Ranges of it, ascending, that alone are kept, one behind the other: the rest is let go as it comes. */
  kept?: readonly ByteRange[] | undefined;
}

/** A body as it comes in, in memory once. */
export class Body {
  readonly bytes: Uint8Array;
  private come = 0;
  private readonly kept: readonly ByteRange[];

  /** @param length bytes that will come */
  constructor(
    readonly length: number,
    { into, kept = [{ start: 0, end: length }] }: Wanted = {},
  ) {
    const size = kept.reduce((sum, { start, end }) => sum + end - start, 0);
    this.bytes = roomFor(size, into) ?? new Uint8Array(size);
    this.kept = kept;
  }

  /** @returns how many have come by now: when they are more than there should be, nothing is kept of them */
  add(chunk: Uint8Array): number {
    const from = this.come;
    this.come += chunk.byteLength;
    if (this.come > this.length) return this.come;
    let at = 0;
    for (const { start, end } of this.kept) {
      const [first, last] = [Math.max(start, from), Math.min(end, this.come)];
      if (first < last) this.bytes.set(chunk.subarray(first - from, last - from), at + first - start);
      at += end - start;
    }
    return this.come;
  }

  get isComplete(): boolean {
    return this.come === this.length;
  }
}
