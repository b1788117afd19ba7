/** From the compact protocol's bytes to structs: every field with its type, known or not. */
import { MemoryError } from '../memory.js';
import {
  type FieldSpec,
  isSameElement,
  type RawValue,
  Struct,
  type Table,
  ThriftError,
  type ThriftList,
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

/** About what the heap takes for what was read: a struct, a field, and an element or the object around some bytes. */
const [STRUCT_BYTES, FIELD_BYTES, ITEM_BYTES] = [160, 64, 24];

/**
 * Reads one struct that starts at `offset`; `end` is where the next byte after it lies.
 * @param of whose it is: what it knows is read, other containers keep their bytes
 * @param most bytes that it may take in memory
 * @throws ThriftTruncated when `bytes` ends first, ThriftError when the bytes are not compact Thrift, MemoryError
 */
export function readStruct<N extends string>(
  of: Table<N>,
  bytes: Uint8Array,
  offset = 0,
  most = Infinity,
): { struct: Struct<N>; end: number } {
  const reader = new CompactReader(bytes, offset, most);
  const struct = reader.struct<N>(of, 0);
  return { struct, end: reader.offset };
}

const fieldsOfTables = new WeakMap<Table<string>, (FieldSpec<unknown> | undefined)[]>();

/** A table's fields, each under its id. */
function fieldsOf(of: Table<string>): readonly (FieldSpec<unknown> | undefined)[] {
  let fields = fieldsOfTables.get(of);
  if (!fields) {
    const specs = Object.values<FieldSpec<unknown>>(of as Readonly<Record<string, FieldSpec<unknown>>>);
    fieldsOfTables.set(of, (fields = []));
    for (const spec of specs) fields[spec.id] = spec;
  }
  return fields;
}

/** Fields by ascending ids, as nearly all writers have them; of those with one id the last counts. */
function inOrder(fields: WireField[]): WireField[] {
  if (fields.every(({ id }, i) => i === 0 || fields[i - 1]!.id < id)) return fields;
  return [...new Map(fields.map((field) => [field.id, field])).values()].sort((a, b) => a.id - b.id);
}

class CompactReader {
  private taken = 0;
  /** Of the structs that are being read, the innermost last: a list that grows has room for many more than it gets. */
  private readonly read: WireField[] = [];

  constructor(
    private readonly bytes: Uint8Array,
    public offset: number,
    private readonly most: number,
  ) {}

  struct<N extends string>(of: Table<N>, depth: number): Struct<N> {
    this.take(STRUCT_BYTES);
    const known = fieldsOf(of);
    const first = this.read.length;
    this.fields(depth, (id, type) => {
      this.take(FIELD_BYTES);
      this.read.push({ id, type, value: this.value(type, known[id], depth) });
    });
    return new Struct(inOrder(this.read.splice(first)));
  }

  /** Calls `read` in front of each field's value. */
  private fields(depth: number, read: (id: number, type: number) => void): void {
    if (depth > MAX_DEPTH) throw new ThriftError('structs nested too deeply');
    let id = 0;
    for (;;) {
      const header = this.byte();
      if (header === 0) return;
      const delta = header >> 4;
      id = delta === 0 ? this.int(ThriftType.i16) : id + delta;
      read(id, header & 0x0f);
    }
  }

  private value(type: number, known: FieldSpec<unknown> | undefined, depth: number): ThriftValue {
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
        return this.copy(8);
      case ThriftType.uuid:
        return this.copy(16);
      case ThriftType.binary:
        return this.copy(this.varint());
      case ThriftType.struct:
        if (known?.type === type && known.nested) return this.struct(known.nested, depth + 1);
        return this.raw(type, depth);
      case ThriftType.list:
        return (known?.type === type ? this.list(known, depth) : undefined) ?? this.raw(type, depth);
      case ThriftType.set:
      case ThriftType.map:
        return this.raw(type, depth);
      default:
        throw new ThriftError(`unknown Thrift type ${type}`);
    }
  }

  /** A list of what its field says; undefined, with nothing read, when its elements are others. */
  private list(known: FieldSpec<unknown>, depth: number): ThriftList | undefined {
    const start = this.offset;
    const { elementType, size } = this.listHeader(depth);
    if (size > 0 && !isSameElement(elementType, known.element)) {
      this.offset = start;
      return undefined;
    }
    const items: ThriftValue[] = [];
    for (let i = 0; i < size; i++) {
      this.take(ITEM_BYTES);
      items.push(known.nested ? this.struct(known.nested, depth + 1) : this.element(elementType, depth + 1));
    }
    return { elementType, items };
  }

  private listHeader(depth: number): { elementType: number; size: number } {
    if (depth > MAX_DEPTH) throw new ThriftError('lists nested too deeply');
    const header = this.byte();
    const short = header >> 4;
    return { elementType: header & 0x0f, size: this.boundedSize(short === 15 ? this.varint() : short) };
  }

  /** A container as its bytes. */
  private raw(type: number, depth: number): RawValue {
    const start = this.offset;
    this.skip(type, depth);
    this.take(this.offset - start);
    return { raw: this.bytes.slice(start, this.offset) };
  }

  private skip(type: number, depth: number): void {
    switch (type) {
      case ThriftType.struct:
        this.fields(depth + 1, (_id, each) => {
          if (each !== ThriftType.true && each !== ThriftType.false) this.skip(each, depth + 1);
        });
        return;
      case ThriftType.list:
      case ThriftType.set: {
        const { elementType, size } = this.listHeader(depth);
        for (let i = 0; i < size; i++) this.skipElement(elementType, depth + 1);
        return;
      }
      case ThriftType.map: {
        if (depth > MAX_DEPTH) throw new ThriftError('maps nested too deeply');
        const size = this.boundedSize(this.varint());
        const types = size === 0 ? 0 : this.byte();
        for (let i = 0; i < size; i++) {
          this.skipElement(types >> 4, depth + 1);
          this.skipElement(types & 0x0f, depth + 1);
        }
        return;
      }
      case ThriftType.binary:
        this.advance(this.varint());
        return;
      case ThriftType.double:
        this.advance(8);
        return;
      case ThriftType.uuid:
        this.advance(16);
        return;
      default:
        this.value(type, undefined, depth);
    }
  }

  private skipElement(type: number, depth: number): void {
    if (type === ThriftType.true || type === ThriftType.false) this.byte();
    else this.skip(type, depth);
  }

  /** Booleans inside containers are a byte of their own, unlike those in fields. */
  private element(type: number, depth: number): ThriftValue {
    if (type === ThriftType.true || type === ThriftType.false) return this.byte() === ThriftType.true;
    return this.value(type, undefined, depth);
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

  private advance(length: number): number {
    if (length > this.bytes.length - this.offset) throw new ThriftTruncated('the bytes end inside a value');
    return (this.offset += length);
  }

  /** A copy: a name of ten bytes must not keep a whole footer in memory. */
  private copy(length: number): Uint8Array {
    this.take(length);
    const end = this.advance(length);
    return this.bytes.slice(end - length, end);
  }

  /** Counts memory; what a tree of which so much is read will take in all is a guess by the bytes left. */
  private take(bytes: number): void {
    this.taken += bytes;
    if (this.taken <= this.most) return;
    throw new MemoryError((this.taken * this.bytes.length) / Math.max(this.offset, 1), this.most);
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
