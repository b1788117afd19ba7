/**
 * Runs of encoded values, cut without giving them JavaScript values: PLAIN is sliced, dictionary indices and RLE
 * booleans are repacked, BYTE_STREAM_SPLIT is sliced stream by stream, and the delta encodings, which chain each
 * value to the one before, are said again in PLAIN.
 * Source: https://github.com/apache/parquet-format/blob/master/Encodings.md
 */
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { Encoding, isDictionaryEncoding, nameOf, PhysicalType } from './format.js';
import { bitWidth, decodeHybrid, encodeHybrid, EncodingError } from './hybrid.js';
import type { Leaf } from './schema.js';

/** The present (non-null) values of a page. */
export interface EncodedValues {
  encoding: number;
  bytes: Uint8Array;
  /** How many values `bytes` hold. */
  count: number;
}

/**
 * The values `from..to`, in the encoding they have, or in PLAIN where theirs can't be cut.
 * @throws EncodingError when the bytes do not hold `count` values, or the encoding is unknown
 */
export function sliceValues(leaf: Leaf, values: EncodedValues, from: number, to: number): EncodedValues {
  const { encoding, bytes } = values;
  const count = to - from;
  if (isDictionaryEncoding(encoding)) {
    if (count === 0) return { encoding, bytes: bytes.slice(0, 1), count };
    const width = bytes[0] ?? 0;
    const indices = new Uint32Array(to);
    decodeHybrid(bytes.subarray(1), width, indices);
    return {
      encoding,
      bytes: concat([bytes.subarray(0, 1), encodeHybrid(indices.subarray(from), width)]),
      count,
    };
  }
  switch (encoding) {
    case Encoding.plain:
      return { encoding, bytes: slicePlain(leaf, bytes, from, to), count };
    case Encoding.rle:
      return { encoding, bytes: encodeRleBooleans(decodeRleBooleans(bytes, to).subarray(from)), count };
    case Encoding.byteStreamSplit:
      return { encoding, bytes: sliceStreams(leaf, values, from, to), count };
    default: {
      const plain = toPlain(leaf, values);
      return { encoding: Encoding.plain, bytes: slicePlain(leaf, plain, from, to), count };
    }
  }
}

/** Bytes of one PLAIN value; undefined for booleans (bits) and byte arrays (each has its own length). */
function plainWidth(leaf: Leaf): number | undefined {
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

function slicePlain(leaf: Leaf, bytes: Uint8Array, from: number, to: number): Uint8Array {
  if (leaf.type === PhysicalType.boolean) return packBits(unpackBits(bytes, to).subarray(from));
  if (leaf.type === PhysicalType.byteArray) {
    const start = skipByteArrays(bytes, 0, from);
    return bytes.subarray(start, skipByteArrays(bytes, start, to - from));
  }
  const width = plainWidth(leaf) ?? 0;
  if (to * width > bytes.length) throw endsEarly();
  return bytes.subarray(from * width, to * width);
}

/** The offset behind `count` PLAIN byte arrays that start at `offset`. */
function skipByteArrays(bytes: Uint8Array, offset: number, count: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < count; i++) {
    if (offset + 4 > bytes.length) throw endsEarly();
    offset += 4 + view.getUint32(offset, true);
  }
  if (offset > bytes.length) throw endsEarly();
  return offset;
}

function sliceStreams(leaf: Leaf, values: EncodedValues, from: number, to: number): Uint8Array {
  const width = plainWidth(leaf) ?? 0;
  if (values.bytes.length < width * values.count) throw endsEarly();
  const streams = [];
  for (let i = 0; i < width; i++) {
    streams.push(values.bytes.subarray(i * values.count + from, i * values.count + to));
  }
  return concat(streams);
}

/**
 * A page's values said in PLAIN, in a form that can be joined end to end: booleans take a byte each until
 * `packPlain` makes bits of them.
 * @throws EncodingError for encodings that we can't read, dictionaries' among them: `PlainEntries` reads those
 */
export function toPlain(leaf: Leaf, values: EncodedValues): Uint8Array {
  const { encoding, bytes, count } = values;
  switch (encoding) {
    case Encoding.plain:
      return leaf.type === PhysicalType.boolean
        ? unpackBits(bytes, count)
        : slicePlain(leaf, bytes, 0, count);
    case Encoding.rle:
      return decodeRleBooleans(bytes, count);
    case Encoding.byteStreamSplit:
      return joinStreams(plainWidth(leaf) ?? 0, bytes, count);
    case Encoding.deltaBinaryPacked:
    case Encoding.deltaLengthByteArray:
    case Encoding.deltaByteArray:
      return deltaToPlain(leaf, encoding, bytes, count);
    default:
      throw new EncodingError(`values encoded as ${nameOf(Encoding, encoding)} cannot be read`);
  }
}

/** Joined runs of `toPlain`, as the body of a PLAIN page. */
export function packPlain(leaf: Leaf, bytes: Uint8Array): Uint8Array {
  return leaf.type === PhysicalType.boolean ? packBits(bytes) : bytes;
}

function joinStreams(width: number, bytes: Uint8Array, count: number): Uint8Array {
  if (bytes.length < width * count) throw endsEarly();
  const plain = new Uint8Array(width * count);
  for (let stream = 0; stream < width; stream++) {
    for (let i = 0; i < count; i++) plain[i * width + stream] = bytes[stream * count + i] ?? 0;
  }
  return plain;
}

function deltaToPlain(leaf: Leaf, encoding: number, bytes: Uint8Array, count: number): Uint8Array {
  if (count === 0) return new Uint8Array(0);
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  try {
    if (encoding === Encoding.deltaBinaryPacked) {
      const numbers = leaf.type === PhysicalType.int32 ? new Int32Array(count) : new BigInt64Array(count);
      deltaBinaryUnpack(reader, count, numbers);
      return new Uint8Array(numbers.buffer);
    }
    const arrays: Uint8Array[] = [];
    const decode = encoding === Encoding.deltaByteArray ? deltaByteArray : deltaLengthByteArray;
    decode(reader, count, arrays);
    return leaf.type === PhysicalType.byteArray
      ? concat(arrays.flatMap((a) => [lengthPrefix(a.length), a]))
      : concat(arrays);
  } catch (error) {
    // hyparquet meets damage with errors of any kind.
    const reason = error instanceof RangeError ? 'the page ends before its values do' : String(error);
    throw new EncodingError(`delta-encoded values: ${reason}`);
  }
}

function lengthPrefix(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length, true);
  return bytes;
}

/** Takes values in order from what `toPlain` returned. */
export class PlainCursor {
  private offset = 0;

  constructor(
    private readonly leaf: Leaf,
    private readonly bytes: Uint8Array,
  ) {}

  /** The next `count` values, as `toPlain` says them. */
  take(count: number): Uint8Array {
    const { leaf, bytes, offset } = this;
    const width = leaf.type === PhysicalType.boolean ? 1 : plainWidth(leaf);
    this.offset = width === undefined ? skipByteArrays(bytes, offset, count) : offset + count * width;
    if (this.offset > bytes.length) throw endsEarly();
    return bytes.subarray(offset, this.offset);
  }
}

/** PLAIN values that can be picked by index: a dictionary page. */
export class PlainEntries {
  private readonly bytes: Uint8Array;
  /** Where each entry starts, and where the last one ends. */
  private readonly offsets: Uint32Array;

  constructor(leaf: Leaf, bytes: Uint8Array, count: number) {
    const width = plainWidth(leaf);
    if (count * (width ?? 4) > bytes.length) throw endsEarly();
    this.bytes = bytes;
    this.offsets = new Uint32Array(count + 1);
    for (let i = 0, offset = 0; i < count; i++) {
      offset = width === undefined ? skipByteArrays(bytes, offset, 1) : offset + width;
      this.offsets[i + 1] = offset;
    }
    if ((this.offsets[count] ?? 0) > bytes.length) throw endsEarly();
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

/** RLE booleans: 4 bytes of length, then the hybrid with one bit. */
function decodeRleBooleans(bytes: Uint8Array, count: number): Uint8Array {
  const booleans = new Uint8Array(count);
  if (count > 0) decodeHybrid(bytes.subarray(4), bitWidth(1), booleans);
  return booleans;
}

function encodeRleBooleans(booleans: Uint8Array): Uint8Array {
  const runs = encodeHybrid(booleans, bitWidth(1));
  return concat([lengthPrefix(runs.length), runs]);
}

function unpackBits(bytes: Uint8Array, count: number): Uint8Array {
  if (count > bytes.length * 8) throw endsEarly();
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i++) bits[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
  return bits;
}

function packBits(bits: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | ((bits[i] ?? 0) << (i & 7));
  return bytes;
}

function endsEarly(): EncodingError {
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
