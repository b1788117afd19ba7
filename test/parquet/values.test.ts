import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import { Encoding, PhysicalType } from '../../src/parquet/format.js';
import { habitsOf } from '../../src/parquet/habits.js';
import { encodeHybrid, EncodingError } from '../../src/parquet/hybrid.js';
import type { Leaf } from '../../src/parquet/schema.js';
import { concat, packPlain, PlainEntries } from '../../src/parquet/plain.js';
import { type EncodedValues, openValues, sliceValues, toPlain } from '../../src/parquet/values.js';

function leaf(type: number, typeLength = 0): Leaf {
  return { path: 'x', type, typeLength, maxDefinition: 0, maxRepetition: 0 };
}

/** Nothing is too much. */
const anything = (): void => undefined;

interface Stored {
  encoding: number;
  bytes: Uint8Array;
  count: number;
}

function opened(of: Leaf, { encoding, bytes, count }: Stored, entries?: number): EncodedValues {
  return openValues(of, encoding, bytes, count, { entries, habits: habitsOf('a writer') });
}

/** The values `from..to` of a page. */
function cut(of: Leaf, stored: Stored, from: number, to: number, entries?: number): EncodedValues {
  return sliceValues(of, opened(of, stored, entries), from, to, anything);
}

function plainStrings(strings: readonly string[]): Uint8Array {
  return concat(
    strings.flatMap((text) => {
      const bytes = new TextEncoder().encode(text);
      return [new Uint8Array(Uint32Array.of(bytes.length).buffer), bytes];
    }),
  );
}

describe('cutting encoded values', () => {
  test('PLAIN numbers are sliced by their width', () => {
    const bytes = new Uint8Array(Int32Array.of(10, 20, 30, 40).buffer);
    const part = cut(leaf(PhysicalType.int32), { encoding: Encoding.plain, bytes, count: 4 }, 1, 3);
    expect(part).toEqual({
      encoding: Encoding.plain,
      bytes: new Uint8Array(Int32Array.of(20, 30).buffer),
      count: 2,
    });
  });

  test('PLAIN booleans are shifted to the first bit', () => {
    const part = cut(
      leaf(PhysicalType.boolean),
      { encoding: Encoding.plain, bytes: Uint8Array.of(0b10110100, 0b1), count: 9 },
      2,
      9,
    );
    expect([...part.bytes]).toEqual([0b01101101]);
  });

  test('PLAIN strings of any length are cut where the lengths say', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }),
        fc.nat(),
        fc.nat(),
        (strings, a, b) => {
          const [from, to] = [a % (strings.length + 1), b % (strings.length + 1)].sort((x, y) => x - y) as [
            number,
            number,
          ];
          const values = { encoding: Encoding.plain, bytes: plainStrings(strings), count: strings.length };
          const part = cut(leaf(PhysicalType.byteArray), values, from, to);
          expect(Buffer.from(part.bytes)).toEqual(Buffer.from(plainStrings(strings.slice(from, to))));
        },
      ),
    );
  });

  test('dictionary indices are repacked in the same bit width', () => {
    const indices = Uint32Array.of(0, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1);
    const bytes = concat([Uint8Array.of(2), encodeHybrid(indices, 2)]);
    const part = cut(
      leaf(PhysicalType.int64),
      { encoding: Encoding.rleDictionary, bytes, count: 14 },
      12,
      14,
      4,
    );
    expect([...part.bytes]).toEqual([2, ...encodeHybrid(Uint32Array.of(3, 1), 2)]);
  });

  test('a string that claims to reach beyond its page is an error', () => {
    const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2);
    const values = { encoding: Encoding.plain, bytes, count: 1 };
    expect(() => cut(leaf(PhysicalType.byteArray), values, 0, 1)).toThrow(
      'the page ends before its values do',
    );
  });

  test('an unknown encoding is named', () => {
    const values = { encoding: 77, bytes: new Uint8Array(8), count: 1 };
    expect(() => cut(leaf(PhysicalType.int64), values, 0, 1)).toThrow('unknown (77)');
  });
});

describe('saying values in PLAIN', () => {
  test('dictionary indices become the entries they point to', () => {
    const dictionary = new PlainEntries(leaf(PhysicalType.byteArray), plainStrings(['a', 'bcd', '']), 3);
    const plain = dictionary.gather(Uint32Array.of(1, 2, 0, 1));
    expect(Buffer.from(plain)).toEqual(Buffer.from(plainStrings(['bcd', '', 'a', 'bcd'])));
  });

  test('an index beyond the dictionary is an error', () => {
    const dictionary = new PlainEntries(leaf(PhysicalType.int32), new Uint8Array(8), 2);
    expect(() => dictionary.gather(Uint32Array.of(2))).toThrow(
      "index 2 is beyond the dictionary's 2 entries",
    );
  });

  test('a dictionary page that claims two billion entries allocates nothing', () => {
    expect(() => new PlainEntries(leaf(PhysicalType.int32), new Uint8Array(8), 2 ** 31 - 1)).toThrow(
      'the page ends before its values do',
    );
  });

  test('damaged delta values are an EncodingError, whatever the decoder stumbles over', () => {
    const values = { encoding: Encoding.deltaByteArray, bytes: Uint8Array.of(0x80, 1, 4, 2, 6, 0), count: 2 };
    expect(() => toPlain(leaf(PhysicalType.byteArray), values, anything)).toThrow(EncodingError);
  });

  test('deltas of more bits than a value has are refused', () => {
    // Blocks of 128 values in 4 miniblocks, two values, the first 0; smallest delta 0, widths 65, 0, 0, 0.
    const bytes = Uint8Array.of(0x80, 1, 4, 2, 0, 0, 65, 0, 0, 0, ...new Uint8Array(260));
    const values = { encoding: Encoding.deltaBinaryPacked, bytes, count: 2 };
    expect(() => toPlain(leaf(PhysicalType.int64), values, anything)).toThrow(
      'delta-encoded values of 65 bits',
    );
    bytes[6] = 0;
    const short = { ...values, bytes: bytes.subarray(0, 10) };
    expect(toPlain(leaf(PhysicalType.int64), short, anything)).toEqual(new Uint8Array(16));
  });

  test('booleans of two pages join at any bit', () => {
    const bool = leaf(PhysicalType.boolean);
    const page = (bits: number, count: number): Uint8Array =>
      toPlain(bool, { encoding: Encoding.plain, bytes: Uint8Array.of(bits), count }, anything);
    expect([...packPlain(bool, concat([page(0b101, 3), page(0b11, 2)]))]).toEqual([0b11101]);
  });

  test('BYTE_STREAM_SPLIT is woven back: two floats', () => {
    const split = Uint8Array.of(1, 5, 2, 6, 3, 7, 4, 8);
    const values = { encoding: Encoding.byteStreamSplit, bytes: split, count: 2 };
    const plain = toPlain(leaf(PhysicalType.float), values, anything);
    expect([...plain]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
