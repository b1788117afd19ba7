/**
 * The frames that a zstd page is made of, found by their headers alone.
 *
 *     frame   magic | descriptor | window? | dictionary? | content size? | blocks | checksum?
 *     block   3 bytes: last (1 bit), type (2), size (21) | data
 *
 * Decoders differ in what they make of bytes that end early or go on: node:zlib reads the first frame and ignores what
 * follows, and before Node.js 24 takes half a frame for a whole one. So the ends are looked for here, and a decoder gets
 * one whole frame.
 * Source: RFC 8878
 */
import { refuse } from './codec-error.js';

export interface ZstdFrame {
  bytes: Uint8Array;
  /** Bytes it holds, where its header says so. */
  contentSize: number | undefined;
  /** It can't hold more, whatever its header says. */
  mostContent: number;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAX_BLOCK_CONTENT = 128 * 1024;
/** Each costs a call, and writers make one. */
const MAX_FRAMES = 1024;

/** @throws CodecError unless `bytes` are whole frames, one behind the other */
export function zstdFrames(bytes: Uint8Array): ZstdFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: ZstdFrame[] = [];
  for (let offset = 0; offset < bytes.length;) {
    if (bytes.length - offset < 8) refuse('they end inside a frame');
    const magic = view.getUint32(offset, true);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      offset += 8 + view.getUint32(offset + 4, true);
      if (offset > bytes.length) refuse('they end inside a frame');
      continue;
    }
    if (magic !== MAGIC) refuse('no zstd frame starts where one should');
    if (frames.length === MAX_FRAMES) refuse(`more than ${MAX_FRAMES} frames`);
    const frame = readFrame(bytes, view, offset);
    frames.push(frame);
    offset += frame.bytes.length;
  }
  return frames;
}

function readFrame(bytes: Uint8Array, view: DataView, start: number): ZstdFrame {
  const { hasChecksum, sizeOffset, sizeBytes } = readDescriptor(bytes[start + 4]!);
  let offset = start + sizeOffset + sizeBytes;
  if (offset > bytes.length) refuse('they end inside a frame');
  const contentSize = readContentSize(view, start + sizeOffset, sizeBytes);
  let mostContent = 0;
  for (let isLast = false; !isLast;) {
    if (offset + 3 > bytes.length) refuse('they end inside a frame');
    const header = bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16);
    isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3) refuse('a block of unknown type');
    const isRun = type === 1;
    mostContent += type === 2 ? MAX_BLOCK_CONTENT : size;
    offset += 3 + (isRun ? 1 : size);
  }
  if (hasChecksum) offset += 4;
  if (offset > bytes.length) refuse('they end inside a frame');
  return { bytes: bytes.subarray(start, offset), contentSize, mostContent };
}

/** Where a frame's header has its content size. */
function readDescriptor(descriptor: number) {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeFlag = descriptor >> 6;
  return {
    hasChecksum: (descriptor & 4) !== 0,
    sizeOffset: 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes,
    sizeBytes: sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag,
  };
}

function readContentSize(view: DataView, offset: number, width: number): number | undefined {
  switch (width) {
    case 0:
      return undefined;
    case 1:
      return view.getUint8(offset);
    case 2:
      return view.getUint16(offset, true) + 256;
    case 4:
      return view.getUint32(offset, true);
    default:
      return Number(view.getBigUint64(offset, true));
  }
}

/**
 * The frame with `size` in its header. A decoder that knows the size decodes in one pass, needs no window beside its
 * output, and refuses what gives another size.
 */
export function withContentSize({ bytes, contentSize }: ZstdFrame, size: number): Uint8Array {
  if (contentSize !== undefined) return bytes;
  const { sizeOffset } = readDescriptor(bytes[4]!);
  const frame = new Uint8Array(bytes.length + 8);
  frame.set(bytes.subarray(0, sizeOffset));
  frame[4]! |= 0xc0;
  new DataView(frame.buffer).setBigUint64(sizeOffset, BigInt(size), true);
  frame.set(bytes.subarray(sizeOffset), sizeOffset + 8);
  return frame;
}
