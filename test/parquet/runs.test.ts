import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import { EncodingError, encodeHybrid } from '../../src/parquet/hybrid.js';
import { Runs } from '../../src/parquet/runs.js';

const MAX = 3;

/** Repeats of all lengths, as one array. */
const anyLevels = fc
  .array(fc.tuple(fc.integer({ min: 0, max: MAX }), fc.integer({ min: 1, max: 40 })), { maxLength: 30 })
  .map((repeats) =>
    Uint8Array.from(repeats.flatMap(([level, times]) => new Array<number>(times).fill(level))),
  );

const anySlice = fc
  .tuple(anyLevels, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([array, a, b]) => {
    const [from, to] = [Math.min(a, b), Math.max(a, b)].map((share) => Math.floor(share * array.length));
    return { array, from: from ?? 0, to: to ?? 0 };
  });

const runsOf = (array: Uint8Array): Runs => Runs.decode(encodeHybrid(array, 2), array.length, MAX);

describe('runs', () => {
  test('any stretch of them counts, finds and encodes as the array it stands for', () => {
    fc.assert(
      fc.property(anySlice, ({ array, from, to }) => {
        const slice = runsOf(array).slice(from, to);
        const expected = array.subarray(from, to);
        const positions = [...expected.keys()].filter((i) => expected[i] === 0);
        expect(slice.length).toBe(expected.length);
        expect(slice.zeros).toBe(positions.length);
        expect(slice.tops).toBe(expected.filter((level) => level === MAX).length);
        expect(positions.map((_, n) => slice.findZero(n))).toEqual(positions);
        expect(slice.findZero(positions.length)).toBe(expected.length);
        expect(slice.encode()).toEqual(encodeHybrid(expected, 2));
      }),
      { numRuns: 500 },
    );
  });

  test('a slice of a slice counts from where it begins', () => {
    const slice = runsOf(Uint8Array.of(0, 1, 1, 1, 0, 1, 1, 1, 0, 1))
      .slice(2, 9)
      .slice(1, 6);
    expect(slice.length).toBe(5);
    expect(slice.findZero(0)).toBe(1);
    expect(slice.zeros).toBe(1);
  });

  test('a stretch far from the beginning is found from a bookmark', () => {
    const array = Uint8Array.from({ length: 60_000 }, (_, i) => (i % 1000 === 0 ? 0 : i % 7 < 3 ? 1 : 2));
    const runs = runsOf(array);
    for (const from of [0, 8191, 8192, 8193, 40_000, 59_999, 60_000]) {
      const slice = runs.slice(from, 60_000);
      expect(slice.findZero(0)).toBe(Math.min(Math.ceil(from / 1000) * 1000 - from, slice.length));
      expect(slice.zeros).toBe(60 - Math.ceil(from / 1000));
      expect(slice.encode()).toEqual(encodeHybrid(array.subarray(from), 2));
    }
  });

  test('a hundred million equal values are a few bytes, and stay so', () => {
    // varint(2^27 << 1), then the value.
    const runs = Runs.decode(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 1, 1), 2 ** 27, 1);
    const slice = runs.slice(1_000_000, 2 ** 27);
    expect(slice.tops).toBe(2 ** 27 - 1_000_000);
    expect(slice.findZero(0)).toBe(slice.length);
    expect(slice.encode().length).toBe(5);
  });

  test('two rows of 768 numbers are two RLE runs each', () => {
    const row = [0, ...new Array<number>(767).fill(1)];
    const levels = Runs.decode(encodeHybrid(Uint8Array.from([...row, ...row]), 1), 1536, 1);
    expect(levels.findZero(1)).toBe(768);
    // Eight levels packed (0, then seven times 1), 760 times 1 (varint f0 0b).
    expect([...levels.encode()]).toEqual([0x03, 0xfe, 0xf0, 0x0b, 1, 0x03, 0xfe, 0xf0, 0x0b, 1]);
  });

  test('runs that end too early are an error', () => {
    const runs = encodeHybrid(Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 0, 1), 1);
    expect(() => Runs.decode(runs.subarray(0, 2), 9, 1)).toThrow(EncodingError);
    expect(() => Runs.decode(new Uint8Array(0), 1, 1)).toThrow(EncodingError);
  });

  test('so is what stands behind the last value, but for the padding of a packed run', () => {
    const packed = encodeHybrid(Uint8Array.of(1, 0, 1), 1);
    expect(Runs.decode(packed, 3, 1).tops).toBe(2);
    expect(() => Runs.decode(Buffer.concat([packed, Buffer.of(0)]), 3, 1)).toThrow('1 bytes are left over');
    expect(() => Runs.decode(encodeHybrid(new Uint8Array(20), 1), 19, 1)).toThrow('goes on for 1 values');
  });

  test('a level above the largest one there can be is an error', () => {
    expect(() => Runs.decode(encodeHybrid(Uint8Array.of(0, 3, 1), 2), 3, 2)).toThrow(
      'a 3 where nothing above 2 belongs',
    );
  });

  test('values of no bits need no runs, and may have their headers', () => {
    expect(Runs.decode(new Uint8Array(0), 5, 0).zeros).toBe(5);
    expect(Runs.decode(Uint8Array.of(10), 5, 0).zeros).toBe(5);
    expect(() => Runs.decode(Uint8Array.of(10), 6, 0)).toThrow(EncodingError);
  });
});
