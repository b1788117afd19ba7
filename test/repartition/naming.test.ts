import { describe, expect, test } from 'vitest';
import { outputFolder, outputName } from '../../src/repartition/naming.js';
import { feature } from './planning.js';

describe('names of new parts', () => {
  const names: [string, number, string][] = [
    ['a/parquet/part-00000-1f.c000.snappy.parquet', 3, 'part-00003-1f.c000.snappy.parquet'],
    ['a/parquet/part-00007.parquet', 123456, 'part-123456.parquet'],
    ['a/parquet/data.parquet', 0, 'part-00000.parquet'],
    ['a/parquet/data', 1, 'part-00001'],
  ];
  for (const [first, index, expected] of names) {
    test(`${first} gives ${expected}`, () => {
      expect(outputName(first, index)).toBe(expected);
    });
  }

  test('parts at the root of the prefix get a folder there', () => {
    const [part] = feature('x', [5]).parts;
    expect(outputFolder([{ ...part!, path: 'part-00000.parquet' }], [5], [{}])).toMatch(
      /^parquet-repartitioned-[0-9a-f]{8}$/,
    );
  });

  test('parts that an earlier run made move on to a sibling folder', () => {
    const [part] = feature('x', [5]).parts;
    const path = 'node_data/x/parquet-repartitioned-12345678/part-00000.parquet';
    expect(outputFolder([{ ...part!, path }], [5], [{}])).toMatch(
      /^node_data\/x\/parquet-repartitioned-[0-9a-f]{8}$/,
    );
  });
});
