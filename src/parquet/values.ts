/**
 * Runs of encoded values, cut without giving them JavaScript values: PLAIN is sliced, dictionary indices and RLE
 * booleans are repacked, BYTE_STREAM_SPLIT is sliced stream by stream, and the delta encodings, which chain each
 * value to the one before, are said again in PLAIN.
 * Source: https://github.com/apache/parquet-format/blob/master/Encodings.md
 */
import { deltaToPlain } from './delta.js';
import { Encoding, isDictionaryEncoding, nameOf, PhysicalType } from './format.js';
import type { Habits } from './habits.js';
import { EncodingError, requireNothing } from './hybrid.js';
import { concat, endsEarly, plainWidth, requirePlain, slicePlain, unpackPlain } from './plain.js';
import { Runs } from './runs.js';
import type { Leaf } from './schema.js';

/** The present (non-null) values of a page. */
export interface EncodedValues {
  encoding: number;
  bytes: Uint8Array;
  /** How many values `bytes` hold. */
  count: number;
  /** Dictionary indices, and RLE booleans. */
  runs?: Runs;
}

/**
 * Values as they stand in a page, looked at in full; but for the delta encodings, which `toPlain` looks at.
 * @param context.entries of the chunk's dictionary; undefined when it has none
 * @throws EncodingError when the bytes do not hold `count` values and nothing else, or the encoding is unknown
 */
export function openValues(
  leaf: Leaf,
  encoding: number,
  stored: Uint8Array,
  count: number,
  { entries, habits }: { entries: number | undefined; habits: Habits },
): EncodedValues {
  const bytes = habits.zerosBehindValues ? withoutZeros(stored) : stored;
  const { spareRuns } = habits;
  requireKnownType(leaf);
  const values = { encoding, bytes, count };
  // Of no values writers say this or that in a few bytes: a bit width, a length, the header of a block.
  if (count === 0 && encoding !== Encoding.plain && bytes.length < 16) return values;
  if (isDictionaryEncoding(encoding)) {
    if (entries === undefined) throw new EncodingError('dictionary-encoded values without a dictionary');
    if (bytes.length === 0) throw endsEarly();
    return {
      ...values,
      runs: Runs.decode(bytes.subarray(1), count, entries - 1, { width: bytes[0]!, spareRuns }),
    };
  }
  switch (encoding) {
    case Encoding.plain:
      requirePlain(leaf, bytes, count);
      return values;
    case Encoding.rle:
      return { ...values, runs: Runs.decode(rleBooleans(leaf, bytes), count, 1, { spareRuns }) };
    case Encoding.byteStreamSplit:
      requireStreams(leaf, bytes, count);
      return values;
    case Encoding.deltaBinaryPacked:
    case Encoding.deltaLengthByteArray:
    case Encoding.deltaByteArray:
      return values;
    default:
      throw new EncodingError(`values encoded as ${nameOf(Encoding, encoding)} cannot be read`);
  }
}

function requireKnownType({ type, typeLength }: Leaf): void {
  if (!Object.values<number>(PhysicalType).includes(type)) {
    throw new EncodingError(`values of the physical type ${type}, which Parquet does not know`);
  }
  if (type === PhysicalType.fixedLenByteArray && typeLength < 0) {
    throw new EncodingError(`values of ${typeLength} bytes`);
  }
}

/**
 * The values `from..to`, in the encoding they have, or in PLAIN where theirs can't be cut.
 * @param need is told of bytes before they are made, where a few bytes can stand for millions of values; may throw
 * @throws EncodingError when delta-encoded bytes do not hold `count` values
 */
export function sliceValues(
  leaf: Leaf,
  values: EncodedValues,
  from: number,
  to: number,
  need: (bytes: number) => void,
): EncodedValues {
  const { encoding, bytes, runs } = values;
  const count = to - from;
  if (isDictionaryEncoding(encoding)) {
    const width = bytes.subarray(0, 1);
    if (!runs || count === 0) return { encoding, bytes: width, count };
    return { encoding, bytes: concat([width, runs.slice(from, to).encode()]), count };
  }
  switch (encoding) {
    case Encoding.plain:
      return { encoding, bytes: slicePlain(leaf, bytes, from, to), count };
    case Encoding.rle:
      return { encoding, bytes: withLength(runs?.slice(from, to).encode()), count };
    case Encoding.byteStreamSplit:
      return { encoding, bytes: sliceStreams(leaf, values, from, to), count };
    default: {
      const plain = toPlain(leaf, values, need);
      return { encoding: Encoding.plain, bytes: slicePlain(leaf, plain, from, to), count };
    }
  }
}

/**
 * A page's values said in PLAIN, in a form that can be joined end to end: see `unpackPlain`.
 * @param need as for `sliceValues`
 * @throws EncodingError for dictionaries' encodings, which `PlainEntries` reads, and as `sliceValues` does
 */
export function toPlain(
  leaf: Leaf,
  { encoding, bytes, count, runs }: EncodedValues,
  need: (bytes: number) => void,
): Uint8Array {
  if (count === 0) return new Uint8Array(0);
  switch (encoding) {
    case Encoding.plain:
      if (leaf.type === PhysicalType.boolean) need(count);
      return unpackPlain(leaf, bytes, count);
    case Encoding.rle: {
      need(count);
      const booleans = new Uint8Array(count);
      runs?.cursor().read(booleans);
      return booleans;
    }
    case Encoding.byteStreamSplit:
      need(bytes.length);
      return joinStreams(plainWidth(leaf) ?? 0, bytes, count);
    case Encoding.deltaBinaryPacked:
    case Encoding.deltaLengthByteArray:
    case Encoding.deltaByteArray:
      return deltaToPlain(leaf, encoding, bytes, count, need);
    default:
      throw new EncodingError(`values encoded as ${nameOf(Encoding, encoding)} cannot be read`);
  }
}

function requireStreams(leaf: Leaf, bytes: Uint8Array, count: number): void {
  const width = plainWidth(leaf);
  if (width === undefined) throw new EncodingError('values of a type that BYTE_STREAM_SPLIT does not know');
  if (bytes.length < width * count) throw endsEarly();
  requireNothing(bytes.subarray(width * count));
}

/**
 *     BYTE_STREAM_SPLIT   first bytes of all values | second bytes | …
 */
function sliceStreams(leaf: Leaf, { bytes, count }: EncodedValues, from: number, to: number): Uint8Array {
  const streams = [];
  for (let i = 0; i < (plainWidth(leaf) ?? 0); i++) {
    streams.push(bytes.subarray(i * count + from, i * count + to));
  }
  return concat(streams);
}

function joinStreams(width: number, bytes: Uint8Array, count: number): Uint8Array {
  const plain = new Uint8Array(width * count);
  for (let stream = 0; stream < width; stream++) {
    for (let i = 0; i < count; i++) plain[i * width + stream] = bytes[stream * count + i] ?? 0;
  }
  return plain;
}

/** RLE booleans: 4 bytes of length, then the hybrid with one bit. */
function rleBooleans(leaf: Leaf, bytes: Uint8Array): Uint8Array {
  if (leaf.type !== PhysicalType.boolean)
    throw new EncodingError('values that are no booleans encoded as RLE');
  if (bytes.length < 4) throw endsEarly();
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  if (length > bytes.length - 4) throw endsEarly();
  requireNothing(bytes.subarray(4 + length));
  return bytes.subarray(4, 4 + length);
}

/** What is left without the eight zeros of `Habits`. */
export function withoutZeros(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 8;
  return end >= 0 && bytes.subarray(end).every((byte) => byte === 0) ? bytes.subarray(0, end) : bytes;
}

/** Runs behind their length in 4 bytes: RLE booleans, and the levels of V1 pages. */
export function withLength(runs: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(4 + runs.length);
  new DataView(bytes.buffer).setUint32(0, runs.length, true);
  bytes.set(runs, 4);
  return bytes;
}
