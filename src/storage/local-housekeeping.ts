/** What lies in a folder, for whoever tidies up. Symbolic links are not followed: what is beyond them is not ours. */
import { type BigIntStats, type Dirent } from 'node:fs';
import { lstat, opendir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwIfAborted } from '../errors.js';
import { toObjectStat } from './file-identity.js';
import { isErrno } from './local-errors.js';
import { isThreadAlive } from './process-identity.js';
import { temporaryFile } from './replace-file.js';
import type { AgedStat, CallOptions, Housekeeping, Unfinished } from './storage.js';

/**
 * @param root absolute path of the prefix
 * @param explained runs work on a path, and makes lines of the operating system's errors
 */
export function localHousekeeping(
  root: string,
  explained: <T>(doing: 'write' | 'list', where: string, work: () => Promise<T>) => Promise<T>,
): Housekeeping {
  async function* found(folder: string, deep: boolean, options: CallOptions): AsyncGenerator<Found> {
    throwIfAborted(options.signal);
    const where = join(root, folder);
    const entries = await explained('list', where, () => entriesOf(where));
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && deep) yield* found(path, deep, options);
      if (!entry.isFile()) continue;
      const stat = await explained('list', join(root, path), () => statOf(join(root, path)));
      if (stat) yield { path, name: entry.name, stat };
    }
  }

  return {
    async *objects(folder, options = {}) {
      for await (const { path, name, stat } of found(folder.replace(/\/$/, ''), true, options)) {
        if (!temporaryFile(name)) yield aged(path, stat);
      }
    },
    async *unfinished(folders, options = {}) {
      const places = folders ? [...folders].map((folder) => ({ folder, deep: false })) : [EVERYWHERE];
      for (const { folder, deep } of places) {
        for await (const { path, name, stat } of found(folder, deep, options)) {
          const temporary = temporaryFile(name);
          if (temporary) yield unfinished(path, stat, temporary.maker);
        }
      }
    },
    async remove(path) {
      await explained('write', join(root, path), () => removeFile(root, path));
    },
    async abandon({ id }) {
      await explained('write', join(root, id), () => removeFile(root, id));
    },
  };
}

const EVERYWHERE = { folder: '', deep: true };

interface Found {
  path: string;
  name: string;
  stat: BigIntStats;
}

function aged(path: string, stat: BigIntStats): AgedStat {
  return { ...toObjectStat(path, stat), modified: Number(stat.mtimeMs) };
}

function unfinished(
  path: string,
  stat: BigIntStats,
  maker: { process: string; thread: number } | undefined,
): Unfinished {
  const isAlive = maker && isThreadAlive(maker.process, maker.thread);
  return {
    kind: 'temporary file',
    path,
    id: path,
    size: Number(stat.size),
    began: Number(stat.mtimeMs),
    ...(isAlive !== undefined && { isAlive }),
  };
}

/** Closed before anybody works on them: a folder held open would be a descriptor for each level. */
async function entriesOf(where: string): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(where)) entries.push(entry);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
  return entries;
}

async function statOf(where: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(where, { bigint: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** And its folder, if nothing else lies there. */
async function removeFile(root: string, path: string): Promise<void> {
  await unlink(join(root, path)).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
  });
  const folder = dirname(path);
  if (folder !== '.') await rmdir(join(root, folder)).catch(() => undefined);
}
