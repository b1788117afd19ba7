import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodingError, encodeHybrid } from '../../src/parquet/hybrid.js';
import { Levels } from '../../src/parquet/levels.js';

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

const levelsOf = (array: Uint8Array): Levels => Levels.decode(encodeHybrid(array, 2), MAX, array.length);

describe('levels', () => {
  test('any stretch of them counts, finds and encodes as the array it stands for', () => {
    fc.assert(
      fc.property(anySlice, fc.integer({ min: 0, max: MAX }), ({ array, from, to }, level) => {
        const slice = levelsOf(array).slice(from, to);
        const expected = array.subarray(from, to);
        const positions = [...expected.keys()].filter((i) => expected[i] === level);
        expect(slice.length).toBe(expected.length);
        expect(slice.count(level)).toBe(positions.length);
        expect(positions.map((_, n) => slice.find(level, n))).toEqual(positions);
        expect(slice.find(level, positions.length)).toBe(expected.length);
        expect(slice.encode(MAX)).toEqual(encodeHybrid(expected, 2));
      }),
      { numRuns: 500 },
    );
  });

  test('a slice of a slice counts from where it begins', () => {
    const slice = levelsOf(Uint8Array.of(0, 1, 1, 1, 0, 1, 1, 1, 0, 1))
      .slice(2, 9)
      .slice(1, 6);
    expect(slice.length).toBe(5);
    expect([slice.find(0, 0), slice.find(1, 1)]).toEqual([1, 2]);
    expect([slice.count(0), slice.count(1)]).toEqual([1, 4]);
  });

  test('stretches joined again are what they were cut from', () => {
    fc.assert(
      fc.property(anySlice, ({ array, from, to }) => {
        const levels = levelsOf(array);
        const parts = [levels.slice(0, from), levels.slice(from, to), levels.slice(to, array.length)];
        expect(Levels.concat(parts).encode(MAX)).toEqual(encodeHybrid(array, 2));
      }),
    );
  });

  test('two rows of 768 numbers are two RLE runs each', () => {
    const row = [0, ...new Array<number>(767).fill(1)];
    const levels = levelsOf(Uint8Array.from([...row, ...row]));
    expect(levels.find(0, 1)).toBe(768);
    // Eight levels packed (0, then seven times 1), 760 times 1 (varint f0 0b).
    expect([...levels.encode(1)]).toEqual([0x03, 0xfe, 0xf0, 0x0b, 1, 0x03, 0xfe, 0xf0, 0x0b, 1]);
  });

  test('runs that end too early are an error', () => {
    const runs = encodeHybrid(Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 0, 1), 1);
    expect(() => Levels.decode(runs.subarray(0, 2), 1, 9)).toThrow(EncodingError);
    expect(() => Levels.decode(new Uint8Array(0), 1, 1)).toThrow(EncodingError);
  });
});
