/** The storage interface on the local disk. */
import { readdir, stat as statFile } from 'node:fs/promises';
import { isAbsolute, join, resolve, sep } from 'node:path';
import pMap from 'p-map';
import { RepartitionError, throwIfAborted } from '../errors.js';
import { BufferPool } from './buffer-pool.js';
import { copySegments } from './copy-segments.js';
import { type Doing, explain, isErrno } from './local-errors.js';
import { isTemporaryName, replaceFile } from './replace-file.js';
import {
  type Access,
  atOnce,
  type FileIdentity,
  identify,
  inPool,
  readFully,
  SourceFiles,
  versionOf,
  withFile,
} from './source-files.js';
import { untilAborted } from './until-aborted.js';
import type { CallOptions, LocalLocation, ObjectStat, Segment, Storage } from './storage.js';

/** Measured on 128 MB parts: faster than 256 KiB (more system calls) and than 4 MiB (more cache misses). */
const BUFFER_BYTES = 1024 * 1024;
const BUFFERS = 4;
/** Files looked at in parallel when a folder is listed. */
const STATS_AT_ONCE = 32;

/**
 * Opens a folder as a storage. The folder need not exist yet: reading from it says so.
 * @param root absolute, or relative to the working directory
 * @param ownThread whether the thread may stand still while the disk works; else it only does when it composes
 */
export function openLocalStorage(root: string, { ownThread = false } = {}): Storage {
  return new LocalStorage(resolve(root), ownThread ? atOnce : inPool);
}

class LocalStorage implements Storage {
  readonly location: LocalLocation;
  readonly readOverhead = 0;
  private readonly pool = new BufferPool(BUFFER_BYTES, BUFFERS);

  constructor(
    root: string,
    private readonly access: Access,
  ) {
    this.location = { kind: 'local', root };
  }

  describe(path: string): string {
    return join(this.location.root, path);
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectStat | undefined> {
    throwIfAborted(options.signal);
    return this.look(path);
  }

  async read(
    path: string,
    start: number,
    end: number,
    options: CallOptions & { version?: string } = {},
  ): Promise<Uint8Array> {
    throwIfAborted(options.signal);
    const where = this.resolve(path);
    const bytes = newBytes(end - start);
    await withFile(where, options.version, this.access, (file) => readFully(file, bytes, start));
    throwIfAborted(options.signal);
    return bytes;
  }

  async readTail(
    path: string,
    length: number,
    options: CallOptions = {},
  ): Promise<{ stat: ObjectStat; bytes: Uint8Array }> {
    throwIfAborted(options.signal);
    const where = this.resolve(path);
    return withFile(where, undefined, this.access, async (file) => {
      const found = identify(file);
      const stat = toObjectStat(path, found);
      // Reading from a folder fails, with the right error; its size means nothing.
      const bytes = newBytes(found.isFile ? Math.min(length, stat.size) : length);
      await readFully(file, bytes, stat.size - bytes.length);
      return { stat, bytes };
    });
  }

  async list(folder: string, options: CallOptions = {}): Promise<ObjectStat[]> {
    throwIfAborted(options.signal);
    const where = this.resolve(folder, 'folder');
    const names = await this.explained('list', where, () => readdir(where).catch(emptyIfMissing));
    const visible = names.filter((name) => !isTemporaryName(name));
    const found = await pMap(
      visible,
      (name) => {
        throwIfAborted(options.signal);
        return this.look(folder === '' ? name : `${folder.replace(/\/$/, '')}/${name}`);
      },
      { concurrency: STATS_AT_ONCE },
    );
    return found.filter((stat) => stat !== undefined);
  }

  async compose(
    path: string,
    segments: readonly Segment[],
    { signal }: CallOptions = {},
  ): Promise<ObjectStat> {
    const where = this.resolve(path);
    const resolvePath = (source: string): string => this.resolve(source);
    return this.explained('write', where, async () => {
      const stat = await replaceFile(
        where,
        async (file) => {
          const sources = new SourceFiles();
          try {
            await copySegments(file, segments, { sources, pool: this.pool, resolve: resolvePath, signal });
          } catch (error) {
            await sources.close().catch(() => undefined);
            throw error;
          }
          await sources.close();
        },
        signal,
      );
      return toObjectStat(path, stat);
    });
  }

  async write(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    { signal }: CallOptions = {},
  ): Promise<ObjectStat> {
    const where = this.resolve(path);
    return this.explained('write', where, async () => {
      const stat = await replaceFile(
        where,
        async (file) => {
          let position = 0;
          for await (const bytes of untilAborted(chunks, signal)) {
            file.write(bytes, position);
            position += bytes.length;
          }
        },
        signal,
      );
      return toObjectStat(path, stat);
    });
  }

  close(): Promise<void> {
    this.pool.clear();
    return Promise.resolve();
  }

  /**
   * The absolute path. Paths were checked before; this is the second lock on the door (D12). Symbolic links inside the
   * prefix are the user's own and work.
   */
  private resolve(path: string, kind: 'file' | 'folder' = 'file'): string {
    const { root } = this.location;
    const where = resolve(root, path);
    const inside =
      where === root ? kind === 'folder' : where.startsWith(root.endsWith(sep) ? root : root + sep);
    if (inside && !isAbsolute(path) && !path.includes('\0') && !path.split(/[/\\]/).includes('..'))
      return where;
    throw new RepartitionError('access', `${JSON.stringify(path)} is not a path inside ${root}`, {
      hint: 'Paths in the metadata must be relative to the prefix, without "..".',
    });
  }

  private async look(path: string): Promise<ObjectStat | undefined> {
    const where = this.resolve(path);
    return this.explained('read', where, async () => {
      try {
        const found = await statFile(where, { bigint: true });
        return found.isFile() ? toObjectStat(path, found) : undefined;
      } catch (error) {
        if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
        throw error;
      }
    });
  }

  /** Runs `work`; an error of the operating system becomes a line for the user. */
  private async explained<T>(doing: Doing, where: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explain(error, doing, where);
    }
  }
}

function toObjectStat(path: string, stat: FileIdentity): ObjectStat {
  return { path, size: Number(stat.size), version: versionOf(stat) };
}

/** Memory of its own, unlike Node's small buffers, so that it can be handed to another thread. */
function newBytes(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

function emptyIfMissing(error: unknown): string[] {
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
  throw error;
}
