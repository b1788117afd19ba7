/**
 * The matrix's types: every physical type under every logical one that it may carry. A value is a number here, its
 * place in the type's order, and bytes only in a page; so bounds are those of the numbers.
 */
import { i32, i8, struct, type Thrift, boolean, text } from '../support/thrift-writer.js';

export const PHYSICAL = {
  BOOLEAN: 0,
  INT32: 1,
  INT64: 2,
  INT96: 3,
  FLOAT: 4,
  DOUBLE: 5,
  BYTE_ARRAY: 6,
  FIXED_LEN_BYTE_ARRAY: 7,
} as const;
export type Physical = keyof typeof PHYSICAL;

export interface LeafType {
  physical: Physical;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY. */
  length?: number;
  /** `converted_type`, `scale`, `precision`, `logicalType` of the SchemaElement, by number. */
  annotation: Readonly<Record<number, Thrift>>;
  /** The `n`-th value as PLAIN has it, without a length in front; ascending in the type's order. */
  value: (n: number) => Buffer;
  /** How many there are. */
  values: number;
  /** False where the format gives no order, so that there are no bounds. */
  ordered: boolean;
  /** Not among the values, and outside every bound. */
  nan?: Buffer;
}

const CONVERTED = 6;
const SCALE = 7;
const PRECISION = 8;
const LOGICAL = 10;
const none = struct({});
const logical = (id: number, members: Record<number, Thrift> = {}): Thrift =>
  struct({ [id]: struct(members) });

function leaf(
  physical: Physical,
  value: (n: number) => Buffer,
  annotation: Record<number, Thrift> = {},
  more: Partial<LeafType> = {},
): LeafType {
  return { physical, value, annotation, values: 100, ordered: true, ...more };
}

function int32(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(n | 0);
  return bytes;
}

function int64(n: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, n));
  return bytes;
}

function float(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(n);
  return bytes;
}

function double(n: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(n);
  return bytes;
}

/** Two's complement, most significant byte first. */
function bigEndian(n: number, length: number): Buffer {
  const bytes = Buffer.alloc(length, n < 0 ? 0xff : 0);
  bytes.writeInt32BE(n, length - 4);
  return bytes;
}

/** Of many lengths, of none too, and not all ASCII. */
function words(n: number): string {
  return n === 0
    ? ''
    : `${String(n).padStart(3, '0')}${'-long'.repeat(n % 5)}${n % 7 === 0 ? ' é\u{1f600}' : ''}`;
}

/** One exponent, so that the order of halves is that of their bits. */
const half = (n: number): Buffer => Buffer.from([n & 0xff, 0x3c]);

/** {a: int32} */
function bson(n: number): Buffer {
  return Buffer.concat([Buffer.from([12, 0, 0, 0, 0x10, 0x61, 0]), int32(n), Buffer.from([0])]);
}

/** A point, least significant byte first. */
const wkb = (n: number): Buffer => Buffer.concat([Buffer.from([1, 1, 0, 0, 0]), double(n), double(-n)]);

const integer = (bits: number, signed: boolean, converted: number): Record<number, Thrift> => ({
  [CONVERTED]: i32(converted),
  [LOGICAL]: logical(10, { 1: i8(bits), 2: boolean(signed) }),
});
const decimal = (precision: number, scale: number): Record<number, Thrift> => ({
  [CONVERTED]: i32(5),
  [SCALE]: i32(scale),
  [PRECISION]: i32(precision),
  [LOGICAL]: logical(5, { 1: i32(scale), 2: i32(precision) }),
});
/** 1 milliseconds, 2 microseconds, 3 nanoseconds; `id` 7 for TIME, 8 for TIMESTAMP. */
const clock = (id: number, unit: number, utc: boolean, converted?: number): Record<number, Thrift> => ({
  ...(converted === undefined ? {} : { [CONVERTED]: i32(converted) }),
  [LOGICAL]: logical(id, { 1: boolean(utc), 2: struct({ [unit]: none }) }),
});
const bytes = (converted: number | undefined, id: number): Record<number, Thrift> => ({
  ...(converted === undefined ? {} : { [CONVERTED]: i32(converted) }),
  [LOGICAL]: logical(id),
});

/** In the order of the physical types; `variant` is a group of two leaves, which `shapes.ts` makes. */
export const LEAF_TYPES = {
  boolean: leaf('BOOLEAN', (n) => Buffer.from([n]), {}, { values: 2 }),
  int32: leaf('INT32', (n) => int32((n - 50) * 40_000_000)),
  int8: leaf('INT32', (n) => int32(n - 50), integer(8, true, 15)),
  int16: leaf('INT32', (n) => int32((n - 50) * 600), integer(16, true, 16)),
  uint8: leaf('INT32', (n) => int32(n + 100), integer(8, false, 11)),
  uint16: leaf('INT32', (n) => int32(n * 650), integer(16, false, 12)),
  // Around the place where a signed comparison would turn round.
  uint32: leaf('INT32', (n) => int32(2 ** 31 - 50 + n), integer(32, false, 13)),
  date: leaf('INT32', (n) => int32(n * 300 - 5000), { [CONVERTED]: i32(6), [LOGICAL]: logical(6) }),
  'time in ms': leaf('INT32', (n) => int32(n * 86_400), clock(7, 1, true, 7)),
  'decimal in INT32': leaf('INT32', (n) => int32((n - 50) * 7), decimal(9, 2)),
  'unknown (all null)': leaf('INT32', int32, { [LOGICAL]: logical(11) }, { values: 0, ordered: false }),
  int64: leaf('INT64', (n) => int64(BigInt(n - 50) * 10n ** 17n)),
  'int64 by name': leaf('INT64', (n) => int64(BigInt(n)), integer(64, true, 18)),
  uint64: leaf('INT64', (n) => int64(2n ** 63n - 50n + BigInt(n)), integer(64, false, 14)),
  'time in us': leaf('INT64', (n) => int64(BigInt(n) * 1000n), clock(7, 2, true, 8)),
  'time in ns': leaf('INT64', (n) => int64(BigInt(n) * 1_000_000n), clock(7, 3, false)),
  'timestamp in ms, UTC': leaf('INT64', (n) => int64(BigInt(n) * 10n ** 10n), clock(8, 1, true, 9)),
  'timestamp in us, local': leaf('INT64', (n) => int64(BigInt(n - 50) * 10n ** 12n), clock(8, 2, false)),
  'timestamp in ns, UTC': leaf('INT64', (n) => int64(BigInt(n) * 10n ** 15n), clock(8, 3, true)),
  'decimal in INT64': leaf('INT64', (n) => int64(BigInt(n - 50) * 10n ** 15n), decimal(18, 3)),
  // Nanoseconds of the day, then the Julian day.
  INT96: leaf(
    'INT96',
    (n) => Buffer.concat([int64(BigInt(n) * 1000n), int32(2_440_588 + n)]),
    {},
    { ordered: false },
  ),
  float: leaf('FLOAT', (n) => float((n - 49.5) / 8), {}, { nan: Buffer.from('010080ff', 'hex') }),
  double: leaf('DOUBLE', (n) => double((n - 49.5) / 3), {}, { nan: Buffer.from('010000000000f47f', 'hex') }),
  'byte array': leaf('BYTE_ARRAY', (n) => Buffer.concat([Buffer.from([n + 100]), Buffer.alloc(n % 9, n)])),
  string: leaf('BYTE_ARRAY', (n) => Buffer.from(words(n)), bytes(0, 1)),
  enum: leaf('BYTE_ARRAY', (n) => Buffer.from(words(n + 1)), bytes(4, 4)),
  JSON: leaf('BYTE_ARRAY', (n) => Buffer.from(`{"a": ${JSON.stringify(words(n))}}`), bytes(19, 12)),
  BSON: leaf('BYTE_ARRAY', bson, bytes(20, 13)),
  // As short as each number allows.
  'decimal in BYTE_ARRAY': leaf(
    'BYTE_ARRAY',
    (n) => (Math.abs(n - 50) * 9 < 128 ? Buffer.from([(n - 50) * 9]) : bigEndian((n - 50) * 9, 4)),
    decimal(20, 3),
  ),
  geometry: leaf('BYTE_ARRAY', wkb, { [LOGICAL]: logical(17) }, { ordered: false }),
  geography: leaf(
    'BYTE_ARRAY',
    wkb,
    { [LOGICAL]: logical(18, { 1: text('OGC:CRS84') }) },
    { ordered: false },
  ),
  'fixed bytes': leaf('FIXED_LEN_BYTE_ARRAY', (n) => Buffer.from([0, n, 255 - n, 0, 7]), {}, { length: 5 }),
  'decimal in FIXED': leaf('FIXED_LEN_BYTE_ARRAY', (n) => bigEndian((n - 50) * 999, 16), decimal(38, 10), {
    length: 16,
  }),
  UUID: leaf('FIXED_LEN_BYTE_ARRAY', (n) => Buffer.alloc(16, n), { [LOGICAL]: logical(14) }, { length: 16 }),
  float16: leaf(
    'FIXED_LEN_BYTE_ARRAY',
    half,
    { [LOGICAL]: logical(15) },
    {
      length: 2,
      nan: Buffer.from([1, 0x7e]),
    },
  ),
  interval: leaf(
    'FIXED_LEN_BYTE_ARRAY',
    (n) => Buffer.concat([int32(n % 12), int32(n), int32(n * 1000)]),
    { [CONVERTED]: i32(21) },
    { length: 12, ordered: false },
  ),
} as const satisfies Record<string, LeafType>;

export type LeafName = keyof typeof LEAF_TYPES;
export type TypeName = LeafName | 'variant';
export const TYPE_NAMES = [...Object.keys(LEAF_TYPES), 'variant'] as TypeName[];

/** The two leaves of a VARIANT: https://github.com/apache/parquet-format/blob/master/VariantEncoding.md */
export const VARIANT_LEAVES = {
  // Version 1, a dictionary of no names.
  metadata: leaf('BYTE_ARRAY', () => Buffer.from([1, 0, 0]), {}, { values: 1, ordered: false }),
  // A primitive (0) of type int8 (3).
  value: leaf('BYTE_ARRAY', (n) => Buffer.from([3 << 2, n]), {}, { ordered: false }),
};
export const VARIANT_ANNOTATION = { [LOGICAL]: logical(16, { 1: i8(1) }) };

export const ENCODINGS = {
  PLAIN: 0,
  PLAIN_DICTIONARY: 2,
  RLE: 3,
  BIT_PACKED: 4,
  DELTA_BINARY_PACKED: 5,
  DELTA_LENGTH_BYTE_ARRAY: 6,
  DELTA_BYTE_ARRAY: 7,
  RLE_DICTIONARY: 8,
  BYTE_STREAM_SPLIT: 9,
} as const;

/** How the values of a chunk are encoded; by dictionary until it is full, and then plainly, is one more. */
export type ValueEncoding = Exclude<keyof typeof ENCODINGS, 'BIT_PACKED'> | 'dictionary, then PLAIN';

/** https://github.com/apache/parquet-format/blob/master/Encodings.md */
export function encodingsOf(physical: Physical): ValueEncoding[] {
  const dictionaries: ValueEncoding[] = ['PLAIN_DICTIONARY', 'RLE_DICTIONARY', 'dictionary, then PLAIN'];
  switch (physical) {
    case 'BOOLEAN':
      return ['PLAIN', 'RLE'];
    case 'INT32':
    case 'INT64':
      return ['PLAIN', ...dictionaries, 'DELTA_BINARY_PACKED', 'BYTE_STREAM_SPLIT'];
    case 'FLOAT':
    case 'DOUBLE':
      return ['PLAIN', ...dictionaries, 'BYTE_STREAM_SPLIT'];
    case 'INT96':
      return ['PLAIN', ...dictionaries];
    case 'BYTE_ARRAY':
      return ['PLAIN', ...dictionaries, 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY'];
    case 'FIXED_LEN_BYTE_ARRAY':
      return ['PLAIN', ...dictionaries, 'DELTA_BYTE_ARRAY', 'BYTE_STREAM_SPLIT'];
  }
}

export function physicalOf(type: TypeName): Physical {
  return type === 'variant' ? 'BYTE_ARRAY' : LEAF_TYPES[type].physical;
}
