/** What killed runs leave on a disk, who is at work on a prefix, and what may be removed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { clean, execute, ownedTasks, prepare, readStatus, repartition, type Status } from 'gs-repartition';
import { describe, expect, test } from 'vitest';
import { openLocalStorage } from '../../src/storage/local.js';
import { thisProcess } from '../../src/storage/process-identity.js';
import { StatusDocument } from '../../src/repartition/commit/status.js';
import { checksums, copyFixture } from '../graphs/prefix.js';
import { repositoryRoot } from '../support/paths.js';

const UPDATED = 'updated_row_counts_metadata.json';
const HEX = '0123456789ab';

/** A process that has ended, as it calls itself. */
const deadProcess = spawnSync(
  process.execPath,
  [
    '--input-type=module',
    '-e',
    `import { thisProcess } from ${JSON.stringify(join(repositoryRoot, 'dist/storage/process-identity.js'))}; process.stdout.write(thisProcess());`,
  ],
  { encoding: 'utf8' },
).stdout;

const temporaryOf = (maker: string): string => `.part-00000.parquet.${maker}-0-${HEX}.tmp`;
/** Of a machine that nobody here can look into. */
const ELSEWHERE = 'ffffffff-1-0';

async function put(file: string, text = 'x'.repeat(100)): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

/** The folder of a new part of the graph. */
async function outputFolder(prefix: string): Promise<string> {
  const [first] = ownedTasks(await prepare({ inputPrefix: prefix }));
  return join(prefix, dirname(first!.task.output));
}

const runFile = (prefix: string, maker: string): string =>
  join(prefix, 'repartition_runs', `${maker}-${HEX}.json`);
const runText = (startedAt = new Date()): string =>
  JSON.stringify({ host: 'machine-7', pid: 1, startedAt: startedAt.toISOString() });

async function statusOf(prefix: string): Promise<Status> {
  return JSON.parse(await readFile(join(prefix, 'repartition_status.json'), 'utf8')) as Status;
}

describe('a run', () => {
  test('removes the temporary files of its dead predecessors, and no others', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const folder = await outputFolder(prefix);
    const dead = await put(join(folder, temporaryOf(deadProcess)));
    const old = await put(join(folder, `.part-00001.parquet.4711-${HEX}.tmp`));
    const deadMetadata = await put(join(prefix, temporaryOf(deadProcess)));
    const living = await put(join(folder, temporaryOf(thisProcess())));
    const strangers = await put(join(folder, '.notes.tmp'));
    const deadRun = await put(runFile(prefix, deadProcess), runText());
    const deadRunUnnamed = await put(join(prefix, 'repartition_runs', temporaryOf(deadProcess)));
    await repartition({ inputPrefix: prefix });
    expect([dead, old, deadMetadata, deadRun, deadRunUnnamed].filter((file) => existsSync(file))).toEqual([]);
    expect([living, strangers].filter((file) => !existsSync(file))).toEqual([]);
    expect(existsSync(join(prefix, 'repartition_runs'))).toBe(false);
  });

  test('leaves what another machine may be working on, as long as that has a run there', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const folder = await outputFolder(prefix);
    const itsOwn = await put(join(folder, temporaryOf(ELSEWHERE)));
    const older = await put(join(folder, `.a${temporaryOf(ELSEWHERE)}`));
    await utimes(older, 1, 1);
    const run = await put(runFile(prefix, ELSEWHERE), runText());
    const warnings: string[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (line: string) => void warnings.push(line),
    };
    await repartition({ inputPrefix: prefix, log });
    expect(existsSync(itsOwn)).toBe(true);
    expect(existsSync(older)).toBe(false);
    expect(existsSync(run)).toBe(true);
    expect(warnings.filter((line) => line.includes('machine-7, process 1'))).toHaveLength(1);
    expect(await statusOf(prefix)).toMatchObject({ otherRuns: [{ host: 'machine-7', pid: 1 }] });
  });

  test('says in its status who and where it is, how far, and what resumes it from any folder', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const storage = openLocalStorage(prefix);
    const document = new StatusDocument(storage, 'the command', undefined, 10);
    await document.running({});
    await document.join({});
    const first = await statusOf(prefix);
    expect(first).toMatchObject({
      status: 'running',
      inputPrefix: prefix,
      pid: process.pid,
      command: 'the command',
    });
    document.note({ phase: 'parts', done: 3, total: 7, bytes: 5, totalBytes: 12, share: 0.4 });
    const isRenewed = async (): Promise<boolean> => (await statusOf(prefix)).heartbeatAt > first.heartbeatAt;
    await expect.poll(isRenewed, { timeout: 20_000 }).toBe(true);
    await expect
      .poll(async () => (await statusOf(prefix)).progress)
      .toMatchObject({ done: 3, total: 7, bytes: 5 });
    expect(await readStatus({ inputPrefix: prefix })).toMatchObject({
      state: 'running',
      runs: [{ pid: process.pid }],
    });
    await document.failed(new Error('boom'));
    expect(await readStatus({ inputPrefix: prefix })).toMatchObject({ state: 'failed', runs: [] });
    const relative = join('..', prefix.split('/').slice(-2).join('/'));
    expect((await prepare({ inputPrefix: prefix })).command).not.toContain(relative);
  });

  test('and another at once: both succeed, and each says that the other is there', async () => {
    const prefix = await copyFixture('movies');
    const said: string[][] = [[], []];
    await Promise.all(
      said.map((lines) =>
        repartition({
          inputPrefix: prefix,
          log: { debug: () => undefined, info: () => undefined, warn: (line) => void lines.push(line) },
        }),
      ),
    );
    for (const lines of said) {
      expect(lines.filter((line) => line.startsWith('another run is at work on this prefix'))).toHaveLength(
        1,
      );
    }
    expect(existsSync(join(prefix, 'repartition_runs'))).toBe(false);
  });
});

describe('status', () => {
  test('tells a run that was killed from one that is alive', async () => {
    const prefix = await copyFixture('cases/file-counts');
    expect(await readStatus({ inputPrefix: prefix })).toMatchObject({ state: 'none', runs: [] });
    const run = runFile(prefix, deadProcess);
    const status = {
      status: 'running',
      inputPrefix: prefix,
      host: 'here',
      pid: 1,
      startedAt: new Date().toISOString(),
      heartbeatAt: new Date().toISOString(),
      run: run.slice(prefix.length + 1),
      command: 'the command',
    };
    await put(join(prefix, 'repartition_status.json'), JSON.stringify(status));
    await put(run, runText());
    const stale = await readStatus({ inputPrefix: prefix });
    expect(stale).toMatchObject({ state: 'stale', runs: [] });
    expect(stale.advice).toContain('the command');
    await put(runFile(prefix, ELSEWHERE), runText());
    expect(await readStatus({ inputPrefix: prefix })).toMatchObject({ state: 'running' });
    await utimes(runFile(prefix, ELSEWHERE), 1, 1);
    expect(await readStatus({ inputPrefix: prefix })).toMatchObject({ state: 'stale' });
    await repartition({ inputPrefix: prefix });
    expect(await readStatus({ inputPrefix: prefix })).toMatchObject({ state: 'succeeded', runs: [] });
  });

  test('that is no status of ours is an error', async () => {
    const prefix = await copyFixture('cases/file-counts');
    await put(join(prefix, 'repartition_status.json'), '{"status": "run');
    await expect(readStatus({ inputPrefix: prefix })).rejects.toMatchObject({ code: 'metadata' });
  });
});

describe('clean', () => {
  test('lists what nobody needs, removes it when told to, and nothing that metadata name', async () => {
    const prefix = await copyFixture('movies');
    await repartition({ inputPrefix: prefix });
    const needed = await checksums(prefix);
    for (const numOutputFiles of [2, 3]) {
      await repartition({ inputPrefix: prefix, numOutputFiles, updatedMetadataFileName: 'other.json' });
    }
    // What `other.json` of three parts names is needed as well; what that of two named is not.
    const before = await checksums(prefix);
    await put(join(await outputFolder(prefix), temporaryOf(deadProcess)));
    const listed = await clean({ inputPrefix: prefix });
    expect(listed).toMatchObject({ removed: false, runs: [] });
    expect(listed.items.filter(({ kind }) => kind === 'temporary file')).toMatchObject([
      { files: 1, bytes: 100 },
    ]);
    expect(listed.items.length).toBeGreaterThan(10);
    expect((await checksums(prefix)).size).toBe(before.size + 1);

    const removed = await clean({ inputPrefix: prefix, remove: true });
    expect(removed).toEqual({ ...listed, removed: true });
    const after = await checksums(prefix);
    expect(before.size + 1 - after.size).toBe(removed.files);
    for (const path of needed.keys()) expect(after.has(path)).toBe(true);
    for (const file of [UPDATED, 'other.json']) {
      const named = [...(await readFile(join(prefix, file), 'utf8')).matchAll(/"([^"]*\.parquet)"/g)];
      expect(named.map(([, path]) => path!).filter((path) => !after.has(path))).toEqual([]);
    }
    expect(await clean({ inputPrefix: prefix })).toMatchObject({ items: [], files: 0, bytes: 0 });
    const folders = (await readdir(prefix, { recursive: true })).filter((path) =>
      /repartitioned-\w+$/.test(path),
    );
    expect(folders.every((folder) => existsSync(join(prefix, folder)))).toBe(true);
  });

  test.each([
    ['broken', (text: string) => text.slice(0, -2)],
    ['with letters escaped', (text: string) => text.replaceAll('parquet-rep', '\\u0070arquet\\u002Drep')],
    ['behind a million spaces', (text: string) => ' '.repeat(1_100_000) + text],
    ['without an ending like .json', (text: string) => text],
  ])('leaves what a document names that is %s', async (_how, change) => {
    const prefix = await copyFixture('cases/file-counts', { spoiled: true });
    await repartition({ inputPrefix: prefix });
    const text = await readFile(join(prefix, UPDATED), 'utf8');
    await writeFile(join(prefix, UPDATED), '{}');
    const document = await put(join(prefix, 'of-last-week', 'aligned'), change(text));
    expect((await clean({ inputPrefix: prefix })).items).toEqual([]);
    await writeFile(document, '');
    expect((await clean({ inputPrefix: prefix })).items.length).toBeGreaterThan(1);
  });

  test('tells how to go on with a run that has not published, and of one that has nothing', async () => {
    const prefix = await copyFixture('cases/file-counts');
    await execute(await prepare({ inputPrefix: prefix }));
    const { items, resume } = await clean({ inputPrefix: prefix });
    expect(items.map(({ kind }) => kind)).toContain('superseded folder');
    expect(resume).toBe(`gs-repartition --input-prefix ${prefix}`);
    await repartition({ inputPrefix: prefix, numOutputFiles: 2 });
    const after = await clean({ inputPrefix: prefix });
    expect(after.items.map(({ kind }) => kind)).toContain('superseded folder');
    expect(after.resume).toBeUndefined();
  });

  test('removes no folder and nothing younger than a run as long as one is alive', async () => {
    const prefix = await copyFixture('cases/file-counts', { spoiled: true });
    await repartition({ inputPrefix: prefix });
    await writeFile(join(prefix, UPDATED), '{}');
    const folder = await outputFolder(prefix);
    const young = await put(join(folder, temporaryOf(ELSEWHERE)));
    const dead = await put(join(folder, temporaryOf(deadProcess)));
    await put(runFile(prefix, ELSEWHERE), runText());
    const report = await clean({ inputPrefix: prefix, remove: true });
    expect(report).toMatchObject({
      removed: true,
      runs: [{ host: 'machine-7' }],
      items: [{ kind: 'temporary file' }],
    });
    expect([existsSync(young), existsSync(dead)]).toEqual([true, false]);
    expect(existsSync(join(prefix, report.items[0]!.path))).toBe(false);
  });

  test('makes a run that begins meanwhile wait', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const file = await put(
      runFile(prefix, ELSEWHERE),
      JSON.stringify({ ...(JSON.parse(runText()) as object), kind: 'clean' }),
    );
    const lines: string[] = [];
    const log = {
      debug: () => undefined,
      info: (line: string) => void lines.push(line),
      warn: () => undefined,
    };
    const run = repartition({ inputPrefix: prefix, log });
    await expect.poll(() => lines.join()).toContain('waiting until gs-repartition clean has ended');
    expect(existsSync(join(prefix, UPDATED))).toBe(false);
    await writeFile(file, '');
    expect((await run).status).toBe('succeeded');
  });

  test('never leaves the prefix by a symbolic link', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const outside = await copyFixture('cases/file-counts');
    const file = await put(join(outside, 'parquet-repartitioned-0123abcd', 'part-00000.parquet'));
    await symlink(outside, join(prefix, 'elsewhere'));
    expect((await clean({ inputPrefix: prefix, remove: true })).items).toEqual([]);
    expect(existsSync(file)).toBe(true);
  });

  test('says that there is nothing at all', async () => {
    const prefix = await copyFixture('cases/file-counts');
    await expect(clean({ inputPrefix: join(prefix, 'nowhere') })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
