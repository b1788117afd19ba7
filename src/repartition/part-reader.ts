/** A part in storage as the Parquet room wants it: a named run of bytes. */
// Not from the room's index, here and in the inventory: whoever reads footers alone need not load the rest.
import { TAIL_BYTES } from '../parquet/footer.js';
import type { RangeReader } from '../parquet/source.js';
import { DEFAULT_MEMORY, Memory } from '../memory.js';
import { BufferPool } from '../storage/buffer-pool.js';
import type { CallOptions, ObjectStat, Storage, StorageProfile } from '../storage/storage.js';

/** For whoever reads footers alone, one at a time. */
const USUAL = Memory.within(DEFAULT_MEMORY);

/** How a part is read. */
export interface ReadOptions extends CallOptions {
  /** What opening it may take; by default as much as in a process that nobody said anything about. */
  memory?: Memory | undefined;
  /** Where the ends of files are put, one after the other: whoever reads very many of them would make as much garbage. */
  tails?: BufferPool | undefined;
}

/** For whoever looks at many parts. */
export function tailBuffers({ readsAtOnce }: StorageProfile): BufferPool {
  return new BufferPool(TAIL_BYTES, readsAtOnce);
}

/**
 * Reads ranges of one version of a part. The last read that reached the file's end is kept: it is the tail with the
 * footer, often with the page indexes too, and of a small part it is everything.
 */
export function partReader(
  storage: Storage,
  stat: ObjectStat,
  { memory = USUAL, signal }: ReadOptions,
  tail?: Uint8Array,
): RangeReader {
  let kept = tail ?? new Uint8Array(0);
  return {
    name: storage.describe(stat.path),
    size: stat.size,
    readOverhead: storage.profile.readOverhead,
    smallestCopy: storage.profile.smallestCopy,
    memory,
    async read(start, end, use, into) {
      const keptStart = stat.size - kept.length;
      if (start >= keptStart) return kept.subarray(start - keptStart, end - keptStart);
      const bytes = await storage.read(stat.path, start, end, {
        signal,
        version: stat.version,
        use,
        into,
      });
      if (end === stat.size && bytes.length <= TAIL_BYTES && bytes.buffer !== into?.buffer) kept = bytes;
      return bytes;
    },
  };
}
