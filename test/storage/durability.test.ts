/** That what is written is on the disk before it has its name: by the calls that are made, in their order. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openLocalStorage } from '../../src/storage/local.js';

/** What was called, with the paths relative to the root; temporary names are `*`. */
const calls: string[] = [];
let root = '';
/** The error that the next early sync ends with, or the last one. */
const failures: { datasync?: Error | undefined; sync?: Error | undefined } = {};
/** Syncs that have begun and don't end before they are let. */
let held: (() => void)[] | undefined;

function shown(path: string): string {
  const inside = path === root ? '.' : path.slice(root.length + 1);
  return inside.replace(/\.[^/]*\.tmp$/, '*');
}

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  /** An open file goes by the name that it was opened under. */
  const names = new Map<number, string>();
  const note = (call: string, path: string): void => {
    if (root !== '' && path.startsWith(root)) calls.push(`${call} ${shown(path)}`);
  };
  type Done = (error: Error | null) => void;
  const end = (
    descriptor: number,
    error: Error | undefined,
    sync: (d: number, done: Done) => void,
    done: Done,
  ) => {
    const finish = (): void => (error ? process.nextTick(done, error) : sync(descriptor, done));
    if (held) held.push(finish);
    else finish();
  };
  return {
    ...real,
    openSync: (path: string, flags: string) => {
      const descriptor = real.openSync(path, flags);
      names.set(descriptor, path);
      return descriptor;
    },
    fsync: (descriptor: number, done: Done) => {
      note('sync', names.get(descriptor)!);
      end(descriptor, failures.sync, real.fsync, done);
    },
    fdatasync: (descriptor: number, done: Done) => {
      note('datasync', names.get(descriptor)!);
      end(descriptor, failures.datasync, real.fdatasync, done);
    },
    fstatSync: (descriptor: number, options: { bigint: true }) => {
      note('stat', names.get(descriptor) ?? '');
      return real.fstatSync(descriptor, options);
    },
    closeSync: (descriptor: number) => {
      note('close', names.get(descriptor) ?? '');
      real.closeSync(descriptor);
    },
    linkSync: (from: string, to: string) => {
      note(`link ${shown(from)} to`, to);
      real.linkSync(from, to);
    },
    renameSync: (from: string, to: string) => {
      note(`rename ${shown(from)} to`, to);
      real.renameSync(from, to);
    },
    unlinkSync: (path: string) => {
      note('unlink', path);
      real.unlinkSync(path);
    },
  };
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gs-repartition-'));
  calls.length = 0;
  failures.datasync = failures.sync = undefined;
  held = undefined;
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const bytes = (length: number) => ({ kind: 'bytes' as const, bytes: new Uint8Array(length) });
const MIB = 1024 * 1024;

describe('what has a name is on the disk', () => {
  test('the bytes before the name, the name before the call ends', async () => {
    await openLocalStorage(root).compose('part', [bytes(10)]);
    expect(calls).toEqual(['sync *', 'rename * to part', 'stat *', 'close *', 'sync .', 'close .']);
  });

  test('the same where a file of the same bytes may stay', async () => {
    const storage = openLocalStorage(root);
    const made = await storage.compose('part', [bytes(10)], { keepSame: true });
    const named = ['link * to part', 'unlink *', 'stat *', 'close *', 'sync .', 'close .'];
    expect(calls).toEqual(['sync *', ...named]);
    expect(await storage.stat('part')).toEqual(made);
  });

  test('and the names of all folders that were made', async () => {
    await openLocalStorage(root).compose('a/b/part', [bytes(10)]);
    expect(calls.filter((call) => call.startsWith('sync'))).toEqual([
      'sync a/b/*',
      'sync a/b',
      'sync a',
      'sync .',
    ]);
    expect(calls.indexOf('rename a/b/* to a/b/part')).toBe(calls.indexOf('sync a/b') - 3);
  });

  test('also where the bytes come as a stream', async () => {
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(new Uint8Array(10));
    };
    await openLocalStorage(root).write('part', chunks());
    expect(calls.filter((call) => /^(sync|rename)/.test(call))).toEqual([
      'sync *',
      'rename * to part',
      'sync .',
    ]);
  });

  test('what an early sync ran into fails the call: the last sync would not say it again', async () => {
    failures.datasync = Object.assign(new Error('EIO: i/o error, fdatasync'), { errno: -5, code: 'EIO' });
    await expect(openLocalStorage(root).compose('part', [bytes(20 * MIB)])).rejects.toMatchObject({
      code: 'storage',
      message: `cannot write ${join(root, 'part')}: EIO: i/o error, fdatasync`,
    });
    expect(calls).toContain('datasync *');
    expect(calls.filter((call) => call.startsWith('rename'))).toEqual([]);
    expect(readdirSync(root)).toEqual([]);
  });

  test('what the last sync runs into leaves no file', async () => {
    failures.sync = Object.assign(new Error('no space'), { errno: -28, code: 'ENOSPC' });
    await expect(openLocalStorage(root).compose('part', [bytes(10)])).rejects.toMatchObject({
      code: 'storage',
    });
    expect(readdirSync(root)).toEqual([]);
  });

  test('many parts are synced at once, and their names by few syncs of the folder, none before its name', async () => {
    const storage = openLocalStorage(root);
    held = [];
    const written = vi.fn();
    const made = Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        storage.compose(`part-${i}`, [bytes(10)], { keepSame: true, onWritten: written }),
      ),
    );
    await vi.waitFor(() => expect(held).toHaveLength(10));
    expect(written).toHaveBeenCalledTimes(10);
    expect(readdirSync(root).filter((name) => name.startsWith('part'))).toEqual([]);
    // Those that are named while the folder is being synced wait for another sync of it.
    for (const [i, finish] of held.splice(0).entries()) {
      finish();
      await vi.waitFor(() => expect(calls).toContain(`link * to part-${i}`));
    }
    await vi.waitFor(() => expect(held).toHaveLength(1));
    const letAllEnd = held;
    held = undefined;
    for (const finish of letAllEnd) finish();
    await made;
    expect(calls.filter((call) => call === 'sync .')).toHaveLength(2);
    expect(calls.lastIndexOf('sync .')).toBeGreaterThan(calls.indexOf('link * to part-9'));
  });
});
