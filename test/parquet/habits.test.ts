import { describe, expect, test } from 'vitest';
import { Encoding, PhysicalType } from '../../src/parquet/format.js';
import { habitsOf } from '../../src/parquet/habits.js';
import { encodeHybrid } from '../../src/parquet/hybrid.js';
import { Runs } from '../../src/parquet/runs.js';
import { openValues } from '../../src/parquet/values.js';

const leaf = { path: 'x', type: PhysicalType.int64, typeLength: 0, maxDefinition: 0, maxRepetition: 0 };

describe('behind the values of a page', () => {
  const page = new Uint8Array(24);
  const count = (createdBy: string): number =>
    openValues(leaf, Encoding.plain, page, 2, { entries: undefined, habits: habitsOf(createdBy) }).count;

  test('fastparquet leaves eight zeros', () => {
    expect(count('fastparquet-python version 2026.9.0 (build 0)')).toBe(2);
  });

  test('of others they are a value too many', () => {
    expect(() => count('parquet-cpp-arrow version 26.0.1')).toThrow('8 bytes are left over');
  });
});

describe('behind the last run', () => {
  const packed = encodeHybrid(Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 0), 1);
  const twice = Buffer.concat([packed, packed]);
  const read = (createdBy: string): number => Runs.decode(twice, 8, 1, habitsOf(createdBy)).length;

  test('DuckDB writes a packed one too many', () => {
    expect(read('DuckDB version v1.3.0 (build 71c5c07cdd)')).toBe(8);
  });

  test('of others it is damage', () => {
    expect(() => read('parquet-mr version 1.13.1')).toThrow('2 bytes are left over');
  });

  test('a packed run is cut short only where no value is', () => {
    expect(Runs.decode(Uint8Array.of(3, 0xff), 4, 3).tops).toBe(4);
    expect(() => Runs.decode(Uint8Array.of(5, 0xff, 0xff), 4, 3)).toThrow(
      'goes on behind the bytes there are',
    );
  });
});
