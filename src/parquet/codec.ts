/**
 * Compression of page bodies, by the codec a chunk names. A body decompresses to exactly the size its page header says,
 * from exactly the bytes that are there, or it is damaged: what we open we write again, and nothing may be laundered.
 * The size is only a claim. It is compared with what a stream can hold or says of itself before room is made for it, and
 * decompression stops there.
 */
import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import { messageOf } from '../errors.js';
import { CodecError, refuse, UnknownCodec } from './codecs/codec-error.js';
import { lz4Codec, lz4RawCodec } from './codecs/lz4.js';
import type { PageCodec } from './codecs/page-codec.js';
import { copyLiterals } from './codecs/snappy-literals.js';
import { inflate } from './codecs/zlib.js';
import { zstdCodec } from './codecs/zstd.js';
import { Codec, nameOf } from './format.js';

export { CodecError, UnknownCodec } from './codecs/codec-error.js';
export type { PageCodec } from './codecs/page-codec.js';

/**
 * @param codec `Codec` of the chunk
 * @throws UnknownCodec for LZO, and for what the format does not know
 */
export async function openCodec(codec: number): Promise<PageCodec> {
  const found = await findCodec(codec);
  return {
    decompress: (bytes, size, into) => exactly(found, bytes, size, into),
    compress: (bytes) => found.compress(bytes),
  };
}

/** The same for whoever can do without: undefined where `openCodec` throws UnknownCodec. */
export async function openKnownCodec(codec: number): Promise<PageCodec | undefined> {
  try {
    return await openCodec(codec);
  } catch (error) {
    if (error instanceof UnknownCodec) return undefined;
    throw error;
  }
}

function findCodec(codec: number): PageCodec | Promise<PageCodec> {
  switch (codec) {
    case Codec.uncompressed:
      return { decompress: (bytes) => bytes, compress: (bytes) => bytes };
    case Codec.snappy:
      return snappyCodec();
    case Codec.gzip:
      return {
        decompress: (bytes, size) => {
          if (size > bytes.length * MAX_DEFLATE_RATIO) cannotHold(size);
          return inflate(zlib.gunzipSync, bytes, size);
        },
        compress: (bytes) => zlib.gzipSync(bytes),
      };
    case Codec.brotli:
      return {
        decompress: (bytes, size) => inflate(zlib.brotliDecompressSync, bytes, size),
        compress: (bytes) =>
          zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
      };
    case Codec.zstd:
      return zstdCodec();
    case Codec.lz4:
      return lz4Codec;
    case Codec.lz4Raw:
      return lz4RawCodec;
    default:
      throw new UnknownCodec(`pages compressed with ${nameOf(Codec, codec)} cannot be cut`);
  }
}

/** A copy of 258 bytes takes at least 2 bits. */
const MAX_DEFLATE_RATIO = 1032;
/** A copy of 64 bytes takes 3 bytes. */
const MAX_SNAPPY_RATIO = 22;
/** A page's size is an i32. */
const MAX_SIZE = 2 ** 31 - 1;

function exactly(codec: PageCodec, bytes: Uint8Array, size: number, into?: Uint8Array): Uint8Array {
  if (!(size >= 0 && size <= MAX_SIZE)) throw new CodecError(`a page can't have ${size} bytes`);
  // Some writers store nothing as nothing, which no codec would call compressed; there is nothing to lose either.
  if (size === 0 && bytes.length === 0) return bytes;
  const content = codec.decompress(bytes, size, into);
  if (content.length !== size) throw new CodecError(`${content.length} bytes where the header says ${size}`);
  return content;
}

function cannotHold(size: number): never {
  refuse(`they can't hold the ${size} bytes that the header says`);
}

type Snappy = typeof import('snappy');
let snappy: Snappy | undefined;

/**
 * Its own memory is given back by whichever thread collects garbage, and then stays with the library: with pages of 1 MB
 * that was 200 MB of a process. A copy is V8's, and its own it has back at once.
 */
const COPIED = { copyOutputData: true };

/** Native, and loaded when first needed: most tasks copy whole pages. */
function snappyCodec(): PageCodec {
  snappy ??= createRequire(import.meta.url)('snappy') as Snappy;
  const { compressSync, uncompressSync } = snappy;
  return {
    decompress: (bytes, size, into) => {
      // The length stands in front of the data: refuse a bomb before it is inflated.
      const claimed = snappyLength(bytes);
      if (claimed !== size) throw new CodecError(`snappy data of ${claimed} bytes where ${size} belong`);
      if (size > bytes.length * MAX_SNAPPY_RATIO) cannotHold(size);
      if (into && copyLiterals(bytes, into)) return into;
      try {
        return uncompressSync(bytes, { asBuffer: true, ...COPIED }) as Buffer;
      } catch (error) {
        return refuse(messageOf(error));
      }
    },
    compress: (bytes) => compressSync(bytes, COPIED),
  };
}

function snappyLength(bytes: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[i] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) break;
  }
  return length;
}
