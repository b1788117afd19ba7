/**
 * Levels in the deprecated BIT_PACKED encoding, which old files have: values back to back, highest bit first, without
 * runs and without a length in front.
 *
 *     levels of 3 bits   5   7   0         bits   101 111 00|0…
 *
 * Source: https://github.com/apache/parquet-format/blob/master/Encodings.md#bit-packed-deprecated-bit_packed--4
 */
import { bitWidth, EncodingError, HybridEncoder } from './hybrid.js';
import { Runs } from './runs.js';

/** Bytes that `count` levels take. */
export function bitPackedBytes(count: number, max: number): number {
  return Math.ceil((count * bitWidth(max)) / 8);
}

/**
 * The levels as runs, which is how they are kept and written again.
 * @param bytes as many as `bitPackedBytes` says
 * @throws EncodingError when there are fewer, or a level is above `max`
 */
export function decodeBitPacked(bytes: Uint8Array, count: number, max: number): Runs {
  const width = bitWidth(max);
  if (bytes.length < bitPackedBytes(count, max))
    throw new EncodingError('the page ends before its levels do');
  const encoder = new HybridEncoder(width);
  let bits = 0;
  let buffer = 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    // At most 7 bits are left over and a level has at most 8.
    for (; bits < width; bits += 8) buffer = (buffer << 8) | bytes[next++]!;
    bits -= width;
    encoder.add(buffer >> bits, 1);
    buffer &= (1 << bits) - 1;
  }
  return Runs.decode(encoder.finish(), count, max);
}
