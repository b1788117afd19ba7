/** That what is written is on the disk before it has its name: by the calls that are made, in their order. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openLocalStorage } from '../../src/storage/local.js';

/** What was called, with the paths relative to the root; temporary names are `*`. */
const calls: string[] = [];
let root = '';
/** The error that the next early sync ends with, or the last one. */
const failures: { datasync?: Error | undefined; sync?: Error | undefined } = {};

function shown(path: string): string {
  const inside = path === root ? '.' : path.slice(root.length + 1);
  return inside.replace(/\.[^/]*\.tmp$/, '*');
}

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const note = <T>(call: string, path: string, result: Promise<T>): Promise<T> => {
    calls.push(`${call} ${shown(path)}`);
    return result;
  };
  /** The handle with calls that are noted. */
  const watched = (handle: FileHandle, path: string): FileHandle => {
    const own = {
      sync: handle.sync.bind(handle),
      datasync: handle.datasync.bind(handle),
      stat: handle.stat.bind(handle),
      close: handle.close.bind(handle),
    };
    const failed = (error: Error | undefined): Promise<void> | undefined => error && Promise.reject(error);
    return Object.assign(handle, {
      sync: () => note('sync', path, failed(failures.sync) ?? own.sync()),
      datasync: () => note('datasync', path, failed(failures.datasync) ?? own.datasync()),
      stat: (options: { bigint: true }) => note('stat', path, own.stat(options)),
      close: () => note('close', path, own.close()),
    });
  };
  return {
    ...real,
    open: async (path: string, flags: string) => watched(await real.open(path, flags), path),
    link: (from: string, to: string) => note(`link ${shown(from)} to`, to, real.link(from, to)),
    rename: (from: string, to: string) => note(`rename ${shown(from)} to`, to, real.rename(from, to)),
    unlink: (path: string) => note('unlink', path, real.unlink(path)),
  };
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gs-repartition-'));
  calls.length = 0;
  failures.datasync = failures.sync = undefined;
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const bytes = (length: number) => ({ kind: 'bytes' as const, bytes: new Uint8Array(length) });
const MIB = 1024 * 1024;

describe('what has a name is on the disk', () => {
  test('the bytes before the name, the name before the call ends', async () => {
    await openLocalStorage(root).compose('part', [bytes(10)]);
    // The open file goes by the name that it was opened under.
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
});
