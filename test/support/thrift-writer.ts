/** Thrift's compact protocol, just enough to write a Parquet footer by hand. */

/** A value and its type code; members of a struct by number. */
export interface Thrift {
  type: number;
  bytes: Buffer;
}

const [TRUE, FALSE, I8, I32, I64, BINARY, LIST, STRUCT] = [1, 2, 3, 5, 6, 8, 9, 12] as const;

/** Of a struct: there the type says it all. */
export function boolean(value: boolean): Thrift {
  return { type: value ? TRUE : FALSE, bytes: Buffer.alloc(0) };
}

export function i8(value: number): Thrift {
  return { type: I8, bytes: Buffer.from([value]) };
}

export function i32(value: number): Thrift {
  return { type: I32, bytes: varint(zigzag(BigInt(value))) };
}

export function i64(value: number | bigint): Thrift {
  return { type: I64, bytes: varint(zigzag(BigInt(value))) };
}

export function text(value: string): Thrift {
  return binary(Buffer.from(value));
}

export function binary(value: Buffer): Thrift {
  return { type: BINARY, bytes: Buffer.concat([varint(BigInt(value.length)), value]) };
}

/** In a list each takes a byte. */
export function booleans(values: readonly boolean[]): Thrift {
  return list(values.map((value) => ({ type: TRUE, bytes: Buffer.from([value ? TRUE : FALSE]) })));
}

/** Of one type; booleans have a list of their own. */
export function list(values: readonly Thrift[]): Thrift {
  const type = values[0]?.type ?? STRUCT;
  const short = values.length < 15;
  const head = Buffer.from([((short ? values.length : 15) << 4) | type]);
  const size = short ? [] : [varint(BigInt(values.length))];
  return { type: LIST, bytes: Buffer.concat([head, ...size, ...values.map((value) => value.bytes)]) };
}

export function struct(members: Readonly<Record<number, Thrift>>): Thrift {
  return { type: STRUCT, bytes: thriftBytes(members) };
}

/** A struct's bytes: per member (ascending) the distance to the number before and the type, in the end a stop. */
export function thriftBytes(members: Readonly<Record<number, Thrift>>): Buffer {
  const parts: Buffer[] = [];
  let last = 0;
  for (const [key, { type, bytes }] of Object.entries(members)) {
    const id = Number(key);
    if (id - last > 15) parts.push(Buffer.from([type]), varint(zigzag(BigInt(id))));
    else parts.push(Buffer.from([((id - last) << 4) | type]));
    parts.push(bytes);
    last = id;
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

export function zigzag(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}

/** An unsigned integer, seven bits a byte. */
export function varint(value: number | bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
  return Buffer.from(out);
}
