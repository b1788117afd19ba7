import { describe, expect, test } from 'vitest';
import type { FooterKeys } from '../../src/repartition/model.js';
import { type OutputIdentity, outputPaths } from '../../src/repartition/prepare/output-paths.js';

function identity(path: string, changes: Partial<OutputIdentity> = {}): OutputIdentity {
  return { parts: [part(path)], layout: [5], keys: new Map(), ...changes };
}

const part = (path: string): OutputIdentity['parts'][number] => ({ path, size: 140, version: 'v1', tail: 1 });
const folderOf = (of: OutputIdentity): string => outputPaths(of)(0).split('/').slice(0, -1).join('/');

describe('names of new parts', () => {
  const names: [string, number, string][] = [
    ['a/parquet/part-00000-1f.c000.snappy.parquet', 3, 'part-00003-1f.c000.snappy.parquet'],
    ['a/parquet/part-00007.parquet', 99_999, 'part-99999.parquet'],
    ['a/parquet/part-00007.parquet', 100_000, 'part-100000.parquet'],
    ['a/parquet/part-123456-x.parquet', 7, 'part-00007-x.parquet'],
    ['a/parquet/part-x.parquet', 7, 'part-00007.parquet'],
    ['a/parquet/data.parquet', 0, 'part-00000.parquet'],
    ['a/parquet/data', 1, 'part-00001'],
  ];
  for (const [first, index, expected] of names) {
    test(`${first} gives ${expected}`, () => {
      expect(outputPaths(identity(first))(index).split('/').at(-1)).toBe(expected);
    });
  }
});

describe('the folder of new parts', () => {
  const folders: [string, string, RegExp][] = [
    [
      'a sibling of the old one',
      'node_data/x/parquet/p',
      /^node_data\/x\/parquet-repartitioned-[0-9a-f]{8}$/,
    ],
    ['for a folder in the prefix, there', 'parquet/p', /^parquet-repartitioned-[0-9a-f]{8}$/],
    ['for parts in the prefix itself, there', 'part-00000.parquet', /^parquet-repartitioned-[0-9a-f]{8}$/],
    [
      'for parts that an earlier run made, a sibling again',
      'node_data/x/parquet-repartitioned-12345678/p',
      /^node_data\/x\/parquet-repartitioned-(?!12345678)[0-9a-f]{8}$/,
    ],
  ];
  for (const [name, path, expected] of folders) {
    test(name, () => {
      expect(folderOf(identity(path))).toMatch(expected);
    });
  }

  test('the same inputs give the same name, today and tomorrow', () => {
    const path = 'node_data/x/parquet/part-00000.parquet';
    expect(folderOf(identity(path))).toBe(folderOf(identity(path)));
    expect(folderOf(identity(path))).toBe('node_data/x/parquet-repartitioned-c2870a99');
  });

  test('anything else about the inputs, the layout or the keys gives another', () => {
    const path = 'd/parquet/part-0';
    const keys = (...entries: [number, FooterKeys][]): Partial<OutputIdentity> => ({
      keys: new Map(entries),
    });
    const variants: OutputIdentity[] = [
      identity(path),
      identity(path, { parts: [{ ...part(path), size: 141 }] }),
      identity(path, { parts: [{ ...part(path), version: 'v2' }] }),
      identity(path, { parts: [{ ...part(path), tail: 2 }] }),
      identity(path, { parts: [part(path), part('d/parquet/part-1')] }),
      identity(path, { parts: [part(path), part('d/parquet/part-2')] }),
      identity(path, { parts: [part(path), part('d/parquet/part-1'), part('d/parquet/part-2')] }),
      identity(path, { layout: [4, 1] }),
      identity(path, { layout: [41] }),
      identity(path, { layout: [0, 5] }),
      identity(path, keys([0, { shape: '(5,)' }])),
      identity(path, keys([0, { shape: null }])),
      identity(path, keys([1, { shape: '(5,)' }])),
      identity(path, keys([0, { shape: '(5,)' }], [1, { shape: '(5,)' }])),
    ];
    expect(new Set(variants.map(folderOf)).size).toBe(variants.length);
  });
});
