import type { Memory } from '../memory.js';

const MIB = 1024 * 1024;
/** Buffers come in multiples of this, so that one fits parts of many sizes. */
const STEP = MIB / 4;
/** Bytes of buffers that wait to be used again. */
const MOST_FREE = 8 * MIB;

/**
 * The memory for parts that are put together here, taken from what the process may use. Used again and again: fresh
 * buffers of several MiB would pile up until the garbage collector gets to them.
 */
export class PartMemory {
  /** The last used comes last. */
  private readonly free: Uint8Array[] = [];
  private freeBytes = 0;

  constructor(private readonly memory: Memory) {}

  /** Runs `work` with `size` bytes of its own until it settles; what they hold at first is not said. */
  async use<T>(size: number, work: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    // A part may be larger than all there is, and has to be made all the same.
    const room = await this.memory.take(Math.min(size, this.memory.total));
    try {
      const buffer = this.fitting(size);
      try {
        return await work(buffer.subarray(0, size));
      } finally {
        this.keep(buffer);
      }
    } finally {
      room.release();
    }
  }

  private fitting(size: number): Uint8Array {
    const at = this.free.findLastIndex(({ byteLength }) => byteLength >= size && byteLength <= size + MIB);
    const [buffer] = at < 0 ? [] : this.free.splice(at, 1);
    if (!buffer) return new Uint8Array(Math.ceil(size / STEP) * STEP);
    this.freeBytes -= buffer.byteLength;
    return buffer;
  }

  private keep(buffer: Uint8Array): void {
    this.free.push(buffer);
    this.freeBytes += buffer.byteLength;
    while (this.freeBytes > MOST_FREE) this.freeBytes -= this.free.shift()!.byteLength;
  }
}
