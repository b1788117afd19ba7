/** Zstandard: Node's own where there is one, else libzstd as WebAssembly. Both are libzstd, and check what it checks. */
import zlib from 'node:zlib';
import type { PageCodec } from './page-codec.js';
import { refuse } from './codec-error.js';
import { inflate, type InflateSync } from './zlib.js';
import { withContentSize, type ZstdFrame, zstdFrames } from './zstd-frames.js';

/** What a platform brings. */
export interface ZstdLibrary {
  /** A frame whose size is known. @throws CodecError unless it has that size */
  decompress(frame: Uint8Array, size: number): Uint8Array;
  /** A frame whose size is not known. @throws CodecError when it holds more than `limit` bytes */
  decompressUnsized(frame: ZstdFrame, limit: number): Uint8Array;
  compress(bytes: Uint8Array): Uint8Array;
}

let codec: Promise<PageCodec> | undefined;

export function zstdCodec(): Promise<PageCodec> {
  codec ??= (zstdOfNode() ?? zstdOfWasm()).then((library) => ({
    decompress: (bytes, size) => decompressFrames(library, bytes, size),
    compress: (bytes) => library.compress(bytes),
  }));
  return codec;
}

function decompressFrames(library: ZstdLibrary, bytes: Uint8Array, size: number): Uint8Array {
  const frames = zstdFrames(bytes);
  let known = 0;
  let most = 0;
  let unsized = 0;
  for (const { contentSize, mostContent } of frames) {
    if (contentSize === undefined) unsized++;
    known += contentSize ?? 0;
    most += mostContent;
  }
  if (known > size || (unsized === 0 && known !== size)) {
    refuse(`frames of ${known} bytes where the header says ${size}`);
  }
  if (most < size) refuse(`they can't hold the ${size} bytes that the header says`);
  const decompress = (frame: ZstdFrame, room: number): Uint8Array => {
    if (frame.contentSize === undefined && unsized > 1) return library.decompressUnsized(frame, room);
    const own = frame.contentSize ?? size - known;
    return library.decompress(withContentSize(frame, own), own);
  };
  // Nearly always.
  if (frames.length === 1) return decompress(frames[0]!, size);
  const content = new Uint8Array(size);
  let length = 0;
  for (const frame of frames) {
    const part = decompress(frame, size - length);
    if (part.length > size - length) refuse(`they hold more than ${size} bytes`);
    content.set(part, length);
    length += part.length;
  }
  return content.subarray(0, length);
}

/** What node:zlib has since 22.15. */
interface ZstdOfNode {
  zstdDecompressSync: InflateSync;
  zstdCompressSync: (bytes: Uint8Array) => Uint8Array;
}

function zstdOfNode(): Promise<ZstdLibrary> | undefined {
  const { zstdDecompressSync, zstdCompressSync } = zlib as unknown as Partial<ZstdOfNode>;
  if (!zstdDecompressSync || !zstdCompressSync) return undefined;
  return Promise.resolve({
    decompress: (frame, size) => inflate(zstdDecompressSync, frame, size),
    decompressUnsized: (frame, limit) => {
      // As a stream libzstd takes a few frames that it refuses in one pass, so this only tells the size.
      const { length } = inflate(zstdDecompressSync, frame.bytes, Math.min(limit, frame.mostContent));
      return inflate(zstdDecompressSync, withContentSize(frame, length), length);
    },
    compress: (bytes) => zstdCompressSync(bytes),
  });
}

/** A WebAssembly heap has 32-bit addresses, and the library does not notice when they are used up. */
const MAX_WASM_BYTES = 2 ** 30;

async function zstdOfWasm(): Promise<ZstdLibrary> {
  const wasm = await import('@bokuweb/zstd-wasm');
  await wasm.init();
  const decompress = (frame: Uint8Array, size: number): Uint8Array => {
    if (size + frame.length > MAX_WASM_BYTES) refuse(`${size} bytes are too many for Node.js before 22.15`);
    try {
      return wasm.decompress(frame, { defaultHeapSize: size });
    } catch (error) {
      // The library gives libzstd's number alone; 22 is "checksum wrong".
      return refuse(String(error).endsWith('-22') ? 'the checksum does not match' : 'they are corrupt');
    }
  };
  return {
    decompress,
    decompressUnsized: ({ bytes, mostContent }, limit) => decompress(bytes, Math.min(limit, mostContent)),
    compress: (bytes) => wasm.compress(bytes),
  };
}
