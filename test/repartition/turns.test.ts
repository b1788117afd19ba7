import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/repartition/model.js';
import { type Turn, type Turns, turnsOf } from '../../src/repartition/execute/turns.js';
import { openStorage } from '../../src/storages.js';

const MIB = 1024 * 1024;

/** As the storages themselves would have them; nothing is asked of S3 to open it. */
const turnsOn = async (scheme: 'file' | 's3'): Promise<Turns> => {
  const options = { region: 'us-east-1' };
  const { profile } = await openStorage({ scheme, root: '/nowhere', bucket: 'bucket', prefix: '', options });
  return turnsOf(profile.turns);
};

/** A task that takes `rows` of the 100 rows of a part of `size` bytes. */
function task(size: number, rows = 100): Task {
  const slice = { path: 'part.parquet', size, version: '1', rows: 100, from: 0, to: rows };
  return { id: 0, output: 'new.parquet', rows, slices: [slice], keys: {}, method: 'splice' };
}

/** How many of ten such tasks are at work at the same time. */
async function mostAtOnce(turn: Turn, some: Task): Promise<number> {
  let atWork = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++atWork);
    await new Promise((resolve) => setImmediate(resolve));
    atWork--;
  };
  await Promise.all(Array.from({ length: 10 }, () => turn(some, work)));
  return most;
}

describe('turns of the tasks of one thread', () => {
  it('on a disk, lets one task after the other hold what it has in hand', async () => {
    const { whole, reading } = await turnsOn('file');
    expect(await mostAtOnce(whole, task(128 * MIB))).toBe(1);
    expect(await mostAtOnce(whole, task(100))).toBe(1);
    expect(await mostAtOnce(reading, task(128 * MIB))).toBe(10);
  });

  it('on S3, lets one large task read while any number is copied by the server', async () => {
    const { whole, reading } = await turnsOn('s3');
    expect(await mostAtOnce(reading, task(64 * MIB))).toBe(1);
    expect(await mostAtOnce(reading, task(64 * MIB - 1))).toBe(10);
    expect(await mostAtOnce(whole, task(128 * MIB))).toBe(10);
  });

  it('goes by the bytes that a task takes, not by those of the parts it takes them from', async () => {
    const { reading } = await turnsOn('s3');
    expect(await mostAtOnce(reading, task(1024 * MIB, 50))).toBe(1);
    expect(await mostAtOnce(reading, task(1024 * MIB, 1))).toBe(10);
  });

  it('counts nothing where a part has no rows', async () => {
    const empty: Task = {
      ...task(0),
      slices: [{ path: 'e', size: 999 * MIB, version: '1', rows: 0, from: 0, to: 0 }],
    };
    expect(await mostAtOnce((await turnsOn('s3')).reading, empty)).toBe(10);
  });
});
