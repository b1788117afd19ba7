import { posix } from 'node:path';

/** The folder in which an object lies, as storages call it: `''` is the prefix itself. */
export function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}
