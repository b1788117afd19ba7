/** The input files of one copy: opened when first needed, closed when many others were needed since. */
import { type FileHandle, open } from 'node:fs/promises';
import { changed, explain } from './local-errors.js';

/** Idle files kept open. Slices come in order, so an output seldom goes back to a source that it has left. */
const KEPT_OPEN = 16;

interface Source {
  handle: Promise<FileHandle>;
  where: string;
  version: string;
  users: number;
}

/** An identity that changes when the bytes do: size and modification time in ns. */
export function versionOf(stat: { size: bigint; mtimeNs: bigint }): string {
  return `${stat.size}-${stat.mtimeNs}`;
}

export class SourceFiles {
  private readonly sources = new Map<string, Source>();

  /**
   * Lends an open file that has the given version.
   * @param where the file's absolute path
   * @throws RepartitionError `changed`, or what opening ran into
   */
  async lend<T>(where: string, version: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
    const key = `${version} ${where}`;
    const source = this.sources.get(key) ?? { handle: openVersion(where, version), where, version, users: 0 };
    this.sources.delete(key);
    this.sources.set(key, source);
    source.users++;
    try {
      return await use(await source.handle);
    } finally {
      source.users--;
      await this.closeLeastRecent();
    }
  }

  /**
   * Closes all files; to be called also after a failure.
   * @throws RepartitionError `changed` when one changed since it was opened
   */
  async close(): Promise<void> {
    const open = [...this.sources.values()];
    this.sources.clear();
    const closed = await Promise.allSettled(open.map(closeSource));
    const failed = closed.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async closeLeastRecent(): Promise<void> {
    if (this.sources.size <= KEPT_OPEN) return;
    for (const [key, source] of this.sources) {
      if (source.users > 0) continue;
      this.sources.delete(key);
      await closeSource(source);
      return;
    }
  }
}

/** Opens a file and makes sure that it is the version meant. */
export async function openVersion(where: string, version: string | undefined): Promise<FileHandle> {
  try {
    const file = await open(where, 'r');
    try {
      if (version !== undefined) await requireVersion(file, where, version);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw explain(error, 'read', where);
  }
}

/** @throws RepartitionError `changed` when the open file is no longer the version meant */
export async function requireVersion(file: FileHandle, where: string, version: string): Promise<void> {
  if (versionOf(await file.stat({ bigint: true })) !== version) throw changed(where);
}

/** Fills `into` from `start`; fewer bytes than asked for mean that the file is not what it was. */
export async function readFully(
  file: FileHandle,
  where: string,
  into: Uint8Array,
  start: number,
): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, start + done);
    if (bytesRead === 0) throw changed(where);
    done += bytesRead;
  }
}

async function closeSource({ handle, where, version }: Source): Promise<void> {
  const file = await handle.catch(() => undefined);
  if (!file) return;
  try {
    await requireVersion(file, where, version);
  } finally {
    await file.close();
  }
}
