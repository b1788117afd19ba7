/**
 * A Parquet file as the comparison sees it: the bytes in front of the footer, and the footer as a tree. A reader of
 * Thrift's compact protocol of its own, so that no mistake of the engine's can hide a difference.
 */

export interface ParquetFile {
  body: Buffer;
  /** The footer's fields as text, one a line, without the key that names its writer. */
  footer: string[];
}

/** A new footer key names the program that made a file; it differs on purpose. */
const OWN_KEY = 'gs-repartition';
const KEY_VALUE_METADATA = 5;

/** @throws Error when the bytes are no Parquet file */
export function readParquet(bytes: Buffer): ParquetFile {
  const end = bytes.length - 8;
  if (end < 4 || bytes.toString('latin1', bytes.length - 4) !== 'PAR1') throw new Error('not a Parquet file');
  const start = end - bytes.readUInt32LE(end);
  if (start < 4) throw new Error('a footer longer than the file');
  const reader = new Reader(bytes, start);
  const fields = reader.struct();
  if (reader.at !== end) throw new Error(`the footer ends at ${reader.at}, not at ${end}`);
  return { body: bytes.subarray(0, start), footer: withoutOwnKey(fields).flatMap((field) => lines(field)) };
}

type Value = string | Field[] | Value[];

interface Field {
  id: number;
  type: number;
  value: Value;
}

function withoutOwnKey(fields: Field[]): Field[] {
  return fields.flatMap((field) => {
    if (field.id !== KEY_VALUE_METADATA) return [field];
    const pairs = (field.value as Field[][]).filter((pair) => pair[0]?.value !== hex(Buffer.from(OWN_KEY)));
    return pairs.length === 0 ? [] : [{ ...field, value: pairs }];
  });
}

function lines({ id, type, value }: Field, path = ''): string[] {
  return linesOf(value, `${path}${id}:${type}`);
}

function linesOf(value: Value, path: string): string[] {
  if (typeof value === 'string') return [`${path} ${value}`];
  return [
    path,
    ...value.flatMap((item, i) => (isField(item) ? lines(item, `${path}.`) : linesOf(item, `${path}[${i}]`))),
  ];
}

function isField(item: Value | Field): item is Field {
  return typeof item === 'object' && 'id' in item;
}

const hex = (bytes: Buffer): string => bytes.toString('hex');

const BOOLEAN_TRUE = 1;
const BOOLEAN_FALSE = 2;
const BYTE = 3;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;

class Reader {
  at: number;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  struct(): Field[] {
    const fields: Field[] = [];
    let id = 0;
    for (;;) {
      const header = this.bytes.readUInt8(this.at++);
      if (header === 0) return fields;
      const delta = header >> 4;
      id = delta === 0 ? Number(this.zigzag()) : id + delta;
      const type = header & 15;
      const isBoolean = type === BOOLEAN_TRUE || type === BOOLEAN_FALSE;
      fields.push({ id, type, value: isBoolean ? String(type === BOOLEAN_TRUE) : this.value(type) });
    }
  }

  private value(type: number): Value {
    switch (type) {
      case BOOLEAN_TRUE:
      case BOOLEAN_FALSE:
      case BYTE:
        return String(this.bytes.readInt8(this.at++));
      case 4:
      case 5:
      case 6:
        return String(this.zigzag());
      case DOUBLE:
        return hex(this.take(8));
      case BINARY:
        return hex(this.take(Number(this.varint())));
      case LIST:
      case SET: {
        const header = this.bytes.readUInt8(this.at++);
        const size = header >> 4 === 15 ? Number(this.varint()) : header >> 4;
        return Array.from({ length: size }, () => this.value(header & 15));
      }
      case STRUCT:
        return this.struct();
      default:
        throw new Error(`a field of type ${type} at ${this.at}`);
    }
  }

  private take(length: number): Buffer {
    const taken = this.bytes.subarray(this.at, this.at + length);
    if (taken.length !== length) throw new Error('the footer is cut off');
    this.at += length;
    return taken;
  }

  private varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  private zigzag(): bigint {
    const value = this.varint();
    return value & 1n ? -(value >> 1n) - 1n : value >> 1n;
  }
}
