/** `gs-repartition status` and `clean`: lines, documents and exit codes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { gsRepartition } from '../graphs/command.js';
import { copyFixture } from '../graphs/prefix.js';
import { repositoryRoot } from '../support/paths.js';
import { attempt, cleaned, succeeded } from './try.js';

async function problemsOf(schema: string, text: string): Promise<unknown> {
  const file = join(repositoryRoot, 'schemas', schema);
  const parsed = JSON.parse(await readFile(file, 'utf8')) as object;
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(parsed);
  return validate(JSON.parse(text)) ? [] : validate.errors;
}

test('status says what becomes of a run and what to do', async () => {
  const engine = { readStatus: () => Promise.resolve(succeeded) };
  expect(await attempt('status --input-prefix /data/graph', { engine })).toMatchObject({
    code: 0,
    stdout:
      'Succeeded: /data/graph\n' +
      '  run       machine-7, process 4711, since 2026-11-01T10:00:00.000Z, ended 2026-11-01T10:00:12.345Z\n' +
      'The updated metadata are published.\n',
  });
});

test.each([
  ['running', 6],
  ['stale', 1],
  ['failed', 1],
  ['none', 1],
] as const)('status of a run that is %s: exit code %d', async (state, code) => {
  const engine = { readStatus: () => Promise.resolve({ ...succeeded, state }) };
  expect((await attempt('status --input-prefix /data/graph', { engine })).code).toBe(code);
});

test('status tells the progress of one that is alive, and who else is at work', async () => {
  const run = { ...succeeded.run! };
  delete run.finishedAt;
  const progress = {
    phase: 'parts',
    done: 3,
    total: 7000,
    bytes: 5e9,
    totalBytes: 12e12,
    share: 0.0004,
  } as const;
  const other = { host: 'machine-8', pid: 1, startedAt: '2026-11-01T10:00:01.000Z' };
  const report = { ...succeeded, state: 'running' as const, run: { ...run, progress }, runs: [other] };
  const { stdout } = await attempt('status --input-prefix /data/graph', {
    engine: { readStatus: () => Promise.resolve(report) },
  });
  expect(stdout).toContain('Running (alive): /data/graph\n');
  expect(stdout).toContain('  progress  parts: 3 of 7,000, 5.00 GB\n');
  expect(stdout).toContain('  at work   machine-8, process 1, since 2026-11-01T10:00:01.000Z\n');
});

test('clean lists, says how many bytes, and how to remove them', async () => {
  const { code, stdout } = await attempt('clean --input-prefix /data/graph');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^superseded folder +edges\/parquet-repartitioned-0123abcd +12 +5.00 MB$/m);
  expect(stdout).toMatch(
    /\n13 files, 5.00 MB could be removed. To remove them, run the same command again with --yes.\n$/,
  );
});

test('clean says that finished parts of a run that can be resumed are among what it lists', async () => {
  const resume = 'gs-repartition --input-prefix /data/graph';
  const { stdout } = await attempt('clean --input-prefix /data/graph', {
    engine: { clean: () => Promise.resolve({ ...cleaned, resume }) },
  });
  expect(stdout).toContain(
    `\nThe last run has not ended, and parts that it has finished are among these. To go on with it: ${resume}\n`,
  );
});

test('clean --yes removes', async () => {
  let told: unknown;
  const engine = {
    clean: (options: object) => {
      told = options;
      return Promise.resolve({ ...cleaned, removed: true });
    },
  };
  const { stdout } = await attempt('clean --input-prefix /data/graph --yes', { engine });
  expect(told).toMatchObject({ inputPrefix: '/data/graph', remove: true });
  expect(stdout).toMatch(/\nRemoved 13 files, 5.00 MB.\n$/);
});

test('as processes: documents that the schemas describe', async () => {
  const prefix = await copyFixture('cases/file-counts', { spoiled: true });
  const status = await gsRepartition(['status', '--input-prefix', prefix, '--json']);
  expect(status.code).toBe(1);
  expect(await problemsOf('status.v1.json', status.stdout)).toEqual([]);
  await gsRepartition(['--input-prefix', prefix]);
  await writeFile(join(prefix, 'updated_row_counts_metadata.json'), '{}');
  const done = await gsRepartition(['status', '--input-prefix', prefix, '--json']);
  expect(done.code).toBe(0);
  expect(await problemsOf('status.v1.json', done.stdout)).toEqual([]);
  const clean = await gsRepartition(['clean', '--input-prefix', prefix, '--yes', '--json']);
  expect(clean.code).toBe(0);
  expect(await problemsOf('clean.v1.json', clean.stdout)).toEqual([]);
  expect(JSON.parse(clean.stdout)).toMatchObject({ removed: true });
});
