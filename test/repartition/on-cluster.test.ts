/** Which tasks a cluster gets together: what its workers do side by side, and no core without any. */
import { describe, expect, test } from 'vitest';
import { type Cluster } from 'gs-repartition';
import { costOf, onCluster } from '../../src/repartition/execute/on-cluster.js';
import type { Task, TaskResult } from '../../src/repartition/model.js';
import type { StorageProfile } from '../../src/storage/storage.js';

const MIB = 1024 * 1024;

type Profile = Pick<StorageProfile, 'turns' | 'batchesPerThread' | 'tasksPerBatch'>;

/** A storage whose answers are waited for, and one whose tasks are done one by one. */
const WAITED_FOR: Profile = { turns: { of: 'reading', atOnce: 12 }, batchesPerThread: 4, tasksPerBatch: 16 };
const ONE_BY_ONE: Profile = { turns: { of: 'whole', atOnce: 1 }, batchesPerThread: 4, tasksPerBatch: 16 };

function task(id: number, size: number): Task {
  const slices = [{ path: `old-${id}`, size, version: '1', rows: 100, from: 0, to: 100 }];
  return { id, output: `new-${id}`, slices, keys: [], method: 'splice' } as unknown as Task;
}

/** Sizes of the batches that so many cores get. */
async function batchesOf(sizes: readonly number[], cores: number, profile: Profile): Promise<number[]> {
  const batches: number[] = [];
  const cluster: Cluster = {
    cores,
    run: (_, batch) => {
      batches.push(batch.length);
      const answers = batch.map(({ id }) => ({ id, made: { id } as TaskResult }));
      return Promise.resolve({ executor: '1 on here', answers });
    },
    close: () => Promise.resolve(),
  };
  const tasks = sizes.map((size, id) => task(id, size));
  const cost = tasks.reduce((sum, one) => sum + costOf(one), 0);
  const setup = { version: '', location: { scheme: 'memory' } };
  const executor = onCluster(cluster, { setup, profile, tasks: tasks.length, cost });
  const made: number[] = [];
  await executor.run(tasks, { signal: undefined, onResult: ({ id }) => made.push(id) });
  expect(made.sort((a, b) => a - b)).toEqual(tasks.map(({ id }) => id));
  return batches;
}

const equal = (count: number): number[] => Array<number>(count).fill(133 * MIB);

describe('batches for a cluster', () => {
  test.each([
    // Parts, cores, and the batches: rounds of all cores with about as much each, of 64 parts (10 GB) at most.
    [12, 1, [12]],
    [12, 4, [3, 3, 3, 3]],
    [100, 4, [25, 25, 25, 25]],
    [240, 4, [60, 60, 60, 60]],
    [400, 4, Array<number>(8).fill(50)],
    [3, 4, [1, 1, 1]],
  ])('where answers are waited for, %i parts on %i cores', async (parts, cores, batches) => {
    expect(await batchesOf(equal(parts), cores, WAITED_FOR)).toEqual(batches);
  });

  test('where parts are made one by one, each is on its own as long as there are few', async () => {
    expect(await batchesOf(equal(12), 4, ONE_BY_ONE)).toEqual(Array<number>(12).fill(1));
  });

  test('a large part weighs as much as its neighbours together', async () => {
    const sizes = [1000 * MIB, ...Array<number>(20).fill(50 * MIB)];
    expect(await batchesOf(sizes, 2, WAITED_FOR)).toEqual([3, 18]);
  });
});
