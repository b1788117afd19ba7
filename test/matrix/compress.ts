/** Page bodies in every codec that a chunk can name, by libraries that the engine does not use where there is one. */
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { Zstd } from '@hpcc-js/wasm-zstd';
import { compressSync } from 'snappy';

/** `lz4` has two framings; `lzo` nobody writes or reads here. */
export const CODECS = {
  none: 0,
  snappy: 1,
  gzip: 2,
  brotli: 4,
  zstd: 6,
  'lz4 raw': 7,
  'lz4 (Hadoop blocks)': 5,
  'lz4 (frames)': 5,
  lzo: 3,
} as const;
export type CodecName = keyof typeof CODECS;

const zstd = await Zstd.load();

export function compress(codec: CodecName, bytes: Buffer): Buffer {
  switch (codec) {
    case 'none':
    case 'lzo':
      return bytes;
    case 'snappy':
      return compressSync(bytes);
    case 'gzip':
      return gzipSync(bytes);
    case 'brotli':
      return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } });
    case 'zstd':
      return Buffer.from(zstd.compress(bytes));
    case 'lz4 raw':
      return lz4Block(bytes);
    case 'lz4 (Hadoop blocks)':
      return hadoop(bytes);
    case 'lz4 (frames)':
      return frame(bytes);
  }
}

/** Literals, and a copy of four bytes or more wherever one is at hand: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md */
function lz4Block(bytes: Buffer): Buffer {
  const out: number[] = [];
  const seen = new Map<number, number>();
  let literals = 0;
  const length = (value: number): void => {
    let rest = value - 15;
    for (; rest >= 255; rest -= 255) out.push(255);
    out.push(rest);
  };
  const sequence = (to: number, match?: { distance: number; length: number }): void => {
    const run = to - literals;
    const copied = match ? match.length - 4 : 0;
    out.push((Math.min(run, 15) << 4) | Math.min(copied, 15));
    if (run >= 15) length(run);
    for (let i = literals; i < to; i++) out.push(bytes[i]!);
    if (!match) return;
    out.push(match.distance & 0xff, match.distance >> 8);
    if (copied >= 15) length(copied);
  };
  // A block ends with five literals at least, and its last copy begins twelve bytes before the end or earlier.
  for (let at = 0; at + 12 < bytes.length;) {
    const key = bytes.readUInt32LE(at);
    const before = seen.get(key);
    seen.set(key, at);
    if (before === undefined || at - before > 0xffff) {
      at++;
      continue;
    }
    let end = at + 4;
    while (end < bytes.length - 5 && bytes[end] === bytes[before + end - at]) end++;
    sequence(at, { distance: at - before, length: end - at });
    literals = at = end;
  }
  sequence(bytes.length);
  return Buffer.from(out);
}

/** Blocks of 250 bytes of content, each behind its two sizes. */
function hadoop(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 250) {
    const content = bytes.subarray(at, at + 250);
    const block = lz4Block(content);
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32BE(content.length);
    sizes.writeUInt32BE(block.length, 4);
    parts.push(sizes, block);
  }
  return Buffer.concat(parts);
}

/** https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md: independent blocks of up to 64 KB, no checksums. */
function frame(bytes: Buffer): Buffer {
  const block = lz4Block(bytes);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  return Buffer.concat([Buffer.from('04224d18604082', 'hex'), size, block, Buffer.alloc(4)]);
}
