/** From structs to the compact protocol's bytes. */
import { type AnyStruct, isList, Struct, type ThriftList, ThriftType, type ThriftValue } from './thrift.js';

/** The struct's bytes in the compact protocol. */
export function writeStruct(struct: AnyStruct): Uint8Array {
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

  struct(struct: AnyStruct): void {
    let last = 0;
    for (const { id, type, value } of struct.sortedFields()) {
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
    else this.append(value.raw);
  }

  private list({ elementType, items }: ThriftList): void {
    if (items.length < 15) this.byte((items.length << 4) | elementType);
    else {
      this.byte(0xf0 | elementType);
      this.varint(items.length);
    }
    for (const item of items) this.value(elementType, item);
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
