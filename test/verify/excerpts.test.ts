/** What a deep look sums up of a part must not depend on where its pages, row groups and excerpts end. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Float32, Float64, Int64, makeData, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_MEMORY, Memory } from '../../src/memory.js';
import { footerBytes } from '../../src/parquet/footer.js';
import { FileMetaData, RowGroup } from '../../src/parquet/format.js';
import { readChunks } from '../../src/parquet/source-chunk.js';
import { columnsOf } from '../../src/repartition/verify/deep/columns.js';
import { excerptsOf } from '../../src/repartition/verify/deep/excerpt.js';
import { Desk } from '../../src/repartition/verify/deep/desk.js';
import { MOST_BYTES, MOST_SIZE, MOST_VALUES } from '../../src/repartition/verify/deep/excerpt-room.js';
import { PartFile } from '../../src/repartition/verify/deep/file.js';
import type { PartUnit, UnitFacts } from '../../src/repartition/verify/deep/model.js';
import { readUnit } from '../../src/repartition/verify/deep/read-unit.js';
import { Tally } from '../../src/repartition/verify/deep/tally.js';
import { locate, openStorage } from '../../src/storages.js';
import { python, repositoryRoot } from '../support/paths.js';

const COLUMNS = ['vectors', 'lists', 'texts', 'numbers', 'bools', 'nested', 'structs'];
/** As `test/python/layouts.py` writes them: whole, and cut in other ways. */
const LAYOUTS = ['v1', 'v1-small-groups', 'v2', 'indexed', 'plain-zstd'];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-excerpts-'));
  await promisify(execFile)(python, [join(repositoryRoot, 'test/python/layouts.py'), folder]);
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function look(
  path: string,
  allowance = DEFAULT_MEMORY,
  desk = new Desk(),
): Promise<{ facts: UnitFacts; peak: number }> {
  const storage = await openStorage(await locate(folder));
  const memory = Memory.within(allowance);
  const stat = (await storage.stat(path))!;
  const unit: PartUnit = {
    kind: 'part',
    id: 0,
    ...stat,
    rowGroups: [0, Infinity],
    bytes: 0,
    counted: 'none',
  };
  let peak = 0;
  const onBytes = (): void => {
    peak = Math.max(peak, memory.share().used.sum[0]! * 1024);
  };
  const { facts } = await readUnit(storage, unit, { memory, desk, onBytes });
  await storage.close();
  expect(memory.share().used.sum[0]).toBe(0);
  return { facts, peak };
}

describe.each(COLUMNS)('%s', (column) => {
  test('are the same in every layout', async () => {
    const [whole, ...others] = await Promise.all(
      LAYOUTS.map(async (layout) => (await look(`${column}-${layout}.parquet`)).facts),
    );
    expect(whole).toMatchObject({ kind: 'part', rows: 20_000 });
    for (const facts of others) expect(facts).toEqual(whole);
  }, 60_000);

  test('are the same where levels are known', async () => {
    const desk = new Desk();
    for (const layout of [...LAYOUTS, 'changed']) {
      const path = `${column}-${layout}.parquet`;
      const { facts } = await look(path, DEFAULT_MEMORY, desk);
      expect((await look(path, DEFAULT_MEMORY, desk)).facts).toEqual(facts);
      expect((await look(path)).facts).toEqual(facts);
    }
  }, 60_000);

  test('and one other value is noticed', async () => {
    const [whole, other] = await Promise.all([
      look(`${column}-v1.parquet`),
      look(`${column}-changed.parquet`),
    ]);
    expect(other.facts).not.toEqual(whole.facts);
  }, 60_000);
});

test('vectors have one width, lists that go on over pages their own', async () => {
  expect((await look('vectors-v1.parquet')).facts).toMatchObject({
    columns: [{ lengths: [160, 160], nulls: 0 }],
  });
  expect((await look('lists-v1.parquet')).facts).toMatchObject({ columns: [{ lengths: [0, 3_000] }] });
});

test('a page that claims more than there may be is a problem that says how much would do', async () => {
  const { facts, peak } = await look('large-page.parquet', 64 * 1024 * 1024);
  expect(facts).toMatchObject({
    kind: 'unreadable',
    problem: expect.stringMatching(
      /a page needs \d+ MB of memory where 16 MB are to be had; `memory` of \d+ MB/,
    ) as unknown,
  });
  expect(peak).toBeLessThanOrEqual(16 * 1024 * 1024);
  expect((await look('large-page.parquet')).facts).toMatchObject({ kind: 'part', rows: 1_000_000 });
});

/** Megabytes that all but the process may have, as an allowance. */
const beside = (megabytes: number): number => (megabytes + 128) * 1024 * 1024;

test.each([
  // A small page, in which 12 million values, each with its levels, are said by one number.
  ['many-values.parquet', 128],
  // A million of 8 bytes, beside a page that says a million of them.
  ['large-dictionary.parquet', 71],
])('what is small and claims much is read only where there is memory: %s', async (path, megabytes) => {
  const { facts } = await look(path, beside(megabytes));
  const { problem } = facts as Extract<UnitFacts, { problem: string }>;
  const [, allowance] = /`memory` of (\d+) MB will do/.exec(problem)!;
  expect((await look(path, Number(allowance) * 1024 * 1024)).facts).toMatchObject({ kind: 'part' });
});

/** The excerpts of a part's first column, and what of memory is still taken behind them. */
async function excerpts(
  path: string,
  desk = new Desk(),
): Promise<{ of: { bytes: number; values: number; size: number; isBare: boolean }[]; left: number }> {
  const storage = await openStorage(await locate(folder));
  const memory = Memory.within(DEFAULT_MEMORY);
  const file = await PartFile.open(storage, (await storage.stat(path))!, {
    memory,
    onBytes: () => undefined,
  });
  const [column] = columnsOf(file.footer);
  const [group] = file.footer.rowGroups;
  const room = await memory.take(1024);
  const source = {
    file,
    column: column!,
    chunks: readChunks(file.footer, group!),
    room,
    desk,
  };
  const of: { bytes: number; values: number; size: number; isBare: boolean }[] = [];
  for await (const { bytes, values, size, lists } of excerptsOf({
    ...source,
    rows: group!.require(RowGroup.numRows),
  })) {
    of.push({ bytes: bytes.length, values, size, isBare: lists !== undefined });
  }
  const left = room.bytes - 1024;
  room.release();
  await storage.close();
  return { of, left };
}

test('an excerpt has some pages, whatever the size of the row group', async () => {
  const { of } = await excerpts('vectors-plain-zstd.parquet');
  expect(of.length).toBeGreaterThan(4);
  for (const { bytes, values, size } of of) {
    // With its footer, and the value that a list goes on from.
    expect(bytes).toBeLessThan(MOST_BYTES + 4096);
    expect(size).toBeLessThanOrEqual(MOST_SIZE);
    expect(values).toBeLessThanOrEqual(MOST_VALUES + 1);
  }
});

test.each(['v1', 'v1-small-groups', 'v2', 'indexed', 'plain-zstd'])(
  'levels are decoded once: %s',
  async (layout) => {
    const [path, desk] = [`vectors-${layout}.parquet`, new Desk()];
    await look(path, DEFAULT_MEMORY, desk);
    const { of } = await excerpts(path, desk);
    expect(of.map(({ isBare }) => isBare)).toEqual(of.map(() => true));
  },
);

test('lists with holes are read whole', async () => {
  const desk = new Desk();
  await look('lists-v1.parquet', DEFAULT_MEMORY, desk);
  const { of } = await excerpts('lists-v1.parquet', desk);
  expect(of.some(({ isBare }) => isBare)).toBe(false);
});

test('what a large page takes is given back behind it', async () => {
  const { of, left } = await excerpts('large-page.parquet');
  expect([of.length, left]).toEqual([1, 0]);
});

test('a row group that counts other rows than its pages have is a problem', async () => {
  const bytes = await readFile(join(folder, 'numbers-v1.parquet'));
  const storage = await openStorage(await locate(folder));
  const stat = (await storage.stat('numbers-v1.parquet'))!;
  const options = { memory: Memory.within(DEFAULT_MEMORY), onBytes: () => undefined };
  const { footer } = await PartFile.open(storage, stat, options);
  await storage.close();
  const [group, ...groups] = footer.rowGroups;
  const rows = group!.require(RowGroup.numRows) + 1;
  const meta = footer.meta.clone().set(FileMetaData.numRows, footer.rows + 1);
  meta.set(FileMetaData.rowGroups, [group!.clone().set(RowGroup.numRows, rows), ...groups]);
  const lying = Buffer.concat([bytes.subarray(0, footer.start), footerBytes(meta)]);
  await writeFile(join(folder, 'lying.parquet'), lying);
  expect((await look('lying.parquet')).facts).toMatchObject({
    kind: 'unreadable',
    problem: expect.stringMatching(`has ${rows - 1} rows, its footer says ${rows}`) as unknown,
  });
});

test('numbers that are none are counted, also beside such as add up to infinity', () => {
  const tally = new Tally('none');
  const large = Array<number>(9).fill(Number.MAX_VALUE);
  tally.add('x', makeData({ type: new Float64(), data: Float64Array.of(...large, NaN, 1, -Infinity) }));
  tally.add(
    'y',
    makeData({ type: new Float32(), data: Float32Array.of(1, 2, 3, 4, Infinity, -Infinity, 5) }),
  );
  tally.add('z', makeData({ type: new Float64(), data: Float64Array.of(...large) }));
  expect(tally.facts().columns).toMatchObject([
    { nans: 1, infinities: 1 },
    { nans: 0, infinities: 2 },
    { nans: 0, infinities: 0 },
  ]);
});

test('integers of 64 bits are more than their lower halves', () => {
  const longs = makeData({
    type: new Int64(),
    data: BigInt64Array.of(0n, 1n, -1n, 2n ** 32n, 2n ** 32n + 1n, 2n),
  });
  const [bits, range] = [new Tally('bits'), new Tally('integers')];
  bits.add('x', longs);
  range.add('x', longs);
  expect(bits.facts().columns).toMatchObject([{ notBits: 4 }]);
  expect(range.facts().columns).toMatchObject([{ range: [-1, 2 ** 32 + 1] }]);
});

test('the last list of all counts among the lengths', () => {
  const tally = new Tally('none');
  tally.add('x', vectorFromArray([[1], [1, 2, 3]]).data[0]!);
  expect(tally.facts().columns).toMatchObject([{ lengths: [1, 3] }]);
});
