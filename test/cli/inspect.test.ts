/** `gs-repartition inspect`: what is in a part, a folder of parts, a graph. */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'gs-repartition';
import { describe, expect, test } from 'vitest';
import type { DataSetInspection, PartInspection, PrefixInspection } from '../../src/repartition/index.js';
import { gsRepartition } from '../graphs/command.js';
import { copyFixture, readMetadata } from '../graphs/prefix.js';
import { repositoryRoot } from '../support/paths.js';
import { problemsOf } from '../support/schemas.js';
import { attempt } from './try.js';

const movies = join(repositoryRoot, 'test/fixtures/movies');
const embedding = 'node_data/movie-title_embedding/parquet';
const part = `${embedding}/part-00000-d256491c-5a5e-57b3-943c-11ba6a3d4746-c000.snappy.parquet`;

async function inspected<T>(path: string, ...options: string[]): Promise<T> {
  const { code, stdout, stderr } = await gsRepartition([
    'inspect',
    path,
    '--json',
    '--no-progress',
    ...options,
  ]);
  expect([code, stderr]).toEqual([0, '']);
  expect(await problemsOf('inspect.v1.json', stdout)).toEqual([]);
  return JSON.parse(stdout) as T;
}

describe('a part', () => {
  test('schema, row groups, encodings, statistics, indexes, keys', async () => {
    const found = await inspected<PartInspection>(join(movies, part));
    expect(found).toMatchObject({ kind: 'part', rows: 601, path: join(movies, part) });
    expect(found.columns).toEqual([
      expect.objectContaining({ type: 'FLOAT', nullable: true, repeated: true }),
    ]);
    const [chunk] = found.rowGroups.flatMap(({ chunks }) => chunks);
    expect(chunk).toMatchObject({ codec: 'SNAPPY', indexes: { offset: true, column: true } });
    expect(found.rowGroups.reduce((sum, { rows }) => sum + rows, 0)).toBe(601);
    expect(found.keys.map(({ key }) => key)).toContain('org.apache.spark.version');
    expect(found).not.toHaveProperty('values');
  });

  test('bounds and null counts are those that the values have', async () => {
    const metadata = await readMetadata(movies);
    const [first] = metadata.edges['user:rated:movie']?.data ?? Object.values(metadata.edges)[0]!.data;
    const found = await inspected<PartInspection>(join(movies, first!), '--rows', '100000');
    const [chunk] = found.rowGroups[0]!.chunks;
    const values = found.values!.rows.slice(0, found.rowGroups[0]!.rows).map(([value]) => value as number);
    expect(values).toHaveLength(found.rowGroups[0]!.rows);
    expect(chunk!.statistics).toMatchObject({ min: Math.min(...values), max: Math.max(...values), nulls: 0 });
  });

  test('its pages, whose values add up', async () => {
    const found = await inspected<PartInspection>(join(movies, part), '--pages');
    for (const chunk of found.rowGroups.flatMap(({ chunks }) => chunks)) {
      const data = chunk.pageList!.filter(({ kind }) => kind.startsWith('data'));
      expect(data).toHaveLength(chunk.pages);
      expect(data.reduce((sum, { values }) => sum + values, 0)).toBe(chunk.values);
      expect(chunk.pageList!.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(chunk.bytes);
    }
  });

  test('its first rows, lists whole, and no more than there are', async () => {
    const three = await inspected<PartInspection>(join(movies, part), '--rows', '3');
    expect(three.values?.rows).toHaveLength(3);
    const all = await inspected<PartInspection>(join(movies, part), '--rows', '5000');
    expect(all.values?.rows).toHaveLength(601);
    expect(all.values?.rows.slice(0, 3)).toEqual(three.values?.rows);
    const widths = new Set(all.values?.rows.map(([list]) => (list as number[]).length));
    expect(widths.size).toBe(1);
  });

  test('one that we made says so', async () => {
    const prefix = await copyFixture('cases/file-counts');
    await gsRepartition(['--input-prefix', prefix]);
    const published = await readMetadata(prefix, 'updated_row_counts_metadata.json');
    const made = Object.values(published.edges)
      .flatMap(({ data }) => data)
      .find((path) => path.includes('parquet-repartitioned'))!;
    const { version } = JSON.parse(await readFile(join(repositoryRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    const { madeBy } = await inspected<PartInspection>(join(prefix, made));
    expect(madeBy?.version).toBe(version);
    const { stdout } = await gsRepartition(['inspect', join(prefix, made)]);
    expect(stdout).toMatch(new RegExp(`^ {2}made by {5}gs-repartition ${version}, as edges/`, 'm'));
  });

  test('for people', async () => {
    const { stdout } = await gsRepartition(['inspect', join(movies, part), '--rows', '1']);
    expect(stdout).toMatch(/: 601 rows, \d+ row groups?, [\d.]+ kB\n {2}written by {2}parquet-mr /);
    expect(stdout).toMatch(/^column +type +nulls +shape$/m);
    expect(stdout).toMatch(/^First 1 row\n/m);
  });

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, -9)],
    ['no Parquet', () => Buffer.from('this is text, and not short')],
  ])('one that is %s is one line', async (_, spoil) => {
    const prefix = await copyFixture('cases/aligned', { spoiled: true });
    const file = join(prefix, 'x.parquet');
    await writeFile(file, spoil(await readFile(join(movies, part))));
    const { code, stderr } = await gsRepartition(['inspect', file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gs-repartition: [^\n]*x\.parquet[^\n]*not a Parquet file[^\n]*\n$/);
  });
});

describe('a folder of parts', () => {
  test.each([embedding, 'node_data/movie-title_embedding', `${embedding}/`])('%s', async (folder) => {
    const found = await inspected<DataSetInspection>(join(movies, folder));
    const metadata = await readMetadata(movies);
    const { data, row_counts } = metadata.node_data!['movie']!['title_embedding']!;
    expect(found).toMatchObject({ kind: 'data set', codecs: ['SNAPPY'] });
    expect(found.parts.map(({ rows }) => rows)).toEqual(row_counts);
    expect(found.parts.map(({ path }) => path.split('/').at(-1))).toEqual(
      data.map((path) => path.split('/').at(-1)),
    );
  });

  test('what is no part is not looked at', async () => {
    const prefix = await copyFixture('cases/aligned');
    const folder = join(prefix, 'folder');
    await mkdir(folder);
    await copyFile(join(movies, part), join(folder, 'b.parquet'));
    for (const name of ['_metadata.parquet', '.c.parquet', '_SUCCESS'])
      await writeFile(join(folder, name), 'x');
    const found = await inspected<DataSetInspection>(folder);
    expect(found.parts.map(({ path }) => path)).toEqual(['b.parquet']);
  });

  test('one without any is one line that says what can be given', async () => {
    const prefix = await copyFixture('cases/aligned');
    const folder = join(prefix, 'empty');
    await mkdir(folder);
    const { code, stderr } = await gsRepartition(['inspect', folder]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `gs-repartition: nothing to inspect at ${folder}. Give a Parquet file, a folder of Parquet files, or the prefix that gs-processing wrote to.\n`,
    );
  });
});

test('a file that is no Parquet file is called that, whatever its name', async () => {
  const folder = await copyFixture('cases/aligned');
  await writeFile(join(folder, 'notes'), 'not Parquet at all');
  const { code, stderr } = await gsRepartition(['inspect', join(folder, 'notes')]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^gs-repartition: .*notes: not a Parquet file.*\n$/);
});

describe('a graph', () => {
  test('before and after an alignment: types, data sets, rows, aligned or not', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const before = (await inspect({ path: prefix })) as PrefixInspection;
    expect(before).toMatchObject({ kind: 'prefix', aligned: false });
    await gsRepartition(['--input-prefix', prefix]);
    const after = await inspected<PrefixInspection>(prefix);
    expect(after).toMatchObject({
      aligned: true,
      metadata: join(prefix, 'updated_row_counts_metadata.json'),
    });
    const rowsOf = ({ types }: PrefixInspection): unknown[] => types.map(({ type, rows }) => [type, rows]);
    expect(rowsOf(after)).toEqual(rowsOf(before));
    const chosen = await inspected<PrefixInspection>(prefix, '--metadata-file-name', 'metadata.json');
    expect(chosen.types).toEqual(before.types);
    expect(await inspect({ path: join(prefix, 'metadata.json') })).toEqual(chosen);
    // What ls prints, in another document.
    const ls = await gsRepartition(['ls', '--input-prefix', prefix, '--json']);
    expect(after.types).toEqual((JSON.parse(ls.stdout) as PrefixInspection).types);
  });

  test('what is missing is said', async () => {
    const prefix = await copyFixture('cases/aligned', { spoiled: true });
    const metadata = await readMetadata(prefix);
    await rm(join(prefix, Object.values(metadata.edges)[0]!.data[0]!));
    const { stdout } = await gsRepartition(['inspect', prefix]);
    expect(stdout).toContain('no: 1 part cannot be read\n');
    expect(stdout).toMatch(/\nNot aligned by /);
  });

  test('by itself and by a program: the same', async () => {
    const { path, ...found } = await inspect({ path: movies });
    expect(path).toBe(movies);
    expect(await inspected<PrefixInspection>(movies)).toEqual({ path, ...found });
  });

  test('lines fit the terminal', async () => {
    const found = (await inspect({ path: movies })) as PrefixInspection;
    const engine = { inspect: () => Promise.resolve(found) };
    const { stdout } = await attempt('inspect /data/graph', { engine, terminal: true });
    // As wide as the terminal of the tests.
    const cells = stdout.split('\n').filter((line) => !/^(?:Not aligned by| {2}align it)/.test(line));
    expect(Math.max(...cells.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(stdout).toContain('…');
    const { stdout: wide } = await attempt('inspect /data/graph', { engine });
    for (const { name } of found.types.flatMap(({ dataSets }) => dataSets)) expect(wide).toContain(name);
  });
});

test.each([
  ['inspect', 'inspect needs a path. Give one: gs-repartition inspect <path>.'],
  ['inspect a b', 'unexpected argument "b"'],
  ['inspect a --row 1 --pags', 'unknown option --pags. Did you mean --pages?'],
  ['inspect a --rows 0', '--rows must be a whole number of at least 1'],
])('%s is a usage error', async (line, complaint) => {
  const { code, stderr } = await attempt(line);
  expect(code).toBe(2);
  expect(stderr).toContain(complaint);
});
