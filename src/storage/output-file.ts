/** A file that is being written: all bytes arrive, and the disk starts on them before the last has come. */
import { writeSync } from 'node:fs';
import { synced } from './synced.js';

/**
 * Bytes after which the disk is set to work. Left to itself the kernel gathers gigabytes, and the sync at the end has
 * to wait for all of them; asked early, the disk writes while we copy. Measured on 128 MB parts, all synced: half the
 * time of doing without, three quarters of that of `cp` and `sync`.
 */
const EARLY_SYNC_BYTES = 8 * 1024 * 1024;

export class OutputFile {
  private unsynced = 0;
  private syncing: Promise<void> | undefined;
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly descriptor: number,
    private readonly path: string,
  ) {}

  /** Writes all bytes at `position`; a disk that is nearly full takes fewer at first. */
  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.descriptor, bytes, done, bytes.length - done, position + done);
    }
    this.unsynced += bytes.length;
    if (this.unsynced >= EARLY_SYNC_BYTES) this.startSync();
  }

  /**
   * Waits for what is still under way; to be called before the file is closed.
   * @throws what an early sync ran into: the kernel tells a write error once, so the last sync might not
   */
  async settle(): Promise<void> {
    await this.syncing;
    if (this.failure) throw this.failure.error;
  }

  /** Waits until all that was written is on the disk. */
  async sync(): Promise<void> {
    await this.settle();
    await synced(this.descriptor, this.path);
  }

  private startSync(): void {
    if (this.syncing) return;
    this.unsynced = 0;
    this.syncing = synced(this.descriptor, this.path, 'data')
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => {
        this.syncing = undefined;
      });
  }
}
