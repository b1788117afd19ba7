/** A commit that looks: whatever happens to the graph while a run goes on, nothing false is published. */
import { existsSync } from 'node:fs';
import { readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commit,
  execute,
  inThisThread,
  openStorage,
  ownedTasks,
  prepare,
  type Progress,
  repartition,
} from 'gs-repartition';
import { describe, expect, test } from 'vitest';
import { checksums, copyFixture } from '../graphs/prefix.js';
import { alignWhile, moments, otherBytes, VICTIMS } from '../support/tampering.js';

const UPDATED = 'updated_row_counts_metadata.json';

/** Puts another file in a file's place, as rsync and tar do: written beside it, its time set, renamed over it. */
async function replace(file: string, bytes: Uint8Array, keepTime: boolean): Promise<void> {
  const { atime, mtime } = await stat(file);
  await writeFile(`${file}.new`, bytes);
  if (keepTime) await utimes(`${file}.new`, atime, mtime);
  await rename(`${file}.new`, file);
}

const WAYS: Record<string, (file: string) => Promise<void>> = {
  deleted: (file) => rm(file),
  truncated: async (file) => truncate(file, Math.floor((await stat(file)).size / 2)),
  'replaced by a file of another size': async (file) =>
    replace(file, new Uint8Array([...(await readFile(file)), 32]), false),
  'replaced by a file of the same size': async (file) =>
    replace(file, otherBytes(await readFile(file)), false),
  'replaced by a file of the same size and time': async (file) =>
    replace(file, otherBytes(await readFile(file)), true),
  'written to, and its time set back': async (file) => {
    const { atime, mtime } = await stat(file);
    await writeFile(file, otherBytes(await readFile(file)));
    await utimes(file, atime, mtime);
  },
};

async function expectUnpublished(prefix: string): Promise<void> {
  expect(existsSync(join(prefix, UPDATED))).toBe(false);
  const status = JSON.parse(await readFile(join(prefix, 'repartition_status.json'), 'utf8')) as object;
  expect(status).toMatchObject({ status: 'failed' });
}

describe('on a disk', () => {
  for (const victim of Object.keys(VICTIMS) as (keyof typeof VICTIMS)[]) {
    for (const [way, act] of Object.entries(WAYS)) {
      for (const moment of moments(victim)) {
        test(`${victim}, ${way} (${moment} moment): said, and nothing published`, async () => {
          const prefix = await copyFixture('cases/file-counts');
          let touched = '';
          const aligning = alignWhile({ inputPrefix: prefix }, victim, moment, (path) => {
            touched = path;
            return act(join(prefix, path));
          });
          const error: unknown = await aligning.then(
            () => undefined,
            (reason: unknown) => reason,
          );
          expect(error).toMatchObject({ path: join(prefix, touched) });
          expect(['changed', 'not-found']).toContain((error as { code: string }).code);
          await expectUnpublished(prefix);
        });
      }
    }
  }

  test('nothing happens: published, and every part is looked at', async () => {
    const prefix = await copyFixture('cases/file-counts');
    await alignWhile({ inputPrefix: prefix }, 'metadata.json', 'latest', () => Promise.resolve());
    expect(existsSync(join(prefix, UPDATED))).toBe(true);
  });

  test('a label part replaced by one of the same size and time is aligned anew, not taken for done', async () => {
    const prefix = await copyFixture('cases/reference-node-class');
    await repartition({ inputPrefix: prefix });
    const plan = await prepare({ inputPrefix: prefix });
    const [made] = ownedTasks(plan);
    const source = join(prefix, made!.task.slices[0].path);
    await replace(source, await readFile(source), true);
    const { parts } = await repartition({ inputPrefix: prefix });
    expect(parts.spliced + parts.reencoded).toBeGreaterThan(0);
  });

  test('a part that an executor forgets is missed', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const plan = await prepare({ inputPrefix: prefix });
    const storage = await openStorage(plan.location);
    const whole = inThisThread(storage);
    const executor: typeof whole = {
      ...whole,
      run: (tasks, options) => whole.run([...tasks].slice(1), options),
    };
    await expect(execute(plan, { executor })).rejects.toMatchObject({ code: 'storage' });
    await storage.close();
    await expectUnpublished(prefix);
  });

  test('two runs at once do each other no harm', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const plans = await Promise.all([prepare({ inputPrefix: prefix }), prepare({ inputPrefix: prefix })]);
    const storage = await openStorage(plans[0].location);
    // Both make all parts: neither finds the other's.
    const results = await Promise.all(
      plans.map((plan) => execute(plan, { executor: inThisThread(storage) })),
    );
    await storage.close();
    const made = results.map(({ parts }) => parts.spliced + parts.resumed);
    expect(made).toEqual([29, 29]);
    for (const [i, plan] of plans.entries()) {
      expect((await commit(plan, results[i]!)).status).toBe('succeeded');
    }
  });

  test('a run that finds all made by another publishes too', async () => {
    const prefix = await copyFixture('cases/file-counts');
    const plan = await prepare({ inputPrefix: prefix });
    const results = await execute(plan);
    const last = new Map<string, Progress>();
    const { parts } = await repartition({
      inputPrefix: prefix,
      onProgress: (progress) => last.set(progress.phase, progress),
    });
    expect(parts.resumed).toBe(plan.tasks);
    // Looking at them is told, and so is the look before publishing: nothing is made in between.
    expect([...last.keys()]).toEqual(['inventory', 'resume', 'verify', 'guard']);
    expect(last.get('resume')).toMatchObject({ done: plan.tasks, total: plan.tasks });
    const guarded = last.get('guard')!;
    expect(guarded.done).toBe(guarded.total);
    expect(guarded.total).toBeGreaterThan(plan.tasks);
    expect((await commit(plan, results)).status).toBe('succeeded');
  });
});

describe('the name to publish under', () => {
  const inputs: [string, (prefix: string) => Promise<string>][] = [
    [
      'a part',
      async (prefix) => (await prepare({ inputPrefix: prefix })).groups[0]!.dataSets[0]!.sources[0]!.path,
    ],
    [
      'a part of an id mapping',
      () =>
        Promise.resolve(
          'raw_id_mappings/movie/parquet/part-00000-74d309ba-12fd-54b4-997c-ec231ff28277-c000.snappy.parquet',
        ),
    ],
    ['a name below the metadata', () => Promise.resolve('metadata.json/x.json')],
    [
      'a file that is no document',
      async (prefix) => {
        await writeFile(join(prefix, 'notes.txt'), 'do not lose me');
        return 'notes.txt';
      },
    ],
  ];
  test.each(inputs)('%s is refused, and keeps its bytes', async (_name, nameIn) => {
    const prefix = await copyFixture('cases/file-counts');
    const updatedMetadataFileName = await nameIn(prefix);
    const before = await checksums(prefix);
    await expect(repartition({ inputPrefix: prefix, updatedMetadataFileName })).rejects.toMatchObject({
      code: 'usage',
      path: join(prefix, updatedMetadataFileName),
    });
    expect(await checksums(prefix)).toEqual(before);
  });
});
