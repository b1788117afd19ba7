import { expect, it } from 'vitest';
import type { RangeReader } from '../../src/parquet/index.js';
import { remember } from '../../src/repartition/part-reader.js';

const MIB = 1024 * 1024;

/** A part whose bytes are their offsets' last eight bits, and what was asked of it. */
function part(): { reader: RangeReader; asked: string[]; failures: Error[] } {
  const asked: string[] = [];
  const failures: Error[] = [];
  const read = (start: number, end: number): Promise<Uint8Array> => {
    asked.push(`${start}-${end}`);
    const failure = failures.shift();
    if (failure) return Promise.reject(failure);
    return Promise.resolve(Uint8Array.from({ length: end - start }, (_, i) => (start + i) & 255));
  };
  return { reader: { name: 'part', size: 10 * MIB, read }, asked, failures };
}

it('two parts that ask for the same bytes of a third, even at once, cost one read', async () => {
  const { reader, asked } = part();
  const shared = remember(reader);
  const [one, two] = await Promise.all([shared.read(300, 304), shared.read(300, 304)]);
  const three = await shared.read(300, 304);
  for (const bytes of [one, two, three]) expect([...bytes]).toEqual([44, 45, 46, 47]);
  expect([...(await shared.read(301, 303))]).toEqual([45, 46]);
  expect(asked).toEqual(['300-304', '301-303']);
});

it('what was read is not kept for ever: the oldest goes when there are more than 1.5 MiB', async () => {
  const { reader, asked } = part();
  const shared = remember(reader);
  for (const start of [0, MIB, 0, MIB]) await shared.read(start, start + MIB);
  expect(asked).toEqual([`0-${MIB}`, `${MIB}-${2 * MIB}`, `0-${MIB}`, `${MIB}-${2 * MIB}`]);
  await shared.read(MIB, 2 * MIB);
  expect(asked).toHaveLength(4);
});

it('a read that failed is tried again by whoever asks next', async () => {
  const { reader, asked, failures } = part();
  const shared = remember(reader);
  failures.push(new Error('connection reset'));
  await expect(shared.read(0, 1)).rejects.toThrow('connection reset');
  expect([...(await shared.read(0, 1))]).toEqual([0]);
  expect(asked).toEqual(['0-1', '0-1']);
});
