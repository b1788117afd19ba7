import { expect, it } from 'vitest';
import { RecentReads } from '../../src/s3/recent-reads.js';

const MIB = 1024 * 1024;

/** Objects whose bytes are their offsets' last eight bits, and what was asked of them. */
function objects(): {
  read: (object: string, start: number, end: number, use?: 'run') => Promise<Uint8Array>;
  recent: RecentReads;
  asked: string[];
  failures: Error[];
} {
  const recent = new RecentReads(128 * MIB);
  const asked: string[] = [];
  const failures: Error[] = [];
  const read = (object: string, start: number, end: number, use?: 'run'): Promise<Uint8Array> => {
    const fetch = (): Promise<Uint8Array> => {
      asked.push(`${object} ${start}-${end}`);
      const failure = failures.shift();
      if (failure) return Promise.reject(failure);
      const bytes = new Uint8Array(end - start);
      for (let i = 0; i < bytes.length; i++) bytes[i] = start + i;
      return Promise.resolve(bytes);
    };
    return recent.read(object, start, end, fetch, use);
  };
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

it('runs of a dozen parts are kept until they are uploaded, whatever else is read', async () => {
  const { read, recent, asked } = objects();
  const runs = Array.from({ length: 12 }, (_, i) => `run ${i}`);
  for (const run of runs) await read(run, 0, 2.5 * MIB, 'run');
  for (const page of ['a', 'b', 'c']) await read(page, 0, 4 * MIB);
  // Headers of it may be asked for by the part on the other side; both halves go up in parts of their own.
  for (const run of runs) await read(run, 0, 2.5 * MIB, 'run');
  expect(asked).toHaveLength(15);
  for (const run of runs) {
    expect((await recent.take(run, 0, MIB))!.byteLength).toBe(MIB);
    expect((await recent.take(run, MIB, 2.5 * MIB))!.byteLength).toBe(1.5 * MIB);
    expect(recent.take(run, 0, MIB)).toBeUndefined();
  }
  expect(recent.take('c', 0, 9)).toBeDefined();
  expect(recent.take('c', 0, 9)).toBeDefined();
});

it('runs give way to others where little memory is allowed', async () => {
  const recent = new RecentReads(16 * MIB);
  for (const run of ['a', 'b'])
    await recent.read(run, 0, 3 * MIB, () => Promise.resolve(new Uint8Array(3)), 'run');
  expect(recent.take('a', 0, 9)).toBeUndefined();
  expect(recent.take('b', 0, 9)).toBeDefined();
});

it('a read that failed is tried again by whoever asks next', async () => {
  const { read, asked, failures } = objects();
  failures.push(new Error('connection reset'));
  await expect(read('a', 0, 1)).rejects.toThrow('connection reset');
  expect([...(await read('a', 0, 1))]).toEqual([0]);
  expect(asked).toEqual(['a 0-1', 'a 0-1']);
});
