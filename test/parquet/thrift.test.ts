import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readStruct,
  Struct,
  ThriftError,
  ThriftTruncated,
  ThriftType,
  writeStruct,
} from '../../src/parquet/thrift.js';

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
    expect(writeStruct(readStruct(all).struct)).toEqual(all);
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
          const list = new Struct().setList(1, ThriftType.i64, [value]);
          const [read] = readStruct(writeStruct(list)).struct.list(1)!.items;
          expect(BigInt(read as number | bigint)).toBe(value);
          expect(writeStruct(readStruct(writeStruct(list)).struct)).toEqual(writeStruct(list));
        },
      ),
    );
  });

  test('booleans keep their value in fields and in lists', () => {
    const struct = new Struct()
      .setBoolean(1, true)
      .setBoolean(2, false)
      .setList(3, ThriftType.true, [true, false]);
    const read = readStruct(writeStruct(struct)).struct;
    expect([read.boolean(1), read.boolean(2), read.list(3)?.items]).toEqual([true, false, [true, false]]);
  });

  test('a field set late is written in its place', () => {
    const struct = new Struct().setI32(20, 2).setI32(3, 1);
    expect(writeStruct(struct)).toEqual(bytes(0x35, 0x02, 0x05, 0x28, 0x04, 0x00));
  });

  test('bytes that end inside a struct ask for more, at every cut', () => {
    const whole = writeStruct(
      new Struct().setString(1, 'abc').setI64(2, 1e12).setList(3, ThriftType.i32, [1, 2, 300]),
    );
    for (let length = 0; length < whole.length; length++) {
      expect(() => readStruct(whole.subarray(0, length))).toThrow(ThriftTruncated);
    }
  });

  test('a list that claims four billion elements allocates nothing', () => {
    expect(() => readStruct(bytes(0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f))).toThrow(ThriftError);
  });

  test('a thousand nested structs are refused before the stack is', () => {
    expect(() => readStruct(new Uint8Array(1000).fill(0x1c))).toThrow('nested too deeply');
  });

  test('random bytes never do anything but throw a ThriftError or parse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        try {
          readStruct(random);
        } catch (error) {
          expect(error).toBeInstanceOf(ThriftError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
