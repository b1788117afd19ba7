/** The storage interface on the local disk. */
import type { BigIntStats } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import pMap from 'p-map';
import { RepartitionError, throwIfAborted } from '../errors.js';
import { type Access, atOnce, whileQuick } from './access.js';
import { BufferPool } from './buffer-pool.js';
import { copySegments } from './copy-segments.js';
import { toObjectStat } from './file-identity.js';
import { folderAbove } from './folder-above.js';
import { localHousekeeping } from './local-housekeeping.js';
import { type Doing, explain, isErrno, notAFile } from './local-errors.js';
import { FolderSyncs } from './folder-syncs.js';
import { fewOpenFiles, type OpenFiles } from './open-files.js';
import type { OutputFile } from './output-file.js';
import type { StorageKind } from './registry.js';
import { isTemporaryName, replaceFile } from './replace-file.js';
import { roomFor } from './room-for.js';
import { readFully, SourceFiles, withFile } from './source-files.js';
import {
  type CallOptions,
  type Housekeeping,
  type ObjectStat,
  type Segment,
  type Storage,
  type StorageLocation,
  type StorageProfile,
  type Estimate,
  type Probe,
  type Surroundings,
  USUAL_SMALLEST_COPY,
  type WorkAhead,
  type WriteOptions,
} from './storage.js';
import { untilAborted } from './until-aborted.js';

interface LocalLocation extends StorageLocation {
  readonly scheme: 'file';
  /** Absolute path of the folder. */
  readonly root: string;
}

const MIB = 1024 * 1024;

/** What the cache reads is no measure of a disk: bytes a second that are believed at most, and what a sync takes. */
const WRITTEN_PER_SECOND = 1_000_000_000;
const SYNC_SECONDS = 0.001;

/**
 * A thread makes one part at a time, for it is the thread that reads, cuts and writes: others that had begun would only
 * hold memory. But it does not wait for the disk: what is written is synced while the next are made. Neighbours are made
 * by one thread, since each source is needed by two; of small ones many come at once, for handing one over takes as long
 * as making it.
 */
const PROFILE: StorageProfile = {
  mostThreads: 4,
  threadBytes: 64 * MIB,
  batchesPerThread: 4,
  tasksPerBatch: 16,
  batchBytes: 4 * MIB,
  soonDone: { tasks: 64, bytes: 16 * MIB, looks: 2000 },
  turns: { of: 'whole', atOnce: 1 },
  smallestCopy: USUAL_SMALLEST_COPY,
  readOverhead: 0,
  readsAtOnce: 64,
};

function profileOf(few: OpenFiles | undefined): StorageProfile {
  if (!few) return PROFILE;
  return { ...PROFILE, mostThreads: few.threads, batchesPerThread: 1, readsAtOnce: few.readsAtOnce };
}

/** Measured on 128 MB parts: faster than 256 KiB (more system calls) and than 4 MiB (more cache misses). */
const BUFFER_BYTES = MIB;
const BUFFERS = 4;
/** Files that are being written, or synced: a disk syncs many in the time of one. */
const OUTPUTS = 32;
/** Files looked at in parallel when a folder is listed. */
const STATS_AT_ONCE = 32;
/** Folders below a prefix that is mistaken, perhaps for one of them. */
const FOLDERS_LOOKED_INTO = 100;
/** Files looked at before any of them is told. */
const LOOKS = 256;

/** Folders by their paths, also as `file:` URLs. What else is said of them is meant for other storages. */
export const localKind: StorageKind = {
  locate: (url) => ({ scheme: 'file', root: resolve(/^file:/i.test(url) ? pathOf(url) : url) }),
  open: (location, how) =>
    openLocalStorage((location as LocalLocation).root, { ownThread: how.ownThread !== undefined }),
};

function pathOf(url: string): string {
  try {
    // A relative path in a URL would begin at the root.
    if (/^file:\//i.test(url)) return fileURLToPath(url);
    throw new TypeError('not absolute');
  } catch (error) {
    throw new RepartitionError('usage', `not the URL of a folder: ${url}`, {
      hint: 'Write it as file:///folder/folder, or as a path.',
      path: url,
      cause: error,
    });
  }
}

/**
 * Opens a folder as a storage. The folder need not exist yet: reading from it says so.
 * @param root absolute, or relative to the working directory
 * @param ownThread whether the thread may stand still while the disk works; else it only does when it writes
 * @internal
 */
export function openLocalStorage(root: string, { ownThread = false } = {}): Storage {
  return new LocalStorage(resolve(root), ownThread ? atOnce : whileQuick());
}

class LocalStorage implements Storage {
  readonly location: LocalLocation;
  readonly profile = profileOf(fewOpenFiles());
  readonly housekeeping: Housekeeping;
  private readonly pool = new BufferPool(BUFFER_BYTES, BUFFERS);
  private readonly folders = new FolderSyncs();
  private readonly outputs = pLimit(fewOpenFiles()?.outputs ?? OUTPUTS);

  constructor(
    root: string,
    private readonly access: Access,
  ) {
    this.location = { scheme: 'file', root };
    this.housekeeping = localHousekeeping(root, (doing, where, work) => this.explained(doing, where, work));
  }

  describe(path: string): string {
    return join(this.location.root, path);
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectStat | undefined> {
    throwIfAborted(options.signal);
    return this.find(path, (where, found) => {
      throw notAFile(where, found);
    });
  }

  async look(
    paths: Iterable<string>,
    found: (path: string, stat: ObjectStat | undefined) => void,
    { signal }: CallOptions = {},
  ): Promise<void> {
    for (const some of inLots(paths, LOOKS)) {
      throwIfAborted(signal);
      const stats = await Promise.all(some.map((path) => this.find(path, () => undefined)));
      some.forEach((path, i) => found(path, stats[i]));
    }
  }

  async read(
    path: string,
    start: number,
    end: number,
    { signal, version, into }: CallOptions & { version?: string; into?: Uint8Array | undefined } = {},
  ): Promise<Uint8Array> {
    throwIfAborted(signal);
    const where = this.resolve(path);
    const bytes = roomFor(end - start, into) ?? newBytes(end - start);
    await withFile(where, version, this.access, (file) => readFully(file, bytes, start));
    throwIfAborted(signal);
    return bytes;
  }

  async readTail(
    path: string,
    length: number,
    { signal, into }: CallOptions & { into?: Uint8Array | undefined } = {},
  ): Promise<{ stat: ObjectStat; bytes: Uint8Array }> {
    throwIfAborted(signal);
    const where = this.resolve(path);
    return withFile(where, undefined, this.access, async (file, found) => {
      const stat = toObjectStat(path, found);
      const bytes = roomFor(Math.min(length, stat.size), into) ?? newBytes(Math.min(length, stat.size));
      await readFully(file, bytes, stat.size - bytes.length);
      return { stat, bytes };
    });
  }

  async list(folder: string, options: CallOptions = {}): Promise<ObjectStat[]> {
    throwIfAborted(options.signal);
    const where = this.resolve(folder, 'folder');
    const names = await this.explained('list', where, () => readdir(where).catch(emptyIfMissing));
    const lookAt = async (some: readonly string[]): Promise<ObjectStat[]> => {
      const look = (name: string): Promise<ObjectStat | undefined> => {
        throwIfAborted(options.signal);
        return this.find(folder === '' ? name : `${folder.replace(/\/$/, '')}/${name}`, () => undefined);
      };
      const found = await pMap(some, look, { concurrency: STATS_AT_ONCE });
      return found.filter((stat) => stat !== undefined);
    };
    const visible = await lookAt(names.filter((name) => !isTemporaryName(name)));
    // A file that has its temporary name still is just being put in place, and will be another version when it is.
    const unfinished = new Set((await lookAt(names.filter(isTemporaryName))).map(({ version }) => version));
    return visible.filter(({ version }) => !unfinished.has(version));
  }

  async home(folder: string, options: CallOptions = {}): Promise<string> {
    throwIfAborted(options.signal);
    const root = await this.explained('list', this.location.root, () => realpath(this.location.root));
    for (let at = folder; at !== '' && at !== '.'; at = posix.dirname(at)) {
      const where = this.resolve(at, 'folder');
      const real = await this.explained('list', where, () => realpath(where).catch(noneIfMissing));
      if (real?.startsWith(root.endsWith(sep) ? root : root + sep) === true) return at;
    }
    return '';
  }

  async compose(path: string, segments: readonly Segment[], options: WriteOptions = {}): Promise<ObjectStat> {
    const { signal, onBytes } = options;
    return this.replace(path, options, async (file) => {
      const sources = new SourceFiles();
      const context = { sources, pool: this.pool, resolve: (source: string) => this.resolve(source) };
      try {
        await copySegments(file, segments, { ...context, signal, onBytes });
      } catch (error) {
        await sources.close().catch(() => undefined);
        throw error;
      }
      await sources.close();
    });
  }

  async write(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    options: WriteOptions = {},
  ): Promise<ObjectStat> {
    return this.replace(path, options, async (file) => {
      let position = 0;
      for await (const bytes of untilAborted(chunks, options.signal)) {
        file.write(bytes, position);
        position += bytes.length;
        options.onBytes?.(bytes.length);
      }
    });
  }

  async surroundings(file: string): Promise<Surroundings> {
    const { root } = this.location;
    return this.explained('list', root, async () => {
      const found = await this.access.stat(root);
      if (!found?.isDirectory()) return { prefix: found ? 'file' : 'nothing', below: [] };
      const holds = async (folder: string): Promise<boolean> =>
        (await this.access.stat(join(folder, file)))?.isFile() === true;
      const below: string[] = [];
      for (const name of (await readdir(root)).slice(0, FOLDERS_LOOKED_INTO)) {
        if (await holds(join(root, name))) below.push(name);
      }
      const above = below.length > 0 ? undefined : await folderAbove(parentsOf(root), holds);
      return { prefix: 'folder', below, ...(above !== undefined && { above }) };
    });
  }

  /** All bytes are read and written again; syncing them takes most of the time of writing, about as long as reading. */
  estimate({ made }: WorkAhead, { secondsToAnswer, bytesPerSecond }: Probe): Estimate {
    const bytes = made.reduce((sum, { bytesCopied, bytesMade }) => sum + bytesCopied + bytesMade, 0);
    const parts = made.reduce((sum, dataSet) => sum + dataSet.parts, 0);
    const seconds =
      (2 * bytes) / Math.min(bytesPerSecond, WRITTEN_PER_SECOND) + parts * (secondsToAnswer + SYNC_SECONDS);
    return { seconds };
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
      path,
    });
  }

  private async replace(
    path: string,
    { signal, keepSame = false, onWritten = () => undefined }: WriteOptions,
    fill: (file: OutputFile) => Promise<void>,
  ): Promise<ObjectStat> {
    const where = this.resolve(path);
    return this.explained('write', where, async () =>
      this.outputs(async () => {
        const placing = { signal, keepSame, onWritten };
        return toObjectStat(path, await replaceFile(where, fill, this.folders, placing));
      }),
    );
  }

  /** @param other what to do where something has the name that is no file */
  private async find(
    path: string,
    other: (where: string, found: BigIntStats) => void,
  ): Promise<ObjectStat | undefined> {
    const where = this.resolve(path);
    return this.explained('read', where, async () => {
      const found = await this.access.stat(where);
      if (found?.isFile()) return toObjectStat(path, found);
      if (found) other(where, found);
      return undefined;
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

function* inLots<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let lot: T[] = [];
  for (const item of items) {
    lot.push(item);
    if (lot.length < size) continue;
    yield lot;
    lot = [];
  }
  if (lot.length > 0) yield lot;
}

/** Memory of its own, unlike Node's small buffers, so that it can be handed to another thread. */
function newBytes(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

function noneIfMissing(error: unknown): undefined {
  if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
}

function emptyIfMissing(error: unknown): string[] {
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
  throw error;
}

/** The nearest first; of the root none. */
function parentsOf(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...parentsOf(parent)];
}
