/** The files that a folder holds, as they are to lie under the input prefix. */
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RepartitionError, throwIfAborted } from '../../errors.js';

export interface LocalFile {
  /** Relative to the folder, with `/` between names. */
  path: string;
  /** Where it is on this machine. */
  file: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since 1970. */
  modified: number;
}

/**
 * All files of a folder, by their paths. Links are followed. Names that begin with a dot are left out: editors, version
 * control and desktops keep their own there, and Spark reads none of them.
 * @throws RepartitionError `not-found`, `access`, `storage`; `usage` for what is neither a file nor a folder
 */
export async function filesUnder(folder: string, signal?: AbortSignal): Promise<LocalFile[]> {
  const files: LocalFile[] = [];
  const visit = async (path: string, above: readonly string[]): Promise<void> => {
    throwIfAborted(signal);
    const here = join(folder, path);
    const real = await reading(here, () => realpath(here));
    if (above.includes(real)) {
      throw new RepartitionError('usage', `${here} is a link to a folder that it lies in`, {
        hint: 'Remove the link.',
      });
    }
    for (const name of (await reading(here, () => readdir(here))).sort()) {
      if (name.startsWith('.')) continue;
      const file = join(here, name);
      const below = path === '' ? name : `${path}/${name}`;
      const facts = await stat(file).catch(async (error: unknown) => {
        throw (await isLink(file)) ? brokenLink(file, error) : readError(error, file);
      });
      if (facts.isDirectory()) await visit(below, [...above, real]);
      else if (facts.isFile()) {
        files.push({ path: below, file, size: facts.size, modified: facts.mtimeMs });
      } else {
        throw new RepartitionError('usage', `${file} is neither a file nor a folder`, {
          hint: 'Move it out of the folder of tables.',
        });
      }
    }
  };
  await visit('', []);
  return files;
}

async function isLink(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => undefined))?.isSymbolicLink() === true;
}

function brokenLink(file: string, cause: unknown): RepartitionError {
  return new RepartitionError('not-found', `${file} is a link to what is not there`, {
    hint: 'Put it right, or remove the link.',
    ...{ operation: 'read', path: file, cause },
  });
}

/** Gives what a disk says of a path a user's words. */
export async function reading<T>(path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw readError(error, path);
  }
}

export function readError(error: unknown, path: string): RepartitionError {
  if (error instanceof RepartitionError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const say = (as: RepartitionError['code'], text: string, hint: string): RepartitionError =>
    new RepartitionError(as, text, { hint, operation: 'read', path, cause: error });
  if (code === 'ENOENT') return say('not-found', `there is no ${path}`, 'Check the path.');
  if (code === 'ENOTDIR') return say('usage', `${path} is not a folder`, 'Give the folder of the tables.');
  if (code === 'EACCES' || code === 'EPERM') {
    return say('access', `${path} may not be read`, 'Check its permissions.');
  }
  return say('storage', `${path} cannot be read: ${message}`, 'Check the disk.');
}
