/** Makes names in folders durable: one sync for all files that were named before it began. */
import { closeSync, openSync } from 'node:fs';
import { isErrno } from './local-errors.js';
import { synced } from './synced.js';

export class FolderSyncs {
  private readonly running = new Map<string, Promise<void>>();
  /** Begin when the ones under way have ended, which may have begun before the latest name was given. */
  private readonly next = new Map<string, Promise<void>>();

  /** Waits until all names that the folder has now are on the disk. */
  sync(folder: string): Promise<void> {
    const running = this.running.get(folder);
    if (!running) return this.start(folder);
    let next = this.next.get(folder);
    if (!next) {
      next = running
        .catch(() => undefined)
        .then(() => {
          this.next.delete(folder);
          return this.start(folder);
        });
      this.next.set(folder, next);
    }
    return next;
  }

  private start(folder: string): Promise<void> {
    const run = syncFolder(folder).finally(() => this.running.delete(folder));
    this.running.set(folder, run);
    return run;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const descriptor = openSync(folder, 'r');
  try {
    await synced(descriptor, folder);
  } catch (error) {
    // Some network file systems can't sync a folder, and do not need to.
    if (!isErrno(error, 'EINVAL', 'ENOTSUP')) throw error;
  } finally {
    closeSync(descriptor);
  }
}
