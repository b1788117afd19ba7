/** The comparison of two versions' outputs: what it takes for a difference, and what not. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { difference } from '../../bench/compare/outputs.js';
import * as pyarrow from '../support/pyarrow.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compare-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A prefix with one part and its metadata. */
async function prefix(
  hash: string,
  { keys, values = [1, 2, 3] }: { keys?: Record<string, string>; values?: number[] } = {},
): Promise<string> {
  const root = join(folder, hash);
  await mkdir(join(root, `parquet-repartitioned-${hash}`), { recursive: true });
  const data = `parquet-repartitioned-${hash}/part-00000.parquet`;
  await pyarrow.write(join(root, data), {
    columns: [{ name: 'x', type: 'int64', cells: values.map(String) }],
    ...(keys && { footerKeys: keys }),
  });
  await writeFile(join(root, 'metadata.json'), JSON.stringify({ data: [data] }));
  await writeFile(join(root, 'repartition_status.json'), hash);
  return root;
}

test('hashes in names and the key that names the maker are no difference', async () => {
  const before = await prefix('00000000');
  const after = await prefix('11111111', { keys: { 'gs-repartition': '1.0' } });
  expect(difference(before, after)).toBeUndefined();
});

test('another footer key is one', async () => {
  const told = difference(await prefix('00000000'), await prefix('11111111', { keys: { other: '1.0' } }));
  expect(told).toMatch(/^parquet-repartitioned-…\/part-00000.parquet: the footer, line \d+:/);
});

test('another value is one, before the footer', async () => {
  const told = difference(await prefix('00000000'), await prefix('11111111', { values: [1, 2, 4] }));
  expect(told).toMatch(/^parquet-repartitioned-…\/part-00000.parquet: byte \d+ differs/);
});

test('a document that says something else is one', async () => {
  const [before, after] = [await prefix('00000000'), await prefix('11111111')];
  await writeFile(join(after, 'metadata.json'), '{}');
  expect(difference(before, after)).toMatch(/^metadata.json: line 1:/);
});

test('a file more or less is one', async () => {
  const [before, after] = [await prefix('00000000'), await prefix('11111111')];
  await writeFile(join(after, 'more'), '');
  expect(difference(before, after)).toBe('more was not made before');
  expect(difference(after, before)).toBe('more is no longer made');
});
