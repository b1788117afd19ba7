/**
 * A checksum of a run of bytes that can be put together from those of its pieces: so pieces are read in any order, by any
 * thread, and it does not matter where parts and row groups end. CRC-32 is a remainder of polynomials over GF(2), and what
 * follows multiplies a remainder by a power of x. Source: crc32_combine in zlib's crc32.c.
 */
import { crc32 } from 'node:zlib';

/** Of so many bytes. */
export interface Checksum {
  crc: number;
  bytes: number;
}

export const NOTHING: Checksum = { crc: 0, bytes: 0 };

export function extended({ crc, bytes }: Checksum, more: Uint8Array): Checksum {
  return { crc: crc32(more, crc), bytes: bytes + more.length };
}

/** The checksum of both runs, one after the other. */
export function joined(a: Checksum, b: Checksum): Checksum {
  return { crc: (multiply(powerOfX(b.bytes), a.crc) ^ b.crc) >>> 0, bytes: a.bytes + b.bytes };
}

/** The checksum of `count` bytes that are 1. */
export function ofOnes(count: number): Checksum {
  let all = NOTHING;
  for (let left = count, one = extended(NOTHING, Uint8Array.of(1)); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) all = joined(all, one);
    one = joined(one, one);
  }
  return all;
}

/** The polynomial of CRC-32, lowest power first. */
const POLYNOMIAL = 0xedb88320;

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0x80000000, factor = b; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}

/** x to the power of 8, 16, 32 …: each the square of the one before. */
const squares: number[] = [0x00800000];

/** x to the power of 8 × `bytes`. */
function powerOfX(bytes: number): number {
  let power = 0x80000000; // 1
  for (let left = bytes, i = 0; left > 0; left = Math.floor(left / 2), i++) {
    if (i === squares.length) squares.push(multiply(squares[i - 1]!, squares[i - 1]!));
    if (left % 2 === 1) power = multiply(squares[i]!, power);
  }
  return power;
}
