import { describe, expect, test } from 'vitest';
import { compareKeys, look, type Lookup } from '../../src/s3/look.js';
import type { ObjectStat } from '../../src/storage/storage.js';

/** A bucket as a list of its keys, which counts what it is asked. */
class Keys implements Lookup {
  lists = 0;
  heads = 0;
  private readonly sorted: string[];

  constructor(keys: readonly string[]) {
    this.sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  stat(path: string): Promise<ObjectStat | undefined> {
    this.heads++;
    return Promise.resolve(this.sorted.includes(path) ? statOf(path) : undefined);
  }

  async *pages(folder: string, { after }: { after: string }): ReturnType<Lookup['pages']> & AsyncGenerator {
    const isBehind = (key: string): boolean => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
    const keys = this.sorted.filter((key) => key.startsWith(`${folder}/`) && isBehind(key));
    for (let i = 0; i === 0 || i < keys.length; i += 1000) {
      this.lists++;
      yield await Promise.resolve({
        stats: keys.slice(i, i + 1000).map(statOf),
        isLast: i + 1000 >= keys.length,
      });
    }
  }
}

const statOf = (path: string): ObjectStat => ({ path, size: path.length, version: 'v' });
const parts = (count: number, name = (i: number) => `f/part-${`${i}`.padStart(7, '0')}`): string[] =>
  Array.from({ length: count }, (_, i) => name(i));

async function lookAt(keys: Keys, paths: readonly string[]): Promise<Set<string>> {
  const told: string[] = [];
  const there = new Set<string>();
  await look(
    keys,
    paths,
    (path, stat) => {
      told.push(path);
      if (stat) there.add(stat.path);
    },
    {},
  );
  expect(told).toEqual(paths);
  return there;
}

describe('what is asked to look at many objects', () => {
  test('a list for each thousand, and nothing else', async () => {
    const paths = parts(60_000);
    const keys = new Keys(paths);
    expect((await lookAt(keys, paths)).size).toBe(60_000);
    expect(keys).toMatchObject({ lists: 60, heads: 0 });
  });

  test('whatever the order of the paths', async () => {
    const paths = parts(5000, (i) => `f/part-${(i * 7919) % 5000}`);
    const keys = new Keys(paths);
    expect((await lookAt(keys, paths)).size).toBe(5000);
    expect(keys).toMatchObject({ lists: 5, heads: 0 });
  });

  test('a few of a huge folder one by one', async () => {
    const all = parts(50_000);
    const keys = new Keys(all);
    expect(await lookAt(keys, [all[49_999]!, all[0]!, 'f/none'])).toEqual(new Set([all[0], all[49_999]]));
    expect(keys).toMatchObject({ lists: 0, heads: 3 });
  });

  test('those that lie far from each other one by one, once that is seen', async () => {
    const all = parts(50_000);
    const keys = new Keys(all);
    const some = all.filter((_, i) => i % 2500 === 0);
    expect((await lookAt(keys, some)).size).toBe(20);
    expect(keys).toMatchObject({ lists: 1, heads: 19 });
  });

  test('is not told of what stands before a key that ends in another alphabet', async () => {
    const paths = parts(20, (i) => `f/語${String.fromCharCode(0x8a00 + i)}`);
    const keys = new Keys([...paths, 'f/a', 'f/語']);
    expect((await lookAt(keys, paths)).size).toBe(20);
    expect(keys).toMatchObject({ lists: 1, heads: 0 });
  });

  test('not what lies behind the last of them', async () => {
    const keys = new Keys(parts(50_000));
    const some = parts(900);
    expect((await lookAt(keys, some)).size).toBe(900);
    expect(keys).toMatchObject({ lists: 1, heads: 0 });
  });

  test('of those that are not there, no more', async () => {
    const all = parts(3000);
    const keys = new Keys(all.filter((_, i) => i % 2 === 0));
    const there = await lookAt(keys, all);
    expect([...there].sort()).toEqual(all.filter((_, i) => i % 2 === 0));
    expect(keys.lists).toBeLessThanOrEqual(4);
    expect(keys.heads).toBe(0);
    expect((await lookAt(new Keys([]), all)).size).toBe(0);
  });

  test('each folder by itself', async () => {
    const paths = ['a', 'b', 'c'].flatMap((folder) => parts(100, (i) => `${folder}/part-${i}`));
    const mixed = paths.map((_, i) => paths[(i * 101) % 300]!);
    const keys = new Keys(paths);
    expect((await lookAt(keys, mixed)).size).toBe(300);
    expect(keys).toMatchObject({ lists: 3, heads: 0 });
  });
});

test('keys are compared as S3 sorts them, by their UTF-8', () => {
  const keys = ['a', 'a/', 'a/b', 'ab', 'b', 'é', 'ж', '語', '\ue000', '\uffff', '𝄞', '🎬', '🎬a', ''];
  for (const a of keys) {
    for (const b of keys) {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareKeys(a, b)), `${a} ${b}`).toBe(expected);
    }
  }
});
