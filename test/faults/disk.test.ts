/** Disks that fail: at every call in turn, or for good. One line says what; what is there is whole; the next run goes on. */
import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repartition } from 'gs-repartition';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { errorLines, gsRepartition } from '../graphs/command.js';
import { alignedLocally } from '../s3/kit.js';
import { repositoryRoot } from '../support/paths.js';
import { Graph, leftUnder, publishedUnder, SMALL } from './graphs.js';
import { describeFaults, isLong, note, pointsOf } from './plan.js';

const FILE = 'test/faults/disk.test.ts';
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 120_000, hookTimeout: 300_000 });

interface Happened {
  point: number;
  calls: number;
  prefix: string;
  published: boolean;
  left: string[];
  error?: { name: string; code: string; message: string; hint?: string; stack: string };
}

let graph: Graph;
beforeAll(async () => {
  graph = await Graph.make(SMALL);
});
afterAll(() => graph.remove());

/** Aligns a copy for each point, one call of the disk failing there. */
async function alignAt(fault: string, points: readonly number[]): Promise<Happened[]> {
  const script = join(repositoryRoot, 'test/faults/disk-faults.mjs');
  const words = [script, graph.folder, fault, ...points.map(String)];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 2 ** 28 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Happened);
}

async function expectResumes(prefix: string): Promise<void> {
  await repartition({ inputPrefix: prefix });
  expect(await alignedLocally(prefix)).toEqual(graph.aligned);
  expect(await leftUnder(prefix)).toEqual([]);
  await rm(prefix, { recursive: true });
}

describeFaults('a disk on which', () => {
  test.each(['EIO when reading', 'EIO when writing', 'ENOSPC when writing'])(
    'one call fails: %s',
    async (fault) => {
      const [whole] = await alignAt(fault, [0]);
      const points = pointsOf(fault, whole!.calls, isLong ? 1000 : 8);
      let failed = 0;
      for (const { point, prefix, published, left, error } of await alignAt(fault, points)) {
        const where = `${fault} at call ${point}`;
        if (error) {
          failed++;
          expect([where, error.name, error.stack]).toEqual([where, 'RepartitionError', error.stack]);
          expect(error.message, where).toMatch(/^[^\n]+$/);
          expect(error.hint, where).toBeDefined();
        }
        // What was published before the fault is whole; after one that was told, it is the status that failed.
        if (published) expect(await alignedLocally(prefix), where).toEqual(graph.aligned);
        expect([where, left]).toEqual([where, []]);
        await expectResumes(prefix);
      }
      expect(failed).toBeGreaterThan(0);
      const outcome = 'one line, nothing half done, nothing left; the next run makes the same bytes';
      note({
        chapter: 'Disks',
        fault: `${fault}, at each call in turn`,
        times: points.length,
        outcome,
        file: FILE,
      });
    },
  );

  test.each(['short reads', 'short writes', 'slow calls'])('all goes on: %s', async (fault) => {
    const [whole] = await alignAt(fault, [0]);
    const points = fault === 'slow calls' ? pointsOf(fault, whole!.calls, isLong ? 1000 : 5) : [0];
    for (const { point, prefix, error } of await alignAt(fault, points)) {
      expect([point, error?.stack]).toEqual([point, undefined]);
      expect(await alignedLocally(prefix)).toEqual(graph.aligned);
      await rm(prefix, { recursive: true });
    }
    note({ chapter: 'Disks', fault, times: points.length, outcome: 'the same bytes', file: FILE });
  });

  test('nothing can be renamed, as where a bucket is mounted: one line that says what to do', async () => {
    const [happened] = await alignAt('rename refused (ENOSYS)', [0]);
    expect(happened).toMatchObject({ published: false, left: [], error: { code: 'storage' } });
    expect(happened!.error!.hint).toContain('s3://bucket/prefix');
    note({
      chapter: 'Disks',
      fault: 'rename refused (ENOSYS), as on Mountpoint for S3',
      times: 1,
      outcome: 'one line that says to use s3://',
      file: FILE,
    });
  });
});

/** Whether file systems can be mounted here. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

describeFaults('a file system that', () => {
  const mounted: string[] = [];
  afterAll(() => {
    for (const place of mounted) execFileSync('umount', ['-l', place]);
  });

  async function mount(name: string, size: string): Promise<string> {
    const place = join(graph.folder, '..', name);
    await mkdir(place);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place]);
    mounted.push(place);
    const prefix = join(place, 'graph');
    await cp(graph.folder, prefix, { recursive: true });
    return prefix;
  }

  test.runIf(canMount())('fills up: one line, and with more room the next run finishes', async () => {
    const prefix = await mount('full', '1m');
    const filler = join(prefix, '..', 'filler');
    execFileSync('sh', ['-c', `dd if=/dev/zero of=${filler} bs=1k 2>/dev/null; truncate -s -9000 ${filler}`]);
    const outcome = await gsRepartition(['--input-prefix', prefix]);
    expect(outcome.code).toBe(1);
    expect(errorLines(outcome)).toHaveLength(1);
    expect(errorLines(outcome)[0]).toContain('no space left on the disk');
    expect(await publishedUnder(prefix)).toBeUndefined();
    expect((await leftUnder(prefix)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    await rm(filler);
    await repartition({ inputPrefix: prefix });
    expect(await alignedLocally(prefix)).toEqual(graph.aligned);
    const what = 'one line; nothing half done; with more room the next run makes the same bytes';
    note({ chapter: 'Disks', fault: 'a tmpfs that fills up', times: 1, outcome: what, file: FILE });
  });

  test.runIf(canMount())('is read-only, or gone: one line', async () => {
    const prefix = await mount('read-only', '2m');
    const place = join(prefix, '..');
    execFileSync('mount', ['-o', 'remount,ro', place]);
    const readOnly = await gsRepartition(['--input-prefix', prefix]);
    expect(readOnly.code).toBe(1);
    expect(errorLines(readOnly)).toHaveLength(1);
    expect(errorLines(readOnly)[0]).toContain('the file system is read-only');
    execFileSync('umount', ['-l', place]);
    mounted.pop();
    const gone = await gsRepartition(['--input-prefix', prefix]);
    expect(gone.code).toBe(1);
    expect(errorLines(gone)).toHaveLength(1);
    note({ chapter: 'Disks', fault: 'read-only, unmounted', times: 2, outcome: 'one line', file: FILE });
  });
});
