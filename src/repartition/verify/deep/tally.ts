/**
 * What is kept of values: checksums that don't depend on where batches, row groups and parts end, and a few numbers.
 *
 * A column has several runs of bytes, each with a checksum: which entries are there, how long lists and texts are, and the
 * values that are there, as bits. So null is no empty list, a NaN is itself, and what a null's slot holds is nobody's
 * business.
 */
import { type Data, DataType } from 'apache-arrow';
import { type Checksum, extended, joined, NOTHING, ofOnes } from './crc.js';

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
  /** Bytes that are 1, of which the checksum is still to be told. */
  private readonly ones = new Map<string, number>();
  /** By column: the last list, with which the next batch may go on. */
  private readonly open = new Map<string, OpenList>();

  /** @param counted what to look for in values beside NaN and infinity */
  constructor(private readonly counted: Counted) {}

  /** @param goesOn the first list goes on with the last of the batch before, behind a value that is not there */
  add(name: string, data: Data, goesOn = false): void {
    let facts = this.columns.get(name);
    if (!facts) this.columns.set(name, (facts = { name, nulls: 0, nans: 0, infinities: 0, notBits: 0 }));
    if (DataType.isList(data.type)) this.addLists(name, data, goesOn, facts);
    else this.walk(name, data, facts);
  }

  addRows(rows: number): void {
    this.rows += rows;
  }

  facts(): TallyFacts {
    for (const name of this.open.keys()) this.close(name);
    for (const name of this.ones.keys()) this.hash(name, new Uint8Array(0));
    return { rows: this.rows, columns: [...this.columns.values()], checksums: [...this.checksums] };
  }

  private hash(name: string, bytes: Uint8Array): void {
    let before = this.checksums.get(name) ?? NOTHING;
    const ones = this.ones.get(name);
    if (ones !== undefined) before = joined(before, ofOnes(ones));
    this.ones.delete(name);
    this.checksums.set(name, extended(before, bytes));
  }

  /** So many bytes that are 1. */
  private addOnes(name: string, count: number): void {
    this.ones.set(name, (this.ones.get(name) ?? 0) + count);
  }

  /** Of a column itself, whose last list is not counted before it is known where it ends. */
  private addLists(name: string, data: Data, goesOn: boolean, facts: ColumnFacts): void {
    const offsets = data.valueOffsets as unknown as Int32Array;
    const open = this.open.get(name);
    if (goesOn && open) open.length += offsets[1]! - offsets[0]! - 1;
    const lists = goesOn ? data.slice(1, data.length - 1) : data;
    if (goesOn) this.walkItems(name, data.slice(0, 1), 1, facts);
    if (lists.length === 0) return;
    this.close(name);
    const last = lists.length - 1;
    if (last > 0) this.walk(name, lists.slice(0, last), facts);
    const end = lists.slice(last, 1);
    const [from, to] = end.valueOffsets as unknown as Int32Array;
    const isThere = end.nullCount === 0;
    facts.nulls += isThere ? 0 : 1;
    this.open.set(name, { isThere, length: isThere ? to! - from! : 0, facts });
    if (isThere) this.walkItems(name, end, 0, facts);
  }

  private close(name: string): void {
    const open = this.open.get(name);
    if (!open) return;
    this.open.delete(name);
    const { isThere, length, facts } = open;
    if (isThere) this.addOnes(`${name}?`, 1);
    else this.hash(`${name}?`, Uint8Array.of(0));
    this.hash(`${name}#`, asBytes(Int32Array.of(length)));
    if (isThere) facts.lengths = widened(facts.lengths, length, length);
  }

  /** What is in lists, but for the first so many values. */
  private walkItems(name: string, data: Data, skipped: number, facts: ColumnFacts): void {
    const offsets = data.valueOffsets as unknown as Int32Array;
    const [child] = data.children as [Data];
    const [from, to] = [offsets[0]! + skipped, offsets[data.length]!];
    this.walk(`${name}.`, from === 0 && to === child.length ? child : child.slice(from, to - from), facts);
  }

  private walk(name: string, data: Data, facts: ColumnFacts): void {
    const type = data.type;
    const { length } = data;
    if (length === 0) return;
    const valid = validity(data);
    facts.nulls += valid ? data.nullCount : DataType.isNull(type) ? length : 0;
    if (valid) this.hash(`${name}?`, valid);
    else this.addOnes(`${name}?`, length);
    if (DataType.isNull(type)) return;
    if (DataType.isList(type) || DataType.isMap(type)) this.walkList(name, data, valid, facts);
    else if (DataType.isStruct(type)) {
      for (const [i, child] of data.children.entries())
        this.walk(`${name}.${type.children[i]!.name}`, child, facts);
    } else if (DataType.isUtf8(type) || DataType.isBinary(type)) {
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
    const offsets = data.valueOffsets as unknown as Int32Array;
    const [child] = data.children as [Data];
    const lengths = new Int32Array(data.length);
    let [least, greatest] = [Infinity, -Infinity];
    let hidden = false;
    for (let i = 0; i < data.length; i++) {
      const size = offsets[i + 1]! - offsets[i]!;
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
    if (!hidden) {
      this.walkItems(name, data, 0, facts);
      return;
    }
    // What a missing list holds is nobody's.
    for (let i = 0; i < data.length; i++) {
      if (lengths[i]! > 0) this.walk(`${name}.`, child.slice(offsets[i]!, lengths[i]!), facts);
    }
  }

  private count(type: DataType, bytes: Uint8Array, facts: ColumnFacts): void {
    if (DataType.isFloat(type)) {
      // Half, single, double.
      const precision: number = type.precision;
      if (precision === 0) return;
      const values = precision === 1 ? aligned(bytes, Float32Array) : aligned(bytes, Float64Array);
      countFloats(values, facts);
      if (this.counted === 'bits') countBits(values, facts);
    } else if (DataType.isInt(type) && this.counted !== 'none') {
      const isBits = this.counted === 'bits';
      if (type.bitWidth === 64) {
        (isBits ? countLongBits : countLongRange)(longs(bytes, type.isSigned), facts);
      } else (isBits ? countBits : countRange)(integers(bytes, type.bitWidth, type.isSigned), facts);
    }
  }
}

/** A list of which it is not known yet whether it goes on. */
interface OpenList {
  isThere: boolean;
  length: number;
  facts: ColumnFacts;
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
  // By words where it can be: nulls are many where there are any.
  return width % 4 === 0
    ? asBytes(keep(aligned(bytes, Uint32Array), width / 4, valid, new Uint32Array(bytes.length / 4)))
    : keep(bytes, width, valid, new Uint8Array(bytes.length));
}

function keep<T extends Uint8Array | Uint32Array>(
  from: ArrayLike<number>,
  each: number,
  valid: Uint8Array,
  into: T,
): T {
  let to = 0;
  for (let i = 0; i < valid.length; i++) {
    if (valid[i] === 0) continue;
    for (let k = i * each; k < (i + 1) * each; k++) into[to++] = from[k]!;
  }
  return into.subarray(0, to) as T;
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

type Numbers<T> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

/** Bytes as numbers, copied only where they don't lie as numbers must. */
function aligned<T>(bytes: Uint8Array, of: Numbers<T> & { BYTES_PER_ELEMENT: number }): T {
  const at = bytes.byteOffset % of.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new of(at.buffer, at.byteOffset, at.length / of.BYTES_PER_ELEMENT);
}

function integers(bytes: Uint8Array, bits: number, isSigned: boolean): ArrayLike<number> {
  switch (bits) {
    case 8:
      return isSigned ? aligned(bytes, Int8Array) : bytes;
    case 16:
      return isSigned ? aligned(bytes, Int16Array) : aligned(bytes, Uint16Array);
    default:
      return isSigned ? aligned(bytes, Int32Array) : aligned(bytes, Uint32Array);
  }
}

// `while`, because `for … of` takes six times as long over numbers.

/**
 * Only where some value may be NaN or infinite, values are looked at one by one: of others the sum is finite, unless they are
 * very large.
 */
function countFloats(values: Float32Array | Float64Array, facts: ColumnFacts): void {
  // Four sums, or each addition waits for the one before. (Declared one by one: a pattern costs three times as much.)
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const { length } = values;
  let i = 0;
  for (; i < length - 3; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  for (; i < length; i++) a += values[i]!;
  if (Number.isFinite(a + b + c + d)) return;
  i = values.length;
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
  let least = Infinity;
  let greatest = -Infinity;
  let i = values.length;
  while (--i >= 0) {
    const value = values[i]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  if (least <= greatest) facts.range = widened(facts.range, least, greatest);
}

/** Integers of 64 bits: two halves, for BigInts are far slower. */
interface Longs {
  low: Uint32Array;
  high: Int32Array | Uint32Array;
}

function longs(bytes: Uint8Array, isSigned: boolean): Longs {
  const low = aligned(bytes, Uint32Array);
  return { low, high: isSigned ? new Int32Array(low.buffer, low.byteOffset, low.length) : low };
}

function countLongBits({ low, high }: Longs, facts: ColumnFacts): void {
  for (let i = 0; i < low.length; i += 2) if (low[i]! > 1 || high[i + 1] !== 0) facts.notBits++;
}

/** As doubles: what is beyond 2^53 is an id of nobody. */
function countLongRange({ low, high }: Longs, facts: ColumnFacts): void {
  let least = Infinity;
  let greatest = -Infinity;
  const { length } = low;
  for (let i = 0; i < length; i += 2) {
    const value = high[i + 1]! * 0x100000000 + low[i]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  if (least <= greatest) facts.range = widened(facts.range, least, greatest);
}

function widened(range: [number, number] | undefined, least: number, greatest: number): [number, number] {
  return range ? [Math.min(range[0], least), Math.max(range[1], greatest)] : [least, greatest];
}
