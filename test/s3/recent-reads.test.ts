import { expect, it } from 'vitest';
import { RecentReads } from '../../src/s3/recent-reads.js';

const MIB = 1024 * 1024;

/** Objects whose bytes are their offsets' last eight bits, and what was asked of them. */
function objects(): {
  read: (object: string, start: number, end: number) => Promise<Uint8Array>;
  recent: RecentReads;
  asked: string[];
  failures: Error[];
} {
  const recent = new RecentReads();
  const asked: string[] = [];
  const failures: Error[] = [];
  const read = (object: string, start: number, end: number): Promise<Uint8Array> =>
    recent.read(object, start, end, () => {
      asked.push(`${object} ${start}-${end}`);
      const failure = failures.shift();
      if (failure) return Promise.reject(failure);
      return Promise.resolve(Uint8Array.from({ length: end - start }, (_, i) => (start + i) & 255));
    });
  return { read, recent, asked, failures };
}

it('two parts that ask for the same bytes of a third, even at once, cost one read', async () => {
  const { read, asked } = objects();
  const [one, two] = await Promise.all([read('v1 a', 300, 304), read('v1 a', 300, 304)]);
  const three = await read('v1 a', 300, 304);
  for (const bytes of [one, two, three]) expect([...bytes]).toEqual([44, 45, 46, 47]);
  expect(asked).toEqual(['v1 a 300-304']);
});

it('bytes amid others that were read cost nothing, those at their edges do', async () => {
  const { read, recent, asked } = objects();
  await read('v1 a', 300, 400);
  expect([...(await read('v1 a', 301, 303))]).toEqual([45, 46]);
  expect([...(await recent.recall('v1 a', 399, 400))!]).toEqual([143]);
  expect(asked).toEqual(['v1 a 300-400']);
  expect(recent.recall('v1 a', 399, 401)).toBeUndefined();
  expect([...(await read('v1 a', 299, 301))]).toEqual([43, 44]);
  expect(asked).toEqual(['v1 a 300-400', 'v1 a 299-301']);
});

it('another object, or another version of it, is another', async () => {
  const { read, asked } = objects();
  await read('v1 a', 0, 10);
  await read('v2 a', 0, 10);
  await read('v1 b', 0, 10);
  expect(asked).toEqual(['v1 a 0-10', 'v2 a 0-10', 'v1 b 0-10']);
});

it('what was read is not kept for ever: the oldest goes when there are more than 8 MiB', async () => {
  const { read, asked } = objects();
  for (const object of ['a', 'b', 'c', 'a', 'c']) await read(object, 0, 3 * MIB);
  expect(asked.map((read) => read[0])).toEqual(['a', 'b', 'c', 'a']);
});

it('a page that both sides of a boundary have read makes room at once', async () => {
  const { read, recent, asked } = objects();
  await read('a', 0, 6 * MIB);
  await read('a', 1, 9);
  expect(recent.recall('a', 0, 6 * MIB)).toBeDefined();
  expect((await read('a', 0, 6 * MIB)).byteLength).toBe(6 * MIB);
  expect(recent.recall('a', 0, 6 * MIB)).toBeUndefined();
  await read('b', 0, 6 * MIB);
  await read('c', 0, 2 * MIB);
  expect(recent.recall('b', 0, 6 * MIB)).toBeDefined();
  expect(asked).toHaveLength(3);
});

it('a read too long to be kept leaves the others where they are', async () => {
  const { read, asked } = objects();
  await read('a', 0, 10);
  await read('a', 0, 20 * MIB);
  await read('a', 0, 10);
  expect(asked).toEqual(['a 0-10', `a 0-${20 * MIB}`]);
});

it('a read that failed is tried again by whoever asks next', async () => {
  const { read, asked, failures } = objects();
  failures.push(new Error('connection reset'));
  await expect(read('a', 0, 1)).rejects.toThrow('connection reset');
  expect([...(await read('a', 0, 1))]).toEqual([0]);
  expect(asked).toEqual(['a 0-1', 'a 0-1']);
});
