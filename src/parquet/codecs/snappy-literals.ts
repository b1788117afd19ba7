/**
 * Snappy data that are literals for the most part, which is what becomes of numbers that look random: a few long runs of
 * bytes as they were. Copying these to where they are wanted takes a sixth of the time of the library, which makes memory
 * for them twice.
 * Source: https://github.com/google/snappy/blob/main/format_description.txt
 */

/** So little may be saved by compression, as a share of the size. */
const MOST_SAVED = 1 / 8;
/** So many bytes an element, on average: shorter ones are copied faster by the library. */
const FEWEST_BYTES = 128;

/**
 * @param bytes the data, whose length has been looked at
 * @param into as long as what is in them
 * @returns whether they were copied; otherwise they are for the library, which knows what may be wrong with them
 */
export function copyLiterals(bytes: Uint8Array, into: Uint8Array): boolean {
  const [end, size] = [bytes.length, into.length];
  if (end < size * (1 - MOST_SAVED)) return false;
  let [from, to] = [lengthBytes(bytes), 0];
  for (let left = size / FEWEST_BYTES; from < end; left--) {
    const tag = bytes[from++]!;
    const isLiteral = (tag & 3) === 0;
    const extra = isLiteral ? Math.max(0, (tag >> 2) - 59) : EXTRA[tag & 3]!;
    if (left < 0 || from + extra > end) return false;
    let number = 0;
    for (let i = 0; i < extra; i++) number += bytes[from + i]! * 2 ** (8 * i);
    from += extra;
    if (isLiteral) {
      const length = extra === 0 ? (tag >> 2) + 1 : number + 1;
      if (length > end - from || length > size - to) return false;
      into.set(bytes.subarray(from, from + length), to);
      from += length;
      to += length;
      continue;
    }
    const isShort = (tag & 3) === 1;
    const length = isShort ? 4 + ((tag >> 2) & 7) : (tag >> 2) + 1;
    const back = isShort ? (tag >> 5) * 256 + number : number;
    if (back === 0 || back > to || length > size - to) return false;
    // One by one: what is copied may be what this very copy has made.
    for (const stop = to + length; to < stop; to++) into[to] = into[to - back]!;
  }
  return to === size;
}

/** Bytes behind the tag of a copy, by its kind. */
const EXTRA = [0, 1, 2, 4];

/** Of the length in front, which has at most five. */
function lengthBytes(bytes: Uint8Array): number {
  let count = 1;
  while (count < 5 && bytes[count - 1]! >= 0x80) count++;
  return count;
}
