/** From the compact protocol's bytes to structs: every field with its type, known or not. */
import {
  Struct,
  type Table,
  ThriftError,
  type ThriftList,
  type ThriftMap,
  ThriftTruncated,
  ThriftType,
  type ThriftValue,
  type WireField,
} from './thrift.js';

/** What the seven bits of a varint's fifth and seventh byte count for: 32 bits end in one, 49 are all of the other. */
const SCALE_OF_FIFTH = 2 ** 28;
const SCALE_OF_SEVENTH = 2 ** 42;

/** Deep enough for any Parquet footer; a hostile one must not exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * Reads one struct that starts at `offset`; `end` is where the next byte after it lies.
 * @param of whose it is, for its type; what else stands in it is read all the same
 * @throws ThriftTruncated when `bytes` ends first, ThriftError when the bytes are not compact Thrift
 */
export function readStruct<N extends string>(
  _of: Table<N>,
  bytes: Uint8Array,
  offset = 0,
): { struct: Struct<N>; end: number } {
  const reader = new CompactReader(bytes, offset);
  const struct = reader.struct<N>(0);
  return { struct, end: reader.offset };
}

class CompactReader {
  private readonly bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.bytes = bytes;
    this.offset = offset;
  }

  struct<N extends string>(depth: number): Struct<N> {
    if (depth > MAX_DEPTH) throw new ThriftError('structs nested too deeply');
    const fields = new Map<number, WireField>();
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
    const map = { keyType: types >> 4, valueType: types & 0x0f, entries: [] as [ThriftValue, ThriftValue][] };
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
