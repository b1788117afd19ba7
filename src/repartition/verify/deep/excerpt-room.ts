/** How large excerpts are, and what of memory reading them takes. */
import type { Room } from '../../../memory.js';
import { PageType, PhysicalType } from '../../../parquet/format.js';
import type { PageHead } from '../../../parquet/page-header.js';
import type { Leaf } from '../../../parquet/schema.js';

/** Of pages of an excerpt, unless one alone has more. Larger ones are no faster: what is decoded has left the cache. */
export const [MOST_BYTES, MOST_SIZE, MOST_VALUES] = [2 * 1024 * 1024, 4 * 1024 * 1024, 512 * 1024];
/** An excerpt with more values, or more bytes when decompressed, is read batch by batch. */
const [AT_ONCE_VALUES, AT_ONCE_SIZE] = [2 * MOST_VALUES, 4 * MOST_SIZE];
/** What a reader keeps of a value beside itself: its levels, and where it ends. */
const LEVELS_BYTES = 8;

/** Whether the reader may give back all of an excerpt in one piece. */
export function isReadAtOnce({ values, size }: { values: number; size: number }): boolean {
  return values <= AT_ONCE_VALUES && size <= AT_ONCE_SIZE;
}

/** Room for the excerpts of usual pages, with what is made of them: decompressed by us, put together, and read. */
export const USUAL_ROOM = 2 * MOST_BYTES + 3 * MOST_SIZE;

/**
 * Bytes that reading the page takes: as it lies, put together, and in the reader's memory; decompressed by us and by the
 * reader; its values.
 */
export function claimOf({ type, compressedSize, uncompressedSize, numValues }: PageHead, leaf: Leaf): number {
  // A dictionary's values are about what it is decompressed.
  const values =
    type === PageType.dictionaryPage ? uncompressedSize : numValues * (LEVELS_BYTES + widthOf(leaf));
  return 3 * compressedSize + 2 * uncompressedSize + values;
}

/** Asks for what goes beyond the usual. */
export async function allowFor(room: Room, held: number, claimed: number): Promise<void> {
  const missing = held + claimed - USUAL_ROOM - room.bytes;
  if (missing > 0) await room.grow(missing);
}

function widthOf({ type, typeLength }: Leaf): number {
  if (type === PhysicalType.fixedLenByteArray) return typeLength;
  return type === PhysicalType.int32 || type === PhysicalType.float ? 4 : 8;
}
