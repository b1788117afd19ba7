/** A part in storage as the Parquet room wants it: a named run of bytes. */
// Not from the room's index, here and in the inventory: whoever reads footers alone need not load the rest.
import { TAIL_BYTES } from '../parquet/footer.js';
import type { RangeReader } from '../parquet/index.js';
import type { CallOptions, ObjectStat, Storage } from '../storage/storage.js';

/**
 * Reads ranges of one version of a part. The last read that reached the file's end is kept: it is the tail with the
 * footer, often with the page indexes too, and of a small part it is everything.
 */
export function partReader(
  storage: Storage,
  stat: ObjectStat,
  options: CallOptions,
  tail?: Uint8Array,
): RangeReader {
  let kept = tail ?? new Uint8Array(0);
  return {
    name: storage.describe(stat.path),
    size: stat.size,
    async read(start, end) {
      const keptStart = stat.size - kept.length;
      if (start >= keptStart) return kept.subarray(start - keptStart, end - keptStart);
      const bytes = await storage.read(stat.path, start, end, { ...options, version: stat.version });
      if (end === stat.size && bytes.length <= TAIL_BYTES) kept = bytes;
      return bytes;
    },
  };
}

/** Of a part, for as long as it is open: a page or two and many headers. */
const REMEMBERED_BYTES = 1.5 * 1024 * 1024;

/** Keeps what was read last: the two tasks on either side of a boundary ask for the same index, headers and page. */
export function remember(reader: RangeReader): RangeReader {
  const reads = new Map<string, { size: number; bytes: Promise<Uint8Array> }>();
  let held = 0;
  const forget = (range: string): void => {
    held -= reads.get(range)?.size ?? 0;
    reads.delete(range);
  };
  return {
    name: reader.name,
    size: reader.size,
    read(start, end) {
      const range = `${start}-${end}`;
      const known = reads.get(range);
      if (known) return known.bytes;
      const bytes = reader.read(start, end);
      // Whoever asks next may have more luck.
      bytes.catch(() => {
        forget(range);
      });
      reads.set(range, { size: end - start, bytes });
      held += end - start;
      for (const oldest of reads.keys()) {
        if (held <= REMEMBERED_BYTES) break;
        forget(oldest);
      }
      return bytes;
    },
  };
}
