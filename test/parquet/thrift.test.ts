import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import {
  binary,
  bool,
  i16,
  i32,
  i64,
  list,
  make,
  struct,
  structs,
  table,
  text,
  ThriftError,
  ThriftTruncated,
} from '../../src/parquet/thrift.js';
import { readStruct } from '../../src/parquet/thrift-reader.js';
import { writeStruct } from '../../src/parquet/thrift-writer.js';

const Inner = table('Inner', { depth: i32(1) });
/** A struct of everything, as this version of a format knows it. */
const Known = table('Known', {
  name: text(1),
  rowCount: i64(2),
  numbers: list(3, i32),
  flags: list(4, bool),
  inner: struct(5, Inner),
  inners: structs(6, Inner),
  isDone: bool(7),
  isGone: bool(8),
  ordinal: i16(9),
  raw: binary(10),
  counts: list(11, i64),
  late: i32(20),
});
const Other = table('Known', { nothing: i32(1) });

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('the Thrift compact protocol', () => {
  test('fields that we have never heard of come out as they went in', () => {
    // field 1: i32 150; field 3: string "hi"; field 900: a struct with a set of two booleans; field 901: a map
    const known = bytes(0x15, 0xac, 0x02, 0x28, 0x02, 0x68, 0x69);
    const unknown = bytes(
      0x0c,
      0x88,
      0x0e,
      0x1a,
      0x21,
      0x01,
      0x02,
      0x00,
      0x1b,
      0x01,
      0x85,
      0x01,
      0x61,
      0x06,
      0x00,
    );
    const all = bytes(...known, ...unknown);
    expect(writeStruct(readStruct(Known, all).struct)).toEqual(all);
  });

  test('64-bit integers are exact at every magnitude', () => {
    const edges = [
      0n,
      -1n,
      2n ** 31n,
      2n ** 52n,
      -(2n ** 52n) - 1n,
      2n ** 53n - 1n,
      2n ** 53n + 1n,
      2n ** 63n - 1n,
      -(2n ** 63n),
    ];
    fc.assert(
      fc.property(
        fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(...edges)),
        (value) => {
          const whole = bytes(0x19, 0x16, ...zigzag(value), 0x00);
          expect(writeStruct(readStruct(Known, whole).struct)).toEqual(whole);
        },
      ),
    );
  });

  test('booleans keep their value in fields and in lists', () => {
    const made = make(Known, { isDone: true, isGone: false, flags: [true, false] });
    const { struct: read } = readStruct(Known, writeStruct(made));
    expect([read.get(Known.isDone), read.get(Known.isGone), read.get(Known.flags)]).toEqual([
      true,
      false,
      [true, false],
    ]);
  });

  test('a field set late is written in its place', () => {
    const late = make(Known, { late: 2 }).set(Known.ordinal, 1);
    expect(writeStruct(late)).toEqual(bytes(0x94, 0x02, 0xb5, 0x04, 0x00));
  });

  test('fields that a writer has in another order are found and written in order; of two with one id the last counts', () => {
    // field 20: i32 2, field 9: i16 1, field 20: i32 3; ids that descend are written in full
    const { struct: read } = readStruct(
      Known,
      bytes(0x05, 0x28, 0x04, 0x04, 0x12, 0x02, 0x05, 0x28, 0x06, 0x00),
    );
    expect([read.get(Known.ordinal), read.get(Known.late)]).toEqual([1, 3]);
    expect(writeStruct(read)).toEqual(bytes(0x94, 0x02, 0xb5, 0x06, 0x00));
  });

  test('bytes that end inside a struct ask for more, at every cut', () => {
    const whole = writeStruct(make(Known, { name: 'abc', rowCount: 1e12, numbers: [1, 2, 300] }));
    for (let length = 0; length < whole.length; length++) {
      expect(() => readStruct(Known, whole.subarray(0, length))).toThrow(ThriftTruncated);
    }
  });

  test('a list that claims four billion elements allocates nothing', () => {
    expect(() => readStruct(Known, bytes(0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f))).toThrow(ThriftError);
  });

  test('a thousand nested structs are refused before the stack is', () => {
    expect(() => readStruct(Known, new Uint8Array(1000).fill(0x1c))).toThrow('nested too deeply');
  });

  test('random bytes never do anything but throw a ThriftError or parse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        try {
          readStruct(Known, random);
        } catch (error) {
          expect(error).toBeInstanceOf(ThriftError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** A 64-bit integer as the protocol writes it. */
function zigzag(value: bigint): number[] {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  return [...out, Number(rest)];
}

describe('tables', () => {
  test('say the type of what is got and of what is set', () => {
    const made = make(Known, { name: 'é', inner: make(Inner, { depth: 1 }), raw: bytes(1) });
    const refusals = (): unknown[] => [
      // @ts-expect-error a number is no text
      made.set(Known.rowCount, 'three'),
      // @ts-expect-error a field of another struct
      made.get(Inner.depth),
      // @ts-expect-error a struct of another table
      made.set(Known.inner, made),
      // @ts-expect-error no such field
      make(Known, { rowCounts: 1 }),
    ];
    // The compiler's refusals are the test; what would run is another matter.
    expect(refusals).toBeTypeOf('function');
    const name: string | undefined = made.get(Known.name);
    const depth: number | undefined = made.get(Known.inner)?.get(Inner.depth);
    expect([name, depth]).toEqual(['é', 1]);
  });

  test('a field of a foreign type is read as absent and comes out as it went in', () => {
    // what is row_count to us is a binary, numbers a list of doubles, is_done an i32, inner a set
    const foreign = bytes(
      ...[0x28, 0x02, 0x68, 0x69],
      ...[0x19, 0x17, 0, 0, 0, 0, 0, 0, 0, 1],
      ...[0x2a, 0x15, 0x02],
      ...[0x25, 0x06, 0x00],
    );
    const { struct: read } = readStruct(Known, foreign);
    expect(
      [Known.rowCount, Known.numbers, Known.inner, Known.isDone].map((field) => read.has(field)),
    ).toEqual([false, false, false, false]);
    expect([read.get(Known.rowCount), read.get(Known.numbers), read.get(Known.inner)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(writeStruct(read.clone().delete(Known.rowCount, Known.numbers, Known.inner))).toEqual(foreign);
    expect(read.set(Known.rowCount, 3).get(Known.rowCount)).toBe(3);
  });

  test('an empty list is one of any type, and lists of booleans have two', () => {
    const { struct: read } = readStruct(Known, bytes(0x39, 0x00, 0x19, 0x22, 0x01, 0x02, 0x00));
    expect([read.get(Known.numbers), read.get(Known.flags)]).toEqual([[], [true, false]]);
    // The writer's own of the two stays.
    expect(writeStruct(read.set(Known.flags, [false]))).toEqual(bytes(0x39, 0x00, 0x19, 0x12, 0x02, 0x00));
  });

  test('what is required is missed by its name', () => {
    const { struct: read } = readStruct(Known, bytes(0x15, 0x02, 0x00));
    expect(() => read.require(Known.rowCount)).toThrow('the required field Known.row_count is missing');
    expect(() => read.require(Known.name)).toThrow('the required field Known.name is of a foreign type');
    expect(read.get(Other.nothing)).toBe(1);
  });

  test('integers that JavaScript does not hold are errors, alone and in lists', () => {
    const big = zigzag(2n ** 60n);
    const { struct: read } = readStruct(Known, bytes(0x26, ...big, 0x99, 0x16, ...big, 0x00));
    expect(() => read.get(Known.rowCount)).toThrow('the field Known.row_count is beyond 2^53');
    expect(() => read.get(Known.counts)).toThrow('the field Known.counts has a number beyond 2^53');
  });

  test('structs are equal when they would be written with the same bytes', () => {
    const values = fc.record(
      { name: fc.constantFrom('a', 'b'), flags: fc.array(fc.boolean(), { maxLength: 2 }), late: fc.nat(1) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [one, two] = [make(Known, a), make(Known, { ...b, inner: make(Inner, { depth: 1 }) })];
        one.set(Known.inner, make(Inner, { depth: 1 }));
        expect(one.equals(two)).toBe(Buffer.from(writeStruct(one)).equals(writeStruct(two)));
      }),
    );
  });
});
