/** Tasks in this thread keep to what an executor promises. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inThisThread } from '../../src/repartition/execute/inline.js';
import type { Task, TaskResult } from '../../src/repartition/model.js';
import { LostWrite } from '../../src/storage/lost-write.js';
import type { ObjectStat, Storage, StorageProfile } from '../../src/storage/storage.js';
import { type Counts, Tally } from '../../src/storage/tally.js';
import { locate, openStorage } from '../../src/storages.js';
import '../support/memory-storage.js';
import { repositoryRoot } from '../support/paths.js';

const profile: StorageProfile = {
  mostThreads: 0,
  threadBytes: 0,
  batchesPerThread: 2,
  tasksPerBatch: 1,
  turns: { of: 'whole', atOnce: 1000 },
  smallestCopy: 0,
  readOverhead: 0,
  readsAtOnce: 1,
};

const task = (path: string): Task => ({
  id: 0,
  output: 'out',
  rows: 1,
  slices: [{ path, size: 100, version: '1', rows: 1, from: 0, to: 1 }],
  keys: {},
  method: 'splice',
});

test('a run that fails ends when its last task has ended, with the first error, and begins no more', async () => {
  const ended: string[] = [];
  const read = async (path: string): Promise<never> => {
    // The slow one has something to clean up.
    if (path === 'slow') await sleep(50);
    ended.push(path);
    throw new Error(path);
  };
  const storage = { profile, describe: (path: string) => path, read } as unknown as Storage;
  const run = inThisThread(storage).run(['slow', 'fast', 'late'].map(task), {
    signal: undefined,
    onResult: () => undefined,
  });
  await expect(run).rejects.toThrow('fast');
  expect(ended).toEqual(['fast', 'slow']);
});

test('a part whose bytes were lost after some of them had gone up is made again, all of it', async () => {
  const whole = await openStorage(await locate('memory:lost'));
  const folder = join(repositoryRoot, 'test', 'fixtures', 'movies');
  const metadata = JSON.parse(await readFile(join(folder, 'metadata.json'), 'utf8')) as {
    node_data: { director: { career: { data: string[]; row_counts: number[] } } };
  };
  const { data, row_counts } = metadata.node_data.director.career;
  const stat = await whole.compose('in', [{ kind: 'bytes', bytes: await readFile(join(folder, data[0]!)) }]);
  const rows = row_counts[0]!;
  const made = { ...task('in'), rows, method: 're-encode' as const };
  made.slices = [{ ...stat, rows, from: 0, to: rows }];
  let attempts = 0;
  const lossy: Storage = {
    ...whole,
    async write(path, chunks, options) {
      attempts += 1;
      if (attempts > 1) return whole.write(path, chunks, options);
      for await (const chunk of chunks) {
        options?.onBytes?.(chunk.byteLength);
        break;
      }
      throw new LostWrite('storage', 'the upload is gone');
    },
  };
  const results: TaskResult[] = [];
  const onResult = (result: TaskResult): void => void results.push(result);
  await inThisThread(lossy).run([made], { signal: undefined, onResult });
  expect(attempts).toBe(2);
  const { bytes } = await whole.readTail('out', 1 << 20);
  await inThisThread(whole).run([{ ...made, output: 'again' }], { signal: undefined, onResult });
  const again = await whole.readTail('again', 1 << 20);
  expect(results.map(({ writtenBytes }) => writtenBytes)).toEqual([bytes.length, again.bytes.length]);
  expect(bytes.length).toBeGreaterThan(1000);
});

test.each([
  ['long', 100 * 1024 * 1024, 2],
  ['short', 1000, 8],
])('as many %s parts go up as streams at once as there is memory for', async (_, size, expected) => {
  let [running, most, count] = [0, 0, 0];
  const write = async (path: string): Promise<ObjectStat> => {
    running += 1;
    count += 1;
    most = Math.max(most, running);
    await sleep(30);
    running -= 1;
    return { path, size, version: '1' };
  };
  const streaming = { ...profile, batchesPerThread: 8, streamBytes: 16 * 1024 * 1024 };
  const storage = { profile: streaming, describe: (path: string) => path, write } as unknown as Storage;
  const long = { ...task('in'), method: 're-encode' as const };
  long.slices = [{ ...long.slices[0], size }];
  const tasks = Array.from({ length: 8 }, () => long);
  // Of the usual memory a quarter is for what is to begin: 32 MiB.
  await inThisThread(storage).run(tasks, { signal: undefined, onResult: () => undefined });
  expect([count, most]).toEqual([8, expected]);
});

test('what is written counts as finished while it waits to be in place, and no more when it is lost', async () => {
  const tally = Tally.empty();
  const seen: Counts[] = [];
  const write: Storage['write'] = (path, _chunks, options) => {
    options?.onWritten?.();
    seen.push(tally.read());
    if (seen.length === 1) return Promise.reject(new LostWrite('storage', 'the upload is gone'));
    return Promise.resolve({ path, size: 1, version: '1' });
  };
  const storage = { profile, describe: (path: string) => path, write } as unknown as Storage;
  const made = { ...task('in'), method: 're-encode' as const };
  await inThisThread(storage, { tally }).run([made], { signal: undefined, onResult: () => undefined });
  const { work } = tally.read();
  expect(work).toBeGreaterThan(0);
  expect([...seen, tally.read()]).toEqual(
    Array.from(
      { length: 3 },
      () => expect.objectContaining({ work, begunWork: work, finishedWork: work }) as unknown,
    ),
  );
});

test('one part goes up whatever memory there is', async () => {
  const write = (path: string): Promise<ObjectStat> => Promise.resolve({ path, size: 1, version: '1' });
  const streaming = { ...profile, streamBytes: 1024 ** 3 };
  const storage = { profile: streaming, describe: (path: string) => path, write } as unknown as Storage;
  const long = { ...task('in'), method: 're-encode' as const };
  long.slices = [{ ...long.slices[0], size: 1024 ** 3 }];
  const outputs: string[] = [];
  const onResult = ({ output }: TaskResult): void => void outputs.push(output);
  await inThisThread(storage, { memory: 1 }).run([long, long, long], { signal: undefined, onResult });
  expect(outputs).toHaveLength(3);
});
