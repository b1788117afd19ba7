/** Tasks in this thread keep to what an executor promises. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inThisThread } from '../../src/repartition/execute/inline.js';
import type { Task } from '../../src/repartition/model.js';
import type { Storage, StorageProfile } from '../../src/storage/storage.js';

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
