/**
 * The codecs LZ4_RAW, which is one block, and LZ4, which the format never defined. Pages of the latter are
 *
 *     Hadoop's   ( bytes unpacked (u32 BE) | ( bytes packed (u32 BE) | block )+ )*   parquet-mr, Spark, parquet-cpp
 *     a frame    magic 04 22 4D 18 | … , as the command `lz4` writes               parquet-cpp before 1.0
 *     a block    as LZ4_RAW                                                          parquet-cpp before 4.0
 *
 * No page is two of them: a block starts with a literal, so its first byte is above 15, and those of the others aren't
 * (a first Hadoop block of 256 MiB aside). parquet-cpp reads Hadoop's with one packed block each and bare blocks,
 * arrow-rs frames too, and Hadoop itself makes several packed blocks of what is longer than its buffer.
 */
import type { PageCodec } from './page-codec.js';
import { CodecError, refuse } from './codec-error.js';
import { decodeLz4Block, encodeLz4Block, MAX_LZ4_RATIO, storeLz4Block } from './lz4-block.js';
import { isLz4Frame, readLz4Frame } from './lz4-frame.js';

export const lz4RawCodec: PageCodec = {
  decompress: (bytes, size) => readBlock(bytes, room(bytes, size)),
  compress: encodeLz4Block,
};

export const lz4Codec: PageCodec = { decompress: decompressAny, compress: writeHadoop };

/** A buffer for what is declared, unless that can't be true. */
function room(bytes: Uint8Array, size: number): Uint8Array {
  if (size > bytes.length * MAX_LZ4_RATIO) refuse(`they can't hold the ${size} bytes that the header says`);
  return new Uint8Array(size);
}

function readBlock(bytes: Uint8Array, out: Uint8Array): Uint8Array {
  return out.subarray(0, decodeLz4Block(bytes, out, 0, out.length));
}

function decompressAny(bytes: Uint8Array, size: number): Uint8Array {
  const out = room(bytes, size);
  let hadoopsError: CodecError;
  try {
    return readHadoop(bytes, out);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    hadoopsError = error;
  }
  if (isLz4Frame(bytes)) return readLz4Frame(bytes, out);
  if (bytes[0]! <= 15) throw hadoopsError;
  return readBlock(bytes, out);
}

function readHadoop(bytes: Uint8Array, out: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let i = 0;
  let o = 0;
  const number = (): number => {
    if (i + 4 > bytes.length) refuse('they end inside a block');
    i += 4;
    return view.getUint32(i - 4);
  };
  while (i < bytes.length) {
    const unpacked = number();
    // What Hadoop writes of nothing.
    if (unpacked === 0 && i === bytes.length) break;
    if (unpacked > out.length - o) refuse(`they hold more than ${out.length} bytes`);
    const end = o + unpacked;
    do {
      const packed = number();
      if (packed > bytes.length - i) refuse('they end inside a block');
      o = decodeLz4Block(bytes.subarray(i, i + packed), out, o, end);
      i += packed;
    } while (o < end);
  }
  if (o !== out.length) refuse(`${o} bytes where the header says ${out.length}`);
  return out;
}

/** Hadoop unpacks into a buffer of 256 KiB, which can be made smaller. The last block has up to two of these. */
const HADOOP_BLOCK = 64 * 1024;

/**
 * In blocks that every reader takes: arrow-rs gives up where less is left than the block before has packed bytes, so the
 * last block is the longest, and is not packed at all where it would still be too short.
 */
function writeHadoop(bytes: Uint8Array): Uint8Array {
  // DuckDB refuses a block of nothing.
  if (bytes.length === 0) return bytes;
  const count = Math.max(1, Math.floor(bytes.length / HADOOP_BLOCK));
  const unpacked = Array.from({ length: count }, (_, i) =>
    bytes.subarray(i * HADOOP_BLOCK, i === count - 1 ? bytes.length : (i + 1) * HADOOP_BLOCK),
  );
  const blocks = unpacked.map(encodeLz4Block);
  if (!isEachFollowedByMore(blocks)) blocks[count - 1] = storeLz4Block(unpacked[count - 1]!);
  const out = new Uint8Array(blocks.reduce((sum, block) => sum + 8 + block.length, 0));
  const view = new DataView(out.buffer);
  let o = 0;
  for (const [i, block] of blocks.entries()) {
    view.setUint32(o, unpacked[i]!.length);
    view.setUint32(o + 4, block.length);
    out.set(block, o + 8);
    o += 8 + block.length;
  }
  return out;
}

function isEachFollowedByMore(blocks: readonly Uint8Array[]): boolean {
  let behind = Infinity;
  for (const { length } of blocks.toReversed()) {
    if (behind <= length) return false;
    behind = (behind === Infinity ? 0 : behind) + 8 + length;
  }
  return true;
}
