/**
 * Files that are only read, as bare descriptors. A graph has up to a million parts, and a footer is read from each:
 * measured, `FileHandle` objects make that twice as slow. Looking at and closing an open file do not wait for the disk,
 * and are done at once.
 */
import { type BigIntStats, closeSync, fstatSync } from 'node:fs';
import { type Access, atOnce } from './access.js';
import { versionOf } from './file-identity.js';
import { fewOpenFiles } from './open-files.js';
import { changed, explain, notAFile } from './local-errors.js';

/** A file open for reading. */
export interface SourceFile {
  /** Absolute path. */
  readonly where: string;
  readonly descriptor: number;
  readonly access: Access;
}

/**
 * Opens a file, lends it to `use` and closes it.
 * @param version the one that it must have, before and after
 * @throws RepartitionError `changed`, `not-found`, `access`, `storage`
 */
export async function withFile<T>(
  where: string,
  version: string | undefined,
  access: Access,
  use: (file: SourceFile, found: BigIntStats) => Promise<T>,
): Promise<T> {
  try {
    const file: SourceFile = { where, descriptor: await access.open(where), access };
    try {
      const result = await use(file, requireFile(file, version));
      requireFile(file, version);
      return result;
    } finally {
      closeSync(file.descriptor);
    }
  } catch (error) {
    throw explain(error, 'read', where);
  }
}

/** @throws RepartitionError `not-found` unless it is a file, `changed` unless it has the version that it must have */
function requireFile({ descriptor, where }: SourceFile, version: string | undefined): BigIntStats {
  const found = fstatSync(descriptor, { bigint: true });
  if (!found.isFile()) throw notAFile(where, found);
  if (version !== undefined && versionOf(found) !== version) throw changed(where);
  return found;
}

/** Fills `into` from `start`; fewer bytes than asked for mean that the file is not what it was. */
export async function readFully(file: SourceFile, into: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < into.length;) {
    const bytesRead = await file.access.read(file.descriptor, into.subarray(done), start + done);
    if (bytesRead === 0) throw changed(file.where);
    done += bytesRead;
  }
}

/** Idle files kept open. Slices come in order, so an output seldom goes back to a source that it has left. */
const KEPT_OPEN = fewOpenFiles()?.sources ?? 16;

interface Source {
  file: Promise<SourceFile>;
  version: string;
  users: number;
}

/** The input files of one copy: opened when first needed, closed when many others were needed since. */
export class SourceFiles {
  private readonly sources = new Map<string, Source>();

  /**
   * Reads from the given version of a file.
   * @param where the file's absolute path
   * @throws RepartitionError `changed`, `not-found`, `access`, `storage`
   */
  async read(where: string, version: string, into: Uint8Array, start: number): Promise<void> {
    const key = `${version} ${where}`;
    const source = this.sources.get(key) ?? { file: openVersion(where, version), version, users: 0 };
    // The most recently used is the last of the map.
    this.sources.delete(key);
    this.sources.set(key, source);
    source.users++;
    try {
      await readFully(await source.file, into, start);
    } catch (error) {
      throw explain(error, 'read', where);
    } finally {
      source.users--;
    }
    await this.closeLeastRecent();
  }

  /**
   * Closes all files; to be called also after a failure.
   * @throws RepartitionError `changed` when one changed since it was opened
   */
  async close(): Promise<void> {
    const sources = [...this.sources.values()];
    this.sources.clear();
    const closed = await Promise.allSettled(sources.map(closeSource));
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

async function openVersion(where: string, version: string): Promise<SourceFile> {
  const file: SourceFile = { where, descriptor: await atOnce.open(where), access: atOnce };
  try {
    requireFile(file, version);
    return file;
  } catch (error) {
    closeSync(file.descriptor);
    throw error;
  }
}

/** @throws RepartitionError `changed` when the file changed while it was open */
async function closeSource({ file, version }: Source): Promise<void> {
  // A file that could not be opened was told to whoever wanted to read it.
  const opened = await file.catch(() => undefined);
  if (!opened) return;
  try {
    requireFile(opened, version);
  } finally {
    closeSync(opened.descriptor);
  }
}
