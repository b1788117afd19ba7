/** What a deep look sums up of a part must not depend on where its pages, row groups and excerpts end. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_MEMORY, Memory } from '../../src/memory.js';
import type { PartUnit, UnitFacts } from '../../src/repartition/verify/deep/model.js';
import { readUnit } from '../../src/repartition/verify/deep/read-unit.js';
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

async function look(path: string, allowance = DEFAULT_MEMORY): Promise<{ facts: UnitFacts; peak: number }> {
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
    peak = Math.max(peak, memory.share().used[0]! * 1024);
  };
  const { facts } = await readUnit(storage, unit, { memory, onBytes });
  await storage.close();
  expect(memory.share().used[0]).toBe(0);
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
