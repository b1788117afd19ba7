/**
 * What is kept of values: checksums that don't depend on where batches, row groups and parts end, and a few numbers.
 *
 * A column has several runs of bytes, each with a checksum: which entries are there, how long lists and texts are, and the
 * values that are there, as bits. So null is no empty list, a NaN is itself, and what a null's slot holds is nobody's
 * business. Dictionaries are looked up: two columns that say the same in other words are the same.
 */
import { type Data, DataType, type Vector } from 'apache-arrow';
import { type Checksum, extended, NOTHING } from './crc.js';

/** What was counted in a top-level column. */
export interface ColumnFacts {
  name: string;
  /** At any level: missing lists, and missing values in lists. */
  nulls: number;
  nans: number;
  infinities: number;
  /** Values other than 0 and 1. */
  notBits: number;
  /** The least and the greatest integer; undefined when there is none. */
  range?: [number, number];
  /** The shortest and the longest list. */
  lengths?: [number, number];
}

export interface TallyFacts {
  rows: number;
  columns: ColumnFacts[];
  /** By column and what of it. */
  checksums: [string, Checksum][];
}

/** Values of other types than these are hashed alone. */
type Counted = 'integers' | 'bits' | 'none';

/** Adds up batches of rows. */
export class Tally {
  private rows = 0;
  private readonly columns = new Map<string, ColumnFacts>();
  private readonly checksums = new Map<string, Checksum>();

  /** @param counted what to look for in values beside NaN and infinity */
  constructor(private readonly counted: Counted) {}

  add(name: string, data: Data): void {
    let facts = this.columns.get(name);
    if (!facts) this.columns.set(name, (facts = { name, nulls: 0, nans: 0, infinities: 0, notBits: 0 }));
    this.walk(name, data, facts);
  }

  addRows(rows: number): void {
    this.rows += rows;
  }

  facts(): TallyFacts {
    return { rows: this.rows, columns: [...this.columns.values()], checksums: [...this.checksums] };
  }

  private hash(name: string, bytes: Uint8Array): void {
    this.checksums.set(name, extended(this.checksums.get(name) ?? NOTHING, bytes));
  }

  private walk(name: string, data: Data, facts: ColumnFacts): void {
    const type = data.type;
    const { length } = data;
    if (length === 0) return;
    const valid = validity(data);
    facts.nulls += valid ? data.nullCount : DataType.isNull(type) ? length : 0;
    if (valid) this.hash(`${name}?`, valid);
    else this.hashOnes(`${name}?`, length);
    if (DataType.isNull(type)) return;
    if (DataType.isDictionary(type)) {
      this.walkWords(name, data, valid, facts);
    } else if (DataType.isList(type) || DataType.isMap(type) || isLargeList(type)) {
      this.walkList(name, data, valid, facts);
    } else if (DataType.isFixedSizeList(type)) {
      facts.lengths = widened(facts.lengths, type.listSize, type.listSize);
      this.walk(`${name}.`, data.children[0]!, facts);
    } else if (DataType.isStruct(type)) {
      for (const [i, child] of data.children.entries())
        this.walk(`${name}.${type.children[i]!.name}`, child, facts);
    } else if (hasOffsets(type)) {
      const { bytes, lengths } = textsOf(data, valid);
      this.hash(`${name}#`, asBytes(lengths));
      this.hash(name, bytes);
    } else if (DataType.isBool(type)) {
      const bits = present(expanded(data.values as Uint8Array, data.offset, length), 1, valid);
      this.hash(name, bits);
    } else {
      const width = byteWidth(type, data);
      const bytes = present(
        asBytes(data.values as ArrayBufferView).subarray(0, length * width),
        width,
        valid,
      );
      this.hash(name, bytes);
      this.count(type, bytes, facts);
    }
  }

  private walkList(name: string, data: Data, valid: Uint8Array | undefined, facts: ColumnFacts): void {
    const offsets = data.valueOffsets as unknown as Int32Array | BigInt64Array;
    const [child] = data.children as [Data];
    const lengths = new Int32Array(data.length);
    let [least, greatest] = [Infinity, -Infinity];
    let hidden = false;
    for (let i = 0; i < data.length; i++) {
      const size = Number(offsets[i + 1]) - Number(offsets[i]);
      if (valid?.[i] === 0) {
        hidden ||= size > 0;
        continue;
      }
      lengths[i] = size;
      if (size < least) least = size;
      if (size > greatest) greatest = size;
    }
    if (least <= greatest) facts.lengths = widened(facts.lengths, least, greatest);
    this.hash(`${name}#`, asBytes(lengths));
    const [from, to] = [Number(offsets[0]), Number(offsets[data.length])];
    if (!hidden) {
      this.walk(`${name}.`, from === 0 && to === child.length ? child : child.slice(from, to - from), facts);
      return;
    }
    // What a missing list holds.
    for (let i = 0; i < data.length; i++) {
      if (lengths[i]! > 0) this.walk(`${name}.`, child.slice(Number(offsets[i]), lengths[i]!), facts);
    }
  }

  private walkWords(name: string, data: Data, valid: Uint8Array | undefined, facts: ColumnFacts): void {
    const dictionary: Vector = data.dictionary!;
    const indices = data.values as ArrayLike<number | bigint>;
    // Each word by itself, as a column of one.
    for (let i = 0; i < data.length; i++) {
      if (valid?.[i] === 0) continue;
      const at = Number(indices[i]);
      const word = dictionary.slice(at, at + 1).data[0];
      if (word) this.walk(name, word as Data, facts);
    }
  }

  private hashOnes(name: string, count: number): void {
    for (let left = count; left > 0; left -= ONES.length) {
      this.hash(name, left < ONES.length ? ONES.subarray(0, left) : ONES);
    }
  }

  private count(type: DataType, bytes: Uint8Array, facts: ColumnFacts): void {
    if (DataType.isFloat(type)) {
      // Half, single, double.
      const precision: number = type.precision;
      if (precision === 0) return;
      const values = precision === 1 ? aligned(bytes, Float32Array) : aligned(bytes, Float64Array);
      countFloats(aligned(bytes, Uint32Array), precision === 1 ? 1 : 2, values, facts);
      if (this.counted === 'bits') countBits(values, facts);
    } else if (DataType.isInt(type) && this.counted !== 'none') {
      const values = integers(bytes, type.bitWidth, type.isSigned);
      if (this.counted === 'bits') countBits(values, facts);
      else countRange(values, facts);
    }
  }
}

const ONES = new Uint8Array(1 << 16).fill(1);

/** Known to apache-arrow's enumeration of types, and to no class of them. */
const LARGE_LIST = 21;

function isLargeList(type: DataType): boolean {
  return (type.typeId as number) === LARGE_LIST;
}

function hasOffsets(type: DataType): boolean {
  return (
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isBinary(type) ||
    DataType.isLargeBinary(type)
  );
}

/** A byte an entry, 1 where it is there; undefined when all are. */
function validity(data: Data): Uint8Array | undefined {
  if (data.nullCount === 0 || DataType.isNull(data.type)) return undefined;
  return expanded(data.nullBitmap, data.offset, data.length);
}

function expanded(bitmap: Uint8Array, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, at = offset; i < length; i++, at++) bytes[i] = (bitmap[at >> 3]! >> (at & 7)) & 1;
  return bytes;
}

/** The values that are there, one after the other. */
function present(bytes: Uint8Array, width: number, valid: Uint8Array | undefined): Uint8Array {
  if (!valid) return bytes;
  const out = new Uint8Array(bytes.length);
  let to = 0;
  for (let i = 0; i < valid.length; i++) {
    if (valid[i] === 0) continue;
    for (let k = i * width; k < (i + 1) * width; k++) out[to++] = bytes[k]!;
  }
  return out.subarray(0, to);
}

function textsOf(data: Data, valid: Uint8Array | undefined): { bytes: Uint8Array; lengths: Int32Array } {
  const offsets = data.valueOffsets as unknown as Int32Array | BigInt64Array;
  const values = data.values as Uint8Array;
  const lengths = new Int32Array(data.length);
  let hidden = false;
  for (let i = 0; i < data.length; i++) {
    const size = Number(offsets[i + 1]) - Number(offsets[i]);
    if (valid?.[i] === 0) hidden ||= size > 0;
    else lengths[i] = size;
  }
  const all = values.subarray(Number(offsets[0]), Number(offsets[data.length]));
  if (!hidden) return { bytes: all, lengths };
  const pieces = Array.from(lengths, (size, i) =>
    values.subarray(Number(offsets[i]), Number(offsets[i]) + size),
  );
  return { bytes: Buffer.concat(pieces), lengths };
}

function byteWidth(type: DataType, data: Data): number {
  if (DataType.isFixedSizeBinary(type)) return type.byteWidth;
  if (DataType.isDecimal(type)) return type.bitWidth / 8;
  const { BYTES_PER_ELEMENT: each } = data.values as Uint8Array;
  return each * data.stride;
}

function asBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

type Numbers = new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayLike<number>;

/** Bytes as numbers, copied only where they don't lie as numbers must. */
function aligned(bytes: Uint8Array, of: Numbers & { BYTES_PER_ELEMENT: number }): ArrayLike<number> {
  const at = bytes.byteOffset % of.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new of(at.buffer, at.byteOffset, at.length / of.BYTES_PER_ELEMENT);
}

function integers(bytes: Uint8Array, bits: number, isSigned: boolean): ArrayLike<number> {
  switch (bits) {
    case 8:
      return aligned(bytes, isSigned ? Int8Array : Uint8Array);
    case 16:
      return aligned(bytes, isSigned ? Int16Array : Uint16Array);
    case 32:
      return aligned(bytes, isSigned ? Int32Array : Uint32Array);
    default:
      return longs(bytes, isSigned);
  }
}

/** As doubles, which BigInts are far slower than; what is beyond 2^53 is an id of nobody. */
function longs(bytes: Uint8Array, isSigned: boolean): Float64Array {
  const low = aligned(bytes, Uint32Array);
  const high = aligned(bytes, isSigned ? Int32Array : Uint32Array);
  const values = new Float64Array(bytes.length / 8);
  for (let i = 0, at = 0; i < values.length; i++, at += 2) values[i] = high[at + 1]! * 0x100000000 + low[at]!;
  return values;
}

// `while`, because `for … of` takes six times as long over numbers.

/** Only where some exponent has all bits, as that of NaN and infinity has, is the value looked at. */
function countFloats(
  words: ArrayLike<number>,
  wordsEach: 1 | 2,
  values: ArrayLike<number>,
  facts: ColumnFacts,
): void {
  const exponent = wordsEach === 1 ? 0x7f800000 : 0x7ff00000;
  let odd = 0;
  let i = words.length - 1;
  while (i >= 0) {
    if ((words[i]! & exponent) === exponent) odd++;
    i -= wordsEach;
  }
  i = odd === 0 ? 0 : values.length;
  while (--i >= 0) {
    const value = values[i]!;
    if (Number.isNaN(value)) facts.nans++;
    else if (!Number.isFinite(value)) facts.infinities++;
  }
}

function countBits(values: ArrayLike<number>, facts: ColumnFacts): void {
  let i = values.length;
  while (--i >= 0) {
    const value = values[i]!;
    if (value !== 0 && value !== 1) facts.notBits++;
  }
}

function countRange(values: ArrayLike<number>, facts: ColumnFacts): void {
  let [least, greatest] = [Infinity, -Infinity];
  let i = values.length;
  while (--i >= 0) {
    const value = values[i]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  if (least <= greatest) facts.range = widened(facts.range, least, greatest);
}

function widened(range: [number, number] | undefined, least: number, greatest: number): [number, number] {
  return range ? [Math.min(range[0], least), Math.max(range[1], greatest)] : [least, greatest];
}
