/** How large excerpts are, and what of memory reading them takes. */
import type { Room } from '../../../memory.js';
import { PageType, PhysicalType } from '../../../parquet/format.js';
import type { PageHead } from '../../../parquet/page-header.js';
import type { Leaf } from '../../../parquet/schema.js';

/** Of pages of an excerpt, unless one alone has more. Larger ones are no faster: what is decoded has left the cache. */
export const [MOST_BYTES, MOST_SIZE, MOST_VALUES] = [2 * 1024 * 1024, 4 * 1024 * 1024, 512 * 1024];
/** What a reader keeps of a value beside itself: its levels, and where it ends. */
const LEVELS_BYTES = 8;

/** Room for the excerpts of usual pages, with what is made of them. */
export const USUAL_ROOM = 2 * MOST_BYTES + 2 * MOST_SIZE;

/** Bytes that reading the page takes: as it lies, put together, and in the reader's memory; decompressed; its values. */
export function claimOf({ type, compressedSize, uncompressedSize, numValues }: PageHead, leaf: Leaf): number {
  // A dictionary's values are about what it is decompressed.
  const values =
    type === PageType.dictionaryPage ? uncompressedSize : numValues * (LEVELS_BYTES + widthOf(leaf));
  return 3 * compressedSize + uncompressedSize + values;
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
