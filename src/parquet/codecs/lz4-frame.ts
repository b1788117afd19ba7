/**
 * LZ4 frames, with every check they offer.
 *
 *     frame   magic | flags | block size | content size? | checksum of these | blocks | 0 (u32) | checksum?
 *     block   size, top bit: stored as it is (u32) | data | checksum?
 *
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
import { refuse } from './codec-error.js';
import { decodeLz4Block } from './lz4-block.js';
import { xxh32 } from './xxh32.js';

const MAGIC = 0x184d2204;

export function isLz4Frame(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === MAGIC;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Decodes the one frame that `bytes` are. @throws CodecError unless it fills `out` */
export function readLz4Frame(bytes: Uint8Array, out: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  let i = 4;
  const take = (count: number): number => {
    if (count > bytes.length - i) refuse('they end inside a frame');
    i += count;
    return i - count;
  };
  const number = (): number => view.getUint32(take(4), true);

  const flags = bytes[take(1)]!;
  const blockSize = bytes[take(1)]!;
  const isLinked = (flags & 0x20) === 0;
  const hasBlockChecksums = (flags & 0x10) !== 0;
  const hasContentSize = (flags & 8) !== 0;
  const hasChecksum = (flags & 4) !== 0;
  if (flags >> 6 !== 1 || (flags & 2) !== 0 || (blockSize & 0x8f) !== 0 || blockSize >> 4 < 4) {
    refuse('a frame of an unknown version');
  }
  if ((flags & 1) !== 0) refuse('a frame that needs a dictionary');
  if (hasContentSize && view.getBigUint64(take(8), true) !== BigInt(out.length)) {
    refuse(`a frame that is not of the ${out.length} bytes that the header says`);
  }
  if (((xxh32(bytes.subarray(4, i)) >> 8) & 0xff) !== bytes[take(1)]!) refuse("a frame's header is damaged");

  const maxBlock = 2 ** (8 + 2 * (blockSize >> 4));
  let o = 0;
  for (let size = number(); size !== 0; size = number()) {
    const isStored = size >= 2 ** 31;
    const length = size % 2 ** 31;
    if (length > maxBlock) refuse('a block is longer than its frame allows');
    const start = take(length);
    const block = bytes.subarray(start, i);
    if (hasBlockChecksums && xxh32(block) !== number()) refuse("a block's checksum does not match");
    if (isStored) {
      if (length > out.length - o) refuse(`they hold more than ${out.length} bytes`);
      out.set(block, o);
      o += length;
    } else {
      o = decodeLz4Block(block, out, o, Math.min(o + maxBlock, out.length), isLinked ? 0 : o);
    }
  }
  if (o !== out.length) refuse(`${o} bytes where the header says ${out.length}`);
  if (hasChecksum && xxh32(out) !== number()) refuse('the checksum does not match');
  if (i < bytes.length) refuse(`${bytes.length - i} bytes are left over behind their end`);
  return out;
}
