/**
 * xxHash's 32-bit hash with seed 0, which LZ4 frames carry.
 * Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

export function xxh32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let i = 0;
  let hash = P5;
  if (bytes.length >= 16) {
    let a = (P1 + P2) | 0;
    let b = P2 | 0;
    let c = 0;
    let d = -P1 | 0;
    for (; i + 16 <= bytes.length; i += 16) {
      a = round(a, view.getUint32(i, true));
      b = round(b, view.getUint32(i + 4, true));
      c = round(c, view.getUint32(i + 8, true));
      d = round(d, view.getUint32(i + 12, true));
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
  }
  hash = (hash + bytes.length) | 0;
  for (; i + 4 <= bytes.length; i += 4) {
    hash = Math.imul(rotate((hash + Math.imul(view.getUint32(i, true), P3)) | 0, 17), P4);
  }
  for (; i < bytes.length; i++) hash = Math.imul(rotate((hash + Math.imul(bytes[i]!, P5)) | 0, 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, P2)) | 0, 13), P1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
