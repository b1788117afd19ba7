import pLimit, { type LimitFunction } from 'p-limit';
import { S3_LIMITS } from './compose-plan.js';

/** Parts in memory at a time: while one is on its way up the next one is fetched. */
const PARTS = 2;
/** Uploaded parts are shorter than two smallest parts, but for objects of tens of GiB. */
const BUFFER_BYTES = 2 * S3_LIMITS.minPart;

/**
 * The memory for parts that are put together here. Used again and again: fresh buffers of several MiB would pile up
 * until the garbage collector gets to them.
 */
export class PartMemory {
  private readonly limit: LimitFunction = pLimit(PARTS);
  private readonly free: Uint8Array[] = [];

  /** Runs `work` with `size` bytes of its own until it settles; what they hold at first is not said. */
  use<T>(size: number, work: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    return this.limit(async () => {
      if (size > BUFFER_BYTES) return work(new Uint8Array(size));
      const buffer = this.free.pop() ?? new Uint8Array(BUFFER_BYTES);
      try {
        return await work(buffer.subarray(0, size));
      } finally {
        this.free.push(buffer);
      }
    });
  }
}
