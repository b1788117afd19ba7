/**
 * Levels that were decoded before. The pages of vectors have the same levels again and again, byte for byte, and a reader
 * makes the same lists of them each time: so it decodes every kind once, with its values. Of all others it is given the
 * values alone (`bare-pages.ts`), which it decodes several times as fast.
 */
import { crc32 } from 'node:zlib';
import type { Data } from 'apache-arrow';

/** How Arrow says lists: list `i` has the values `offsets[i]` to `offsets[i + 1]`. No list and no value is missing. */
export type Offsets = Int32Array;

/** The levels of a page. */
export interface PageLevels {
  /** As they lie in the page, decompressed. */
  bytes: Uint8Array;
  /** What else tells them from others: how they are to be read. */
  as: string;
  count: number;
}

/** Where lists begin in a page, whose first value may go on with a list of the page before. No value is missing. */
export type Starts = Int32Array;

/** Kinds that are kept, and the lists and bytes that one may have. Vectors that begin anywhere in a page come in few. */
const [MOST_KINDS, MOST_LISTS, MOST_BYTES] = [64, 16 * 1024, 64 * 1024];

/** A thread has one. */
export class KnownLevels {
  /** By a checksum; bytes are compared. */
  private readonly kinds = new Map<string, { bytes: Buffer; starts: Starts }>();

  find(levels: PageLevels): Starts | undefined {
    const kind = this.kinds.get(keyOf(levels));
    return kind?.bytes.equals(levels.bytes) === true ? kind.starts : undefined;
  }

  /** Whether they are worth keeping until it is known what they mean. */
  canLearn({ bytes }: PageLevels): boolean {
    return bytes.length <= MOST_BYTES;
  }

  /**
   * @param pages one behind the other
   * @param offsets the lists that a reader has made of them
   * @param from where the first page begins in them
   */
  learn(pages: readonly PageLevels[], offsets: Offsets, from: number): void {
    let [at, i] = [from, 0];
    for (const levels of pages) {
      const [start, end] = [at, at + levels.count];
      while (offsets[i]! < start) i++;
      const first = i;
      while (offsets[i]! < end) i++;
      if (i - first <= MOST_LISTS)
        this.keep(
          levels,
          offsets.slice(first, i).map((each) => each - start),
        );
      at = end;
    }
  }

  private keep(levels: PageLevels, starts: Starts): void {
    const [oldest] = this.kinds.keys();
    if (this.kinds.size === MOST_KINDS && oldest !== undefined) this.kinds.delete(oldest);
    this.kinds.set(keyOf(levels), { bytes: Buffer.from(levels.bytes), starts });
  }
}

function keyOf({ bytes, as, count }: PageLevels): string {
  return `${crc32(bytes)} ${count} ${as}`;
}

/** Puts together the lists of pages whose levels are known. */
export function listsOf(pages: readonly { starts: Starts; count: number }[], goesOn: boolean): Offsets {
  const before = goesOn ? 1 : 0;
  const offsets = new Int32Array(pages.reduce((sum, { starts }) => sum + starts.length, before + 1));
  // Behind the value that is not there.
  let [i, at] = [before, before];
  for (const { starts, count } of pages) {
    for (const start of starts) offsets[i++] = at + start;
    at += count;
  }
  offsets[i] = at;
  return offsets;
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
