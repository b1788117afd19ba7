import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/repartition/model.js';
import { bytesOf, type Turn, type Turns, turnsOf } from '../../src/repartition/execute/turns.js';
import { openStorage } from '../../src/storages.js';

/** As the storages themselves would have them; nothing is asked of S3 to open it. */
const turnsOn = async (scheme: 'file' | 's3'): Promise<Turns> => {
  const options = { region: 'us-east-1' };
  const { profile } = await openStorage({ scheme, root: '/nowhere', bucket: 'bucket', prefix: '', options });
  return turnsOf(profile.turns);
};

/** How many of a hundred tasks are at work at the same time. */
async function mostAtOnce(turn: Turn): Promise<number> {
  let atWork = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++atWork);
    await new Promise((resolve) => setImmediate(resolve));
    atWork--;
  };
  await Promise.all(Array.from({ length: 100 }, () => turn(work)));
  return most;
}

describe('turns of the tasks of one thread', () => {
  it('on a disk, lets one task after the other hold what it has in hand', async () => {
    const { whole, reading } = await turnsOn('file');
    expect(await mostAtOnce(whole)).toBe(1);
    expect(await mostAtOnce(reading)).toBe(100);
  });

  it('on S3, lets a few read while any number is copied by the server', async () => {
    const { whole, reading } = await turnsOn('s3');
    expect(await mostAtOnce(reading)).toBe(12);
    expect(await mostAtOnce(whole)).toBe(100);
  });
});

describe('the bytes of a task', () => {
  /** A task that takes `rows` of the rows of a part of 1,000 bytes. */
  function task(rows: number, of: number): Task {
    const slice = { path: 'part.parquet', size: 1000, version: '1', rows: of, from: 0, to: rows };
    return { id: 0, output: 'new.parquet', rows, slices: [slice], keys: {}, method: 'splice' };
  }

  it('are those that it takes, not those of the parts it takes them from', () => {
    expect(bytesOf(task(100, 100))).toBe(1000);
    expect(bytesOf(task(1, 100))).toBe(10);
  });

  it('are none where a part has no rows', () => {
    expect(bytesOf(task(0, 0))).toBe(0);
  });
});
