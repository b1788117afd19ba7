/** `gs-repartition ls`: what lies under a prefix, in lines and as a document. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { listOutput } from '../../src/repartition/index.js';
import { type ListedPart, misfits, UNREADABLE } from '../../src/repartition/listing/judge.js';
import { gsRepartition } from '../graphs/command.js';
import { copyFixture, type Metadata } from '../graphs/prefix.js';
import { repositoryRoot } from '../support/paths.js';
import { attempt } from './try.js';

test('a line for each data set, the files beside them, the sums, and what to do', async () => {
  const { code, stdout } = await attempt('ls --input-prefix s3://bucket/graph');
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      'type                 data set         parts  rows   a part   bytes    aligned',
      'user                 age              2      1,200  600      9.60 kB  yes',
      '                     embedding        3      1,200  200–500  5.00 MB  no: another number of parts',
      '                     raw_id_mappings  4      900    300      4.00 kB  1 part cannot be read',
      'user:knows-rev:user  structure        1      30     30       300 bytes  yes (shared with user:knows:user)',
      '',
      'file           bytes',
      'metadata.json  804 bytes',
      '',
      'Not aligned by s3://bucket/graph/metadata.json: 2 types, 3 data sets, 9 parts, 3,300 rows, 5.01 MB.',
      '  align it with: gs-repartition --input-prefix s3://bucket/graph',
      '',
    ]
      .join('\n')
      // The widest cell is the last one's.
      .replace(/(9\.60 kB|5\.00 MB|4\.00 kB) {2}/g, '$1    ')
      .replace('bytes    aligned', 'bytes      aligned'),
  );
});

test('the command that aligns has the options for S3 of the one that lists', async () => {
  const asked = 'ls --input-prefix s3://bucket/graph --profile graphs --requester-pays --region eu-west-1';
  expect((await attempt(asked)).stdout).toMatch(
    /\n {2}align it with: gs-repartition --input-prefix s3:\/\/bucket\/graph --region eu-west-1 --profile graphs --requester-pays\n$/,
  );
});

test('what was typed reaches the engine', async () => {
  let told: unknown;
  const engine = {
    listOutput: (options: object) => {
      told = options;
      return Promise.reject(new Error('enough'));
    },
  };
  await attempt('ls --input-prefix /g --metadata-file-name m.json --concurrency 3', { engine });
  expect(told).toMatchObject({ inputPrefix: '/g', metadataFileName: 'm.json', concurrency: 3 });
});

test('a graph before and after its alignment; the document is what the schema describes', async () => {
  const inputPrefix = await copyFixture('movies', { spoiled: true });
  const before = await listOutput({ inputPrefix });
  expect(before).toMatchObject({
    aligned: false,
    metadata: join(inputPrefix, 'metadata.json'),
    totals: { types: 16, dataSets: 43, parts: 167 },
  });
  const movie = before.types.find(({ type }) => type === 'movie');
  expect(movie).toMatchObject({ kind: 'node', rows: 3201, aligned: false });
  expect(movie?.dataSets.find(({ name }) => name === 'rotten_tomatoes')).toMatchObject({
    parts: 6,
    rows: 3201,
    partRows: { fewest: 0, most: 641 },
    notAligned: 'row-count',
  });
  const seen: number[] = [];
  await gsRepartition(['--input-prefix', inputPrefix]);
  const after = await listOutput({ inputPrefix, onProgress: ({ done }) => seen.push(done) });
  expect(after).toMatchObject({
    aligned: true,
    metadata: join(inputPrefix, 'updated_row_counts_metadata.json'),
  });
  expect(after.totals.rows).toBe(before.totals.rows);
  expect(seen.at(-1)).toBe(after.totals.parts);
  expect(after.files.map(({ name }) => name)).toContain('repartition_status.json');
  // And the one before is still to be asked for.
  expect((await listOutput({ inputPrefix, metadataFileName: 'metadata.json' })).aligned).toBe(false);

  const schema = JSON.parse(await readFile(join(repositoryRoot, 'schemas', 'ls.v1.json'), 'utf8')) as object;
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  expect([before, after].map((one) => (validate(one) ? [] : validate.errors))).toEqual([[], []]);
}, 30_000);

test('a part that is gone, or no Parquet, is listed as such, and its rows are not counted', async () => {
  const inputPrefix = await copyFixture('cases/file-counts', { spoiled: true });
  const metadata = JSON.parse(await readFile(join(inputPrefix, 'metadata.json'), 'utf8')) as Metadata;
  const [type, edges] = Object.entries(metadata.edges)[0]!;
  await rm(join(inputPrefix, edges.data[0]!));
  await writeFile(join(inputPrefix, edges.data[1]!), 'no Parquet');
  const { types, aligned } = await listOutput({ inputPrefix });
  expect(aligned).toBe(false);
  const structure = types.find((one) => one.type === type)?.dataSets[0];
  expect(structure).toMatchObject({
    name: 'structure',
    aligned: false,
    notAligned: 'unreadable',
    unreadable: 2,
  });
});

test('nothing there: one line that says so', async () => {
  const inputPrefix = await copyFixture('cases/file-counts', { spoiled: true });
  await rm(join(inputPrefix, 'metadata.json'));
  await expect(listOutput({ inputPrefix })).rejects.toMatchObject({ code: 'not-found' });
});

describe('why a data set does not go with the others', () => {
  const parts = (...rows: number[]): ListedPart[] =>
    rows.map((one) => ({ rows: one, bytes: 1, hasWrongShape: false, isUnreadable: false }));
  const [good, other] = [parts(3, 4), parts(4, 3)];
  const set = (some: readonly ListedPart[], ...declared: number[][]) => ({ parts: some, declared });

  test.each([
    ['none', [set(good), set(good, [3, 4])], [undefined, undefined]],
    ['most have it', [set(other), set(good), set(good)], ['row-count', undefined, undefined]],
    ['of as many, the first', [set(other), set(good)], [undefined, 'row-count']],
    ['fewer parts', [set(good), set(good), set(parts(7))], [undefined, undefined, 'part-count']],
    ['a part without rows', [set(parts(0, 7))], ['empty-part']],
    [
      'a wrong shape',
      [set([{ ...good[0]!, hasWrongShape: true }, good[1]!]), set(good)],
      ['shape', undefined],
    ],
    ['metadata that say otherwise', [set(good, [4, 3]), set(good)], ['declared-rows', undefined]],
    [
      'what cannot be read has no say',
      [set([UNREADABLE, UNREADABLE]), set([UNREADABLE, UNREADABLE]), set(good)],
      ['unreadable', 'unreadable', undefined],
    ],
    ['nothing can be read', [set([UNREADABLE])], ['unreadable']],
    ['no data sets', [], []],
  ] as const)('%s', (_name, dataSets, expected) => {
    expect(misfits(dataSets)).toEqual(expected);
  });
});
