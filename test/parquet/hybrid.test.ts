import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import { bitWidth, encodeHybrid, EncodingError, HybridDecoder } from '../../src/parquet/hybrid.js';

/** The first values of `width` bits. */
function decodeHybrid(bytes: Uint8Array, width: number, output: Uint8Array | Uint32Array): void {
  new HybridDecoder(bytes, width).read(output);
}

describe('the RLE / bit-packing hybrid', () => {
  test('a long repeat is one RLE run: 100 times 7 in 3 bits', () => {
    expect([...encodeHybrid(new Uint8Array(100).fill(7), 3)]).toEqual([0xc8, 0x01, 0x07]);
  });

  test("the specification's example: 0 to 7 in 3 bits are packed as 88 c6 fa", () => {
    expect([...encodeHybrid(Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]), 3)]).toEqual([0x03, 0x88, 0xc6, 0xfa]);
  });

  test('what is encoded decodes to the same values, whatever the width, runs and remainders', () => {
    const runs = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 40 })), { maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), runs, (width, lengths) => {
        const values = Uint32Array.from(
          lengths.flatMap(([v, n]) => new Array<number>(n).fill(v % 2 ** width)),
        );
        const decoded = new Uint32Array(values.length);
        decodeHybrid(encodeHybrid(values, width), width, decoded);
        expect(decoded).toEqual(values);
      }),
    );
  });

  test('values can be taken some at a time', () => {
    const runs = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 40 })), { maxLength: 30 });
    const takes = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), runs, takes, (width, lengths, counts) => {
        const values = Uint32Array.from(
          lengths.flatMap(([v, n]) => Array.from({ length: n }, (_, i) => (v + (n % 3) * i) % 2 ** width)),
        );
        const decoder = new HybridDecoder(encodeHybrid(values, width), width);
        const decoded = new Uint32Array(values.length);
        let at = 0;
        for (const count of [...counts, values.length]) {
          const next = decoded.subarray(at, at + count);
          decoder.read(next);
          at += next.length;
        }
        expect(decoded).toEqual(values);
      }),
    );
  });

  test('a run that ends before its values do is an error, not zeros', () => {
    const encoded = encodeHybrid(Uint8Array.from([1, 0, 1, 1, 0, 1, 0, 0, 1]), 1);
    expect(() => decodeHybrid(encoded.subarray(0, 2), 1, new Uint8Array(9))).toThrow(EncodingError);
    expect(() => decodeHybrid(new Uint8Array(0), 1, new Uint8Array(1))).toThrow(EncodingError);
  });

  test('a run of no values is an error, and does not hang the reader', () => {
    expect(() => decodeHybrid(Uint8Array.from([0, 0, 0, 0]), 1, new Uint8Array(3))).toThrow('an empty run');
    expect(() => decodeHybrid(Uint8Array.from([1, 3, 5]), 1, new Uint8Array(3))).toThrow('an empty run');
  });

  test('bit widths of the largest values', () => {
    expect([0, 1, 2, 3, 255, 256, 2 ** 32 - 1].map(bitWidth)).toEqual([0, 1, 2, 2, 8, 9, 32]);
  });
});
