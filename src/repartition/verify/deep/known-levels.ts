/**
 * Levels that were decoded before. The pages of vectors have the same levels again and again, byte for byte, and a reader
 * makes the same lists of them each time: so it decodes every kind once, with its values. Of all others it is given the
 * values alone (`bare-pages.ts`), which it decodes several times as fast.
 */

import type { Data } from 'apache-arrow';

/** How Arrow says lists: list `i` has the values `offsets[i]` to `offsets[i + 1]`. No list and no value is missing. */
export type Offsets = Int32Array;

/** Kinds that are kept, and the lists and bytes that one may have. Vectors that begin anywhere in a page come in few. */
const [MOST_KINDS, MOST_LISTS, MOST_BYTES] = [64, 16 * 1024, 64 * 1024];

/** A thread has one. */
export class KnownLevels {
  private readonly kinds = new Map<string, Offsets>();

  find(levels: string): Offsets | undefined {
    return this.kinds.get(levels);
  }

  learn(levels: string, offsets: Offsets): void {
    if (levels.length > MOST_BYTES || offsets.length > MOST_LISTS) return;
    const [oldest] = this.kinds.keys();
    if (this.kinds.size === MOST_KINDS && oldest !== undefined) this.kinds.delete(oldest);
    this.kinds.set(levels, offsets);
  }
}

/** Puts together the lists of an excerpt from its batches. */
export class ListsRead {
  private readonly ends: number[] = [0];
  private isFull = true;

  /** @param data lists that follow those before */
  add(data: Data): void {
    const offsets = data.valueOffsets as unknown as Offsets;
    this.isFull &&= data.nullCount === 0 && data.children[0]!.nullCount === 0;
    const before = this.ends.at(-1)! - offsets[0]!;
    for (let i = 1; this.isFull && i <= data.length; i++) this.ends.push(before + offsets[i]!);
  }

  /**
   * @param levels of the excerpt
   * @returns undefined where a list, or a value of one, is missing, or a list is empty
   */
  offsets(levels: number): Offsets | undefined {
    return this.isFull && this.ends.at(-1) === levels ? Int32Array.from(this.ends) : undefined;
  }
}
