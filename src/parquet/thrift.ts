/**
 * The Thrift compact protocol, kept whole: every field is read into a tree with its type, known or not, and written
 * back as it was. A footer that passes through here loses nothing a newer writer put in.
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** Type nibbles of the compact protocol. */
export const ThriftType = {
  true: 1,
  false: 2,
  i8: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
  uuid: 13,
} as const;

/** What the seven bits of a varint's fifth and seventh byte count for: 32 bits end in one, 49 are all of the other. */
const SCALE_OF_FIFTH = 2 ** 28;
const SCALE_OF_SEVENTH = 2 ** 42;

/** Booleans, integers (bigint beyond 2^53), raw bytes of doubles, uuids and binaries, containers. */
export type ThriftValue = boolean | number | bigint | Uint8Array | ThriftList | ThriftMap | Struct;

export interface ThriftList {
  elementType: number;
  items: ThriftValue[];
}

export interface ThriftMap {
  keyType: number;
  valueType: number;
  entries: [ThriftValue, ThriftValue][];
}

interface Field {
  type: number;
  value: ThriftValue;
}

/** Bytes that are not what Thrift, or the Parquet struct read from it, allows. */
export class ThriftError extends Error {
  override readonly name = 'ThriftError';
}

/** The bytes end inside a struct: with more of them it may be fine. */
export class ThriftTruncated extends ThriftError {}

/** A Thrift struct: fields by id. Typed getters throw `ThriftError` when a field has another type. */
export class Struct {
  private readonly fields: Map<number, Field>;

  constructor(fields: Map<number, Field> = new Map<number, Field>()) {
    this.fields = fields;
  }

  has(id: number): boolean {
    return this.fields.has(id);
  }

  /** A copy that can be changed without changing this one; nested values are shared. */
  clone(): Struct {
    return new Struct(new Map(this.fields));
  }

  delete(...ids: number[]): this {
    for (const id of ids) this.fields.delete(id);
    return this;
  }

  /** An integer that a JavaScript number holds exactly. */
  int(id: number): number | undefined {
    const value = this.fields.get(id)?.value;
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw new ThriftError(`field ${id} is not an integer below 2^53`);
    return value;
  }

  requireInt(id: number): number {
    const value = this.int(id);
    if (value === undefined) throw new ThriftError(`required field ${id} is missing`);
    return value;
  }

  boolean(id: number): boolean | undefined {
    const value = this.fields.get(id)?.value;
    if (value === undefined) return undefined;
    if (typeof value !== 'boolean') throw new ThriftError(`field ${id} is not a boolean`);
    return value;
  }

  bytes(id: number): Uint8Array | undefined {
    const value = this.fields.get(id)?.value;
    if (value === undefined) return undefined;
    if (!(value instanceof Uint8Array)) throw new ThriftError(`field ${id} is not binary`);
    return value;
  }

  string(id: number): string | undefined {
    const value = this.bytes(id);
    return value && utf8.decode(value);
  }

  struct(id: number): Struct | undefined {
    const value = this.fields.get(id)?.value;
    if (value === undefined) return undefined;
    if (!(value instanceof Struct)) throw new ThriftError(`field ${id} is not a struct`);
    return value;
  }

  requireStruct(id: number): Struct {
    const value = this.struct(id);
    if (!value) throw new ThriftError(`required field ${id} is missing`);
    return value;
  }

  list(id: number): ThriftList | undefined {
    const value = this.fields.get(id)?.value;
    if (value === undefined) return undefined;
    if (!isList(value)) throw new ThriftError(`field ${id} is not a list`);
    return value;
  }

  structs(id: number): Struct[] | undefined {
    return this.list(id)?.items.map((item) => {
      if (!(item instanceof Struct)) throw new ThriftError(`field ${id} is not a list of structs`);
      return item;
    });
  }

  ints(id: number): number[] | undefined {
    return this.list(id)?.items.map((item) => {
      if (typeof item !== 'number') throw new ThriftError(`field ${id} is not a list of integers below 2^53`);
      return item;
    });
  }

  setI16(id: number, value: number): this {
    return this.set(id, ThriftType.i16, value);
  }

  setI32(id: number, value: number): this {
    return this.set(id, ThriftType.i32, value);
  }

  setI64(id: number, value: number): this {
    return this.set(id, ThriftType.i64, value);
  }

  setBoolean(id: number, value: boolean): this {
    return this.set(id, value ? ThriftType.true : ThriftType.false, value);
  }

  setBytes(id: number, value: Uint8Array): this {
    return this.set(id, ThriftType.binary, value);
  }

  setString(id: number, value: string): this {
    return this.setBytes(id, new TextEncoder().encode(value));
  }

  setStruct(id: number, value: Struct): this {
    return this.set(id, ThriftType.struct, value);
  }

  setList(id: number, elementType: number, items: ThriftValue[]): this {
    return this.set(id, ThriftType.list, { elementType, items });
  }

  /** Ids in the order in which the compact protocol writes them shortest. */
  sortedFields(): [number, Field][] {
    return [...this.fields].sort(([a], [b]) => a - b);
  }

  private set(id: number, type: number, value: ThriftValue): this {
    this.fields.set(id, { type, value });
    return this;
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function isList(value: ThriftValue): value is ThriftList {
  return typeof value === 'object' && 'items' in value;
}

/** Deep enough for any Parquet footer; a hostile one must not exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * Reads one struct that starts at `offset`; `end` is where the next byte after it lies.
 * @throws ThriftTruncated when `bytes` ends first, ThriftError when the bytes are not compact Thrift
 */
export function readStruct(bytes: Uint8Array, offset = 0): { struct: Struct; end: number } {
  const reader = new CompactReader(bytes, offset);
  const struct = reader.struct(0);
  return { struct, end: reader.offset };
}

class CompactReader {
  private readonly bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.bytes = bytes;
    this.offset = offset;
  }

  struct(depth: number): Struct {
    if (depth > MAX_DEPTH) throw new ThriftError('structs nested too deeply');
    const fields = new Map<number, Field>();
    let id = 0;
    for (;;) {
      const header = this.byte();
      if (header === 0) return new Struct(fields);
      const delta = header >> 4;
      const type = header & 0x0f;
      id = delta === 0 ? this.int(ThriftType.i16) : id + delta;
      fields.set(id, { type, value: this.value(type, depth) });
    }
  }

  private value(type: number, depth: number): ThriftValue {
    switch (type) {
      case ThriftType.true:
        return true;
      case ThriftType.false:
        return false;
      case ThriftType.i8:
        return (this.byte() << 24) >> 24;
      case ThriftType.i16:
      case ThriftType.i32:
        return this.int(type);
      case ThriftType.i64:
        return this.i64();
      case ThriftType.double:
        return this.take(8);
      case ThriftType.uuid:
        return this.take(16);
      case ThriftType.binary:
        return this.take(this.varint());
      case ThriftType.list:
      case ThriftType.set:
        return this.list(depth);
      case ThriftType.map:
        return this.map(depth);
      case ThriftType.struct:
        return this.struct(depth + 1);
      default:
        throw new ThriftError(`unknown Thrift type ${type}`);
    }
  }

  private list(depth: number): ThriftList {
    if (depth > MAX_DEPTH) throw new ThriftError('lists nested too deeply');
    const header = this.byte();
    const elementType = header & 0x0f;
    const short = header >> 4;
    const size = this.boundedSize(short === 15 ? this.varint() : short);
    const items: ThriftValue[] = [];
    for (let i = 0; i < size; i++) items.push(this.element(elementType, depth + 1));
    return { elementType, items };
  }

  private map(depth: number): ThriftMap {
    if (depth > MAX_DEPTH) throw new ThriftError('maps nested too deeply');
    const size = this.boundedSize(this.varint());
    const types = size === 0 ? 0 : this.byte();
    const map: ThriftMap = { keyType: types >> 4, valueType: types & 0x0f, entries: [] };
    for (let i = 0; i < size; i++) {
      map.entries.push([this.element(map.keyType, depth + 1), this.element(map.valueType, depth + 1)]);
    }
    return map;
  }

  /** Booleans inside containers are a byte of their own, unlike those in fields. */
  private element(type: number, depth: number): ThriftValue {
    if (type === ThriftType.true || type === ThriftType.false) return this.byte() === ThriftType.true;
    return this.value(type, depth);
  }

  /** Each element takes a byte or more: a size beyond the bytes left is a lie, and must not allocate. */
  private boundedSize(size: number): number {
    if (size > this.bytes.length - this.offset) throw new ThriftTruncated(`a container of ${size} elements`);
    return size;
  }

  private byte(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw new ThriftTruncated('the bytes end inside a struct');
    this.offset++;
    return byte;
  }

  private take(length: number): Uint8Array {
    if (length > this.bytes.length - this.offset) throw new ThriftTruncated('the bytes end inside a value');
    // A copy: a name of ten bytes must not keep a whole footer in memory.
    const taken = this.bytes.slice(this.offset, this.offset + length);
    this.offset += length;
    return taken;
  }

  /** An unsigned varint of at most 32 bits. */
  private varint(): number {
    let result = 0;
    for (let scale = 1; scale <= SCALE_OF_FIFTH; scale *= 0x80) {
      const byte = this.byte();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (result > 0xffffffff) break;
        return result;
      }
    }
    throw new ThriftError('a 32-bit integer that is too long');
  }

  private int(type: number): number {
    const unsigned = this.varint();
    const value = (unsigned >>> 1) ^ -(unsigned & 1);
    if (type === ThriftType.i16 && value !== (value << 16) >> 16)
      throw new ThriftError('a 16-bit integer too large');
    return value;
  }

  /** A number where it is exact, a bigint beyond. */
  private i64(): number | bigint {
    let low = 0;
    for (let scale = 1; scale <= SCALE_OF_SEVENTH; scale *= 0x80) {
      const byte = this.byte();
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return low % 2 === 0 ? low / 2 : -(low + 1) / 2;
    }
    let unsigned = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      unsigned |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        const value = BigInt.asIntN(64, (unsigned >> 1n) ^ -(unsigned & 1n));
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : value;
      }
    }
    throw new ThriftError('a 64-bit integer that is too long');
  }
}

/** The struct's bytes in the compact protocol. */
export function writeStruct(struct: Struct): Uint8Array {
  const writer = new CompactWriter();
  writer.struct(struct);
  return writer.finish();
}

class CompactWriter {
  private bytes = new Uint8Array(1024);
  private length = 0;

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  struct(struct: Struct): void {
    let last = 0;
    for (const [id, { type, value }] of struct.sortedFields()) {
      const delta = id - last;
      const nibble = typeof value === 'boolean' ? (value ? ThriftType.true : ThriftType.false) : type;
      if (delta > 0 && delta <= 15) {
        this.byte((delta << 4) | nibble);
      } else {
        this.byte(nibble);
        this.varint(zigzag(id));
      }
      if (typeof value !== 'boolean') this.value(type, value);
      last = id;
    }
    this.byte(0);
  }

  private value(type: number, value: ThriftValue): void {
    if (typeof value === 'boolean') this.byte(value ? ThriftType.true : ThriftType.false);
    else if (typeof value === 'bigint') this.varint64(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
    else if (typeof value === 'number') {
      if (type === ThriftType.i8) this.byte(value & 0xff);
      else if (Math.abs(value) < 2 ** 52) this.varint(zigzag(value));
      else this.value(type, BigInt(value));
    } else if (value instanceof Uint8Array) {
      if (type === ThriftType.binary) this.varint(value.length);
      this.append(value);
    } else if (value instanceof Struct) this.struct(value);
    else if (isList(value)) this.list(value);
    else this.map(value);
  }

  private list({ elementType, items }: ThriftList): void {
    if (items.length < 15) this.byte((items.length << 4) | elementType);
    else {
      this.byte(0xf0 | elementType);
      this.varint(items.length);
    }
    for (const item of items) this.value(elementType, item);
  }

  private map({ keyType, valueType, entries }: ThriftMap): void {
    this.varint(entries.length);
    if (entries.length === 0) return;
    this.byte((keyType << 4) | valueType);
    for (const [key, value] of entries) {
      this.value(keyType, key);
      this.value(valueType, value);
    }
  }

  /** A non-negative integer below 2^53: by division, because shifts stop at 32 bits. */
  private varint(value: number): void {
    while (value >= 0x80) {
      this.byte((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }

  private varint64(value: bigint): void {
    while (value >= 0x80n) {
      this.byte(Number(value & 0x7fn) | 0x80);
      value >>= 7n;
    }
    this.byte(Number(value));
  }

  private byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  private append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  private reserve(length: number): void {
    if (this.length + length <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

/** For integers within ±2^52, so that doubling stays exact. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}
