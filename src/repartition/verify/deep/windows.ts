/**
 * A range of a file in windows: read ahead, into memory that is used again and again. What a window's last page has in the
 * next is put together in front of that, where there is headroom.
 *
 *     headroom │ window k          → its last page begins here: │ page…
 *                                                         headroom │ …page, window k + 1
 */
import type { ByteRange } from '../../../parquet/source-chunk.js';
import type { StorageProfile } from '../../../storage/storage.js';

/** As many bytes as pages of usual writers have, with their headers. */
const HEADROOM = 1.125 * 1024 * 1024;

/** How windows are read: bytes of each, and how many ahead; on a network as many as keep a few connections busy. */
export interface WindowSizes {
  bytes: number;
  ahead: number;
}

const [DISK, NETWORK]: [WindowSizes, WindowSizes] = [
  { bytes: 1024 * 1024, ahead: 0 },
  { bytes: 4 * 1024 * 1024, ahead: 3 },
];

/** How a storage's parts are read. */
export function windowSizes({ readOverhead }: StorageProfile): WindowSizes {
  return readOverhead === 0 ? DISK : NETWORK;
}

/** What windows of usual pages take. */
export function windowsRoom({ bytes, ahead }: WindowSizes): number {
  return (ahead + 1) * (HEADROOM + bytes);
}

/** Memory of windows that nobody looks at now. A thread has one. */
export class WindowMemory {
  private readonly free: Uint8Array[] = [];

  take(bytes: number): Uint8Array {
    const size = HEADROOM + bytes;
    const one = this.free.pop();
    // Not Node's, which would be counted in with small buffers.
    return one?.length === size ? one : new Uint8Array(size);
  }

  giveBack(memory: Uint8Array): void {
    this.free.push(memory);
  }
}

/** Bytes in memory that has room in front of them, or behind. */
interface Held {
  memory: Uint8Array;
  from: number;
  to: number;
  /** Whether the memory is a window's. */
  isWindow: boolean;
}

const NOTHING: Held = { memory: new Uint8Array(0), from: 0, to: 0, isWindow: false };

const ignore = (): void => undefined;

/** Reads `start..end` of the file, where it may put it into `into`. */
export type ReadRange = (start: number, end: number, into: Uint8Array) => Promise<Uint8Array>;

/** The bytes of a range, in order. */
export class BytesInOrder {
  /** Bytes that were taken. */
  taken = 0;
  private held = NOTHING;
  private readonly begun: Promise<Held>[] = [];
  private at: number;

  constructor(
    private readonly read: ReadRange,
    private readonly range: ByteRange,
    private readonly sizes: WindowSizes,
    private readonly memory: WindowMemory,
  ) {
    this.at = range.start;
  }

  /** Waits until so many bytes are at hand. @returns whether there are; what was peeked at or taken is gone */
  async fill(size: number): Promise<boolean> {
    while (this.held.to - this.held.from < size) {
      this.readAhead();
      const next = this.begun.shift();
      if (!next) return false;
      this.held = this.joined(await next, size);
    }
    return true;
  }

  /** All that is at hand. Good until the next `fill`. */
  peek(): Uint8Array {
    return this.held.memory.subarray(this.held.from, this.held.to);
  }

  /** So many of them, which must be at hand. Good until the next `fill`. */
  take(size: number): Uint8Array {
    const { memory, from } = this.held;
    this.held.from += size;
    this.taken += size;
    return memory.subarray(from, from + size);
  }

  /** Nothing is looked at any more. Whoever stops early does not wait for what is on its way. */
  close(): void {
    this.giveBack(this.held);
    this.held = NOTHING;
    for (const window of this.begun.splice(0)) void window.then((held) => this.giveBack(held), ignore);
  }

  private readAhead(): void {
    while (this.at < this.range.end && this.begun.length <= this.sizes.ahead) {
      const [start, end] = [this.at, Math.min(this.range.end, this.at + this.sizes.bytes)];
      this.at = end;
      const window = this.window(start, end);
      // Its error is told when it is its turn.
      window.catch(ignore);
      this.begun.push(window);
    }
  }

  private async window(start: number, end: number): Promise<Held> {
    const memory = this.memory.take(this.sizes.bytes);
    const into = memory.subarray(HEADROOM, HEADROOM + end - start);
    const bytes = await this.read(start, end, into);
    if (bytes.buffer !== memory.buffer) into.set(bytes);
    return { memory, from: HEADROOM, to: HEADROOM + end - start, isWindow: true };
  }

  /** What is left, and the next window behind it. @param wanted bytes in all */
  private joined(next: Held, wanted: number): Held {
    const { held } = this;
    const rest = this.peek();
    const more = next.memory.subarray(next.from, next.to);
    if (rest.length <= next.from) {
      next.from -= rest.length;
      next.memory.set(rest, next.from);
      this.giveBack(held);
      return next;
    }
    // A page that is larger than usual.
    const bytes = rest.length + more.length;
    const isRoom = !held.isWindow && held.to + more.length <= held.memory.length;
    const larger = isRoom
      ? held
      : {
          memory: new Uint8Array(Math.max(bytes, wanted + this.sizes.bytes)),
          from: 0,
          to: 0,
          isWindow: false,
        };
    if (larger !== held) {
      larger.memory.set(rest);
      larger.to = rest.length;
      this.giveBack(held);
    }
    larger.memory.set(more, larger.to);
    larger.to += more.length;
    this.giveBack(next);
    return larger;
  }

  private giveBack({ memory, isWindow }: Held): void {
    if (isWindow) this.memory.giveBack(memory);
  }
}
