/** Waiting until the disk has what was written. */
import { fdatasync, fsync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

const all = promisify(fsync);
const data = promisify(fdatasync);

/**
 * @param descriptor of an open file or folder
 * @param path the same
 * @param what only its bytes, or times and size too
 */
export async function synced(descriptor: number, path: string, what: 'data' | 'all' = 'all'): Promise<void> {
  // With its permission model Node.js syncs nothing that it knows by number alone: https://nodejs.org/api/permissions.html
  if ('permission' in process) return syncedByPath(path);
  await (what === 'data' ? data : all)(descriptor);
}

async function syncedByPath(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
