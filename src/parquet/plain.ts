/**
 * Values in PLAIN: end to end, booleans as bits, byte arrays each behind its length.
 * Source: https://github.com/apache/parquet-format/blob/master/Encodings.md#plain-plain--0
 */
import { PhysicalType } from './format.js';
import { EncodingError, requireNothing } from './hybrid.js';
import type { Leaf } from './schema.js';

/** Bytes of one value; undefined for booleans (bits) and byte arrays (each has its own length). */
export function plainWidth(leaf: Leaf): number | undefined {
  switch (leaf.type) {
    case PhysicalType.int32:
    case PhysicalType.float:
      return 4;
    case PhysicalType.int64:
    case PhysicalType.double:
      return 8;
    case PhysicalType.int96:
      return 12;
    case PhysicalType.fixedLenByteArray:
      return leaf.typeLength;
    default:
      return undefined;
  }
}

/** @throws EncodingError unless `bytes` hold `count` values and nothing else */
export function requirePlain(leaf: Leaf, bytes: Uint8Array, count: number): void {
  const end =
    leaf.type === PhysicalType.boolean ? Math.ceil(count / 8) : skipValues(plainWidth(leaf), bytes, 0, count);
  if (end > bytes.length) throw endsEarly();
  requireNothing(bytes.subarray(end));
}

/** The values `from..to`, in PLAIN. */
export function slicePlain(leaf: Leaf, bytes: Uint8Array, from: number, to: number): Uint8Array {
  if (leaf.type === PhysicalType.boolean) return packBits(unpackBits(bytes, from, to));
  const width = plainWidth(leaf);
  const start = skipValues(width, bytes, 0, from);
  const end = skipValues(width, bytes, start, to - from);
  if (end > bytes.length) throw endsEarly();
  return bytes.subarray(start, end);
}

/** The offset behind `count` values that start at `offset`. */
function skipValues(width: number | undefined, bytes: Uint8Array, offset: number, count: number): number {
  if (width !== undefined) return offset + count * width;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < count; i++) {
    if (offset + 4 > bytes.length) throw endsEarly();
    offset += 4 + view.getUint32(offset, true);
  }
  return offset;
}

/**
 * PLAIN values in a form that can be joined end to end: booleans take a byte each, until `packPlain` makes bits of them.
 */
export function unpackPlain(leaf: Leaf, bytes: Uint8Array, count: number): Uint8Array {
  return leaf.type === PhysicalType.boolean ? unpackBits(bytes, 0, count) : bytes;
}

/** Values as `unpackPlain` says them, as the body of a PLAIN page. */
export function packPlain(leaf: Leaf, bytes: Uint8Array): Uint8Array {
  return leaf.type === PhysicalType.boolean ? packBits(bytes) : bytes;
}

/** Takes values in order from what `unpackPlain` returned. */
export class PlainCursor {
  private offset = 0;
  private readonly width: number | undefined;

  constructor(
    leaf: Leaf,
    private readonly bytes: Uint8Array,
  ) {
    this.width = leaf.type === PhysicalType.boolean ? 1 : plainWidth(leaf);
  }

  /** The next `count` values. */
  take(count: number): Uint8Array {
    const { bytes, offset, width } = this;
    this.offset = skipValues(width, bytes, offset, count);
    if (this.offset > bytes.length) throw endsEarly();
    return bytes.subarray(offset, this.offset);
  }
}

/** PLAIN values that can be picked by index: a dictionary page. */
export class PlainEntries {
  /** Where each entry starts, and where the last one ends. */
  private readonly offsets: Uint32Array;

  /** @throws EncodingError unless `bytes` hold `count` values and nothing else */
  constructor(
    leaf: Leaf,
    private readonly bytes: Uint8Array,
    count: number,
  ) {
    requirePlain(leaf, bytes, count);
    const width = plainWidth(leaf);
    this.offsets = new Uint32Array(count + 1);
    for (let i = 0, offset = 0; i < count; i++) {
      offset = skipValues(width, bytes, offset, 1);
      this.offsets[i + 1] = offset;
    }
  }

  get count(): number {
    return this.offsets.length - 1;
  }

  /** The `index`-th entry, in PLAIN. */
  entry(index: number): Uint8Array {
    return this.bytes.subarray(this.offsets[index], this.offsets[index + 1]);
  }

  /** @throws EncodingError for an index beyond the entries */
  gather(indices: Uint32Array): Uint8Array {
    const { offsets } = this;
    let size = 0;
    for (const index of indices) {
      const end = offsets[index + 1];
      if (end === undefined)
        throw new EncodingError(`index ${index} is beyond the dictionary's ${offsets.length - 1} entries`);
      size += end - (offsets[index] ?? 0);
    }
    const gathered = new Uint8Array(size);
    let at = 0;
    for (const index of indices) {
      const entry = this.bytes.subarray(offsets[index], offsets[index + 1]);
      gathered.set(entry, at);
      at += entry.length;
    }
    return gathered;
  }
}

function unpackBits(bytes: Uint8Array, from: number, to: number): Uint8Array {
  if (to > bytes.length * 8) throw endsEarly();
  const bits = new Uint8Array(to - from);
  for (let i = from; i < to; i++) bits[i - from] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
  return bits;
}

function packBits(bits: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | ((bits[i] ?? 0) << (i & 7));
  return bytes;
}

export function endsEarly(): EncodingError {
  return new EncodingError('the page ends before its values do');
}

/** One array from many. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
