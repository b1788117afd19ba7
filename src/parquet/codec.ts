/** Compression of page bodies, by the codec a chunk names. The sizes a page header claims bound what we allocate. */
import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import type { Zstd } from '@hpcc-js/wasm-zstd';
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

let zstd: Promise<Zstd> | undefined;

async function zstdCodec(): Promise<PageCodec> {
  zstd ??= import('@hpcc-js/wasm-zstd').then((module) => module.Zstd.load());
  const wasm = await zstd;
  return {
    decompress: (bytes, size) => inflate(() => wasm.decompress(bytes), size),
    compress: (bytes) => wasm.compress(bytes),
  };
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
