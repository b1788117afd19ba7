/**
 * Values in the delta encodings, said in PLAIN: each is chained to the one before, so that none can be cut.
 * Source: https://github.com/apache/parquet-format/blob/master/Encodings.md#delta-encoding-delta_binary_packed--5
 */
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { Encoding, PhysicalType } from './format.js';
import { EncodingError, requireNothing } from './hybrid.js';
import { endsEarly, plainWidth } from './plain.js';
import type { Leaf } from './schema.js';

/** What hyparquet reads from. */
interface Cursor {
  view: DataView;
  offset: number;
}

/**
 * @param need is told of bytes before they are made, for a few bytes can stand for millions of values; may throw
 * @returns the values in PLAIN, one behind the other
 * @throws EncodingError unless `bytes` hold `count` values and nothing else
 */
export function deltaToPlain(
  leaf: Leaf,
  encoding: number,
  bytes: Uint8Array,
  count: number,
  need: (bytes: number) => void,
): Uint8Array {
  const cursor: Cursor = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  const plain =
    encoding === Encoding.deltaBinaryPacked
      ? integers(leaf, cursor, count, need)
      : byteArrays(leaf, encoding === Encoding.deltaByteArray, cursor, bytes, count, need);
  if (cursor.offset > bytes.length) throw endsEarly();
  requireNothing(bytes.subarray(cursor.offset));
  return plain;
}

function integers(leaf: Leaf, cursor: Cursor, count: number, need: (bytes: number) => void): Uint8Array {
  if (leaf.type !== PhysicalType.int32 && leaf.type !== PhysicalType.int64) throw wrongType();
  need(count * (leaf.type === PhysicalType.int32 ? 4 : 8));
  const numbers = leaf.type === PhysicalType.int32 ? new Int32Array(count) : new BigInt64Array(count);
  unpack(cursor, numbers);
  return new Uint8Array(numbers.buffer);
}

/**
 *     DELTA_LENGTH_BYTE_ARRAY   lengths | bytes
 *     DELTA_BYTE_ARRAY          lengths shared with the value before | lengths of the rest | bytes of the rests
 */
function byteArrays(
  leaf: Leaf,
  hasPrefixes: boolean,
  cursor: Cursor,
  bytes: Uint8Array,
  count: number,
  need: (bytes: number) => void,
): Uint8Array {
  const width = plainWidth(leaf);
  if (leaf.type !== PhysicalType.byteArray && (leaf.type !== PhysicalType.fixedLenByteArray || !hasPrefixes))
    throw wrongType();
  need(count * (hasPrefixes ? 8 : 4));
  const prefixes = new Int32Array(hasPrefixes ? count : 0);
  if (hasPrefixes) unpack(cursor, prefixes);
  const rests = new Int32Array(count);
  unpack(cursor, rests);

  let size = 0;
  let before = 0;
  for (let i = 0; i < count; i++) {
    const prefix = prefixes[i] ?? 0;
    const rest = rests[i]!;
    const length = prefix + rest;
    if (prefix < 0 || rest < 0 || prefix > before) throw new EncodingError('delta lengths that cannot be');
    if (width !== undefined && length !== width) {
      throw new EncodingError(`a value of ${length} bytes where each has ${width}`);
    }
    before = length;
    size += length + (width === undefined ? 4 : 0);
  }
  need(size);
  const plain = new Uint8Array(size);
  const view = new DataView(plain.buffer);
  let at = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    const prefix = prefixes[i] ?? 0;
    const rest = rests[i]!;
    if (width === undefined) {
      view.setUint32(at, prefix + rest, true);
      at += 4;
    }
    plain.copyWithin(at, last, last + prefix);
    if (cursor.offset + rest > bytes.length) throw endsEarly();
    plain.set(bytes.subarray(cursor.offset, cursor.offset + rest), at + prefix);
    cursor.offset += rest;
    last = at;
    at += prefix + rest;
  }
  return plain;
}

/** Fills `output`, of which the header must tell the length. */
function unpack(cursor: Cursor, output: Int32Array | BigInt64Array): void {
  const { view } = cursor;
  const header = [varint(view, cursor.offset)];
  for (let i = 1; i < 3; i++) header.push(varint(view, header.at(-1)!.end));
  const [block, miniblocks, total] = header.map(({ value }) => value) as [number, number, number];
  if (total !== output.length) {
    throw new EncodingError(`delta-encoded values: ${total} where the page has ${output.length}`);
  }
  if (miniblocks === 0 || block % miniblocks !== 0 || (block / miniblocks) % 32 !== 0 || block === 0) {
    throw new EncodingError(`delta-encoded values in blocks of ${block} and ${miniblocks} miniblocks`);
  }
  if (total === 0) {
    // Of no values there is the first one all the same.
    cursor.offset = varint(view, header.at(-1)!.end).end;
    return;
  }
  requireWidths(view, varint(view, header.at(-1)!.end).end, {
    miniblocks,
    perMiniblock: block / miniblocks,
    values: total - 1,
    widest: 8 * output.BYTES_PER_ELEMENT,
  });
  try {
    deltaBinaryUnpack(cursor, total, output);
  } catch (error) {
    // hyparquet meets damage with errors of any kind.
    if (error instanceof RangeError) throw endsEarly();
    throw new EncodingError(`delta-encoded values: ${String(error)}`);
  }
}

/**
 * Looks at the bit widths in front of each block, which hyparquet takes as they come.
 *
 *     block   smallest delta | width | width | width | width | miniblock | miniblock | miniblock | miniblock
 *
 * @throws EncodingError for one that no value of the type needs
 */
function requireWidths(
  view: DataView,
  start: number,
  shape: { miniblocks: number; perMiniblock: number; values: number; widest: number },
): void {
  const { miniblocks, perMiniblock, widest } = shape;
  let offset = start;
  for (let left = shape.values; left > 0;) {
    const widths = varint(view, offset).end;
    offset = widths + miniblocks;
    for (let i = 0; i < miniblocks && left > 0; i++, left -= perMiniblock) {
      if (widths + i >= view.byteLength) throw endsEarly();
      const width = view.getUint8(widths + i);
      if (width > widest) throw new EncodingError(`delta-encoded values of ${width} bits`);
      offset += (perMiniblock * width) / 8;
    }
  }
}

/** An unsigned varint, and where the next byte after it lies. */
function varint(view: DataView, offset: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    if (offset + i >= view.byteLength) throw endsEarly();
    const byte = view.getUint8(offset + i);
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: offset + i + 1 };
  }
  throw new EncodingError('delta-encoded values: an integer that is too long');
}

function wrongType(): EncodingError {
  return new EncodingError('values of a type that has no such delta encoding');
}
