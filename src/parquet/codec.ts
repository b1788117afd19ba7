/** Compression of page bodies, by the codec a chunk names. The sizes a page header claims bound what we allocate. */
import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import type { Decompress } from 'fzstd';
import { Codec, nameOf } from './format.js';

/** A body that does not decompress to what its header says. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}

/** A codec whose pages can be copied but not opened. */
export class UnknownCodec extends CodecError {}

export interface PageCodec {
  /** @throws CodecError unless the result has exactly `size` bytes */
  decompress(bytes: Uint8Array, size: number): Uint8Array;
  compress(bytes: Uint8Array): Uint8Array;
}

/**
 * @param codec `Codec` of the chunk
 * @throws UnknownCodec for LZO, LZ4 and LZ4_RAW
 */
export async function openCodec(codec: number): Promise<PageCodec> {
  switch (codec) {
    case Codec.uncompressed:
      return { decompress: (bytes, size) => checked(bytes, size), compress: (bytes) => bytes };
    case Codec.snappy:
      return snappyCodec();
    case Codec.gzip:
      return {
        decompress: (bytes, size) =>
          inflate(() => zlib.gunzipSync(bytes, { maxOutputLength: size || 1 }), size),
        compress: (bytes) => zlib.gzipSync(bytes),
      };
    case Codec.brotli:
      return {
        decompress: (bytes, size) =>
          inflate(() => zlib.brotliDecompressSync(bytes, { maxOutputLength: size || 1 }), size),
        compress: (bytes) =>
          zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
      };
    case Codec.zstd:
      return zstdCodec();
    default:
      throw new UnknownCodec(`pages compressed with ${nameOf(Codec, codec)} cannot be cut`);
  }
}

type Snappy = typeof import('snappy');
let snappy: Snappy | undefined;

/** Native, and loaded when first needed: most tasks copy whole pages. */
function snappyCodec(): PageCodec {
  snappy ??= createRequire(import.meta.url)('snappy') as Snappy;
  const { compressSync, uncompressSync } = snappy;
  return {
    decompress: (bytes, size) => {
      // The length stands in front of the data: refuse a bomb before it is inflated.
      const claimed = snappyLength(bytes);
      if (claimed !== size) throw new CodecError(`snappy data of ${claimed} bytes where ${size} belong`);
      return inflate(() => uncompressSync(bytes, { asBuffer: true }) as Buffer, size);
    },
    compress: (bytes) => compressSync(bytes),
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

/** What node:zlib has since 22.15. */
interface ZstdOfNode {
  zstdDecompressSync: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
  zstdCompressSync: (bytes: Uint8Array) => Uint8Array;
}

let zstd: Promise<PageCodec> | undefined;

/** Node's own where there is one; else fzstd, block by block, and a compressor in WASM. */
function zstdCodec(): Promise<PageCodec> {
  zstd ??= loadZstd();
  return zstd;
}

async function loadZstd(): Promise<PageCodec> {
  const { zstdDecompressSync, zstdCompressSync } = zlib as Partial<ZstdOfNode>;
  if (zstdDecompressSync && zstdCompressSync) {
    return {
      decompress: (bytes, size) =>
        inflate(() => zstdDecompressSync(bytes, { maxOutputLength: size || 1 }), size),
      compress: (bytes) => zstdCompressSync(bytes),
    };
  }
  const [{ Zstd }, { Decompress }] = await Promise.all([import('@hpcc-js/wasm-zstd'), import('fzstd')]);
  const wasm = await Zstd.load();
  return {
    decompress: (bytes, size) => inflate(() => inflateStream(new Decompress(), bytes, size), size),
    compress: (bytes) => wasm.compress(bytes),
  };
}

/** Collects what a stream gives until it is more than was promised. */
function inflateStream(stream: Decompress, bytes: Uint8Array, size: number): Uint8Array {
  const inflated = new Uint8Array(size);
  let length = 0;
  stream.ondata = (block) => {
    if (length + block.length > size) throw new RangeError(`more than ${size} bytes`);
    inflated.set(block, length);
    length += block.length;
  };
  stream.push(bytes, true);
  return inflated.subarray(0, length);
}

function inflate(decompress: () => Uint8Array, size: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = decompress();
  } catch (error) {
    throw new CodecError(
      `the data do not decompress (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  return checked(bytes, size);
}

function checked(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw new CodecError(`${bytes.length} bytes where the header says ${size}`);
  return bytes;
}
