/** The storages there are, by the scheme of their URLs. The built-in ones are in `src/storages.ts`. */
import { RepartitionError } from '../errors.js';
import type { Memory } from '../memory.js';
import { adviceFor } from './mistaken-prefix.js';
import type { CallOptions, Storage, StorageLocation } from './storage.js';
import type { Tally } from './tally.js';

/** What a storage brings. */
export interface StorageKind {
  /**
   * Where a prefix is; touches nothing.
   * @param url as a person gave it; for the scheme `file` also a plain path
   * @param options what else was said about this storage, unchecked
   * @throws RepartitionError `usage`
   */
  locate(url: string, options: unknown): StorageLocation;
  /**
   * @param location from `locate`, or that of an open storage
   * @param how.ownThread of a thread that does nothing but tasks, and may stand still while the storage works
   */
  open(location: StorageLocation, how: OpenOptions): Promise<Storage> | Storage;
}

/** How a storage is opened. */
export interface OpenOptions extends CallOptions {
  ownThread?: OwnThread | undefined;
  /** Where it counts what it meets with. */
  tally?: Tally | undefined;
}

/** One of the threads that do a plan's tasks, and what it shares with the others. */
export interface OwnThread {
  threads: number;
  /** What they may use. */
  memory: Memory;
  /** Zeros at first: for whatever the storages of all threads count together. */
  counters: Int32Array<SharedArrayBuffer>;
}

/** How many `counters` there are. */
export const COUNTERS = 8;

/** Of plain paths. */
const FILE = 'file';

/** Not one letter: that is a drive of Windows. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

const kinds = new Map<string, () => Promise<StorageKind>>();

/**
 * Adds a storage, or replaces the one of that scheme.
 * @param scheme in small letters, without the colon
 * @param load called when it is first needed
 *
 * @example
 * ```ts
 * import { locate, registerStorage } from 'gs-repartition';
 *
 * registerStorage('tape', () =>
 *   Promise.resolve({
 *     locate: (url) => ({ scheme: 'tape', reel: url.slice('tape://'.length) }),
 *     open: () => Promise.reject(new Error('no reel is mounted')),
 *   }),
 * );
 * console.log((await locate('tape://reel-7'))['reel']);
 * // reel-7
 * ```
 */
export function registerStorage(scheme: string, load: () => Promise<StorageKind>): void {
  let kind: Promise<StorageKind> | undefined;
  kinds.set(scheme, () => (kind ??= load()));
}

/**
 * Where a prefix is.
 * @param prefix a URL such as `s3://bucket/folder`, or a path
 * @param options for its storage, which knows what they mean
 * @throws RepartitionError `usage` when there is no such storage, or it cannot understand the prefix or the options
 *
 * @example
 * ```ts
 * import { locate } from 'gs-repartition';
 *
 * const { scheme, bucket, prefix } = await locate('s3://my-bucket/graphs/papers');
 * console.log(scheme, bucket, prefix);
 * // s3 my-bucket graphs/papers
 * ```
 */
export async function locate(prefix: string, options?: unknown): Promise<StorageLocation> {
  const scheme = SCHEME.exec(prefix)?.[1]?.toLowerCase() ?? FILE;
  const load = kinds.get(scheme);
  if (!load) throw noStorageFor(scheme, adviceFor(prefix));
  return (await load()).locate(prefix, options);
}

/**
 * Opens a location; the caller closes the storage.
 * @param how.ownThread of a thread that does nothing but tasks
 * @throws RepartitionError `usage`, `not-found`, `access`, `storage`
 *
 * @example
 * ```ts
 * import { locate, openStorage } from 'gs-repartition';
 *
 * const storage = await openStorage(await locate('graph'));
 * const metadata = await storage.stat('metadata.json');
 * console.log(metadata !== undefined && metadata.size > 0);
 * // true
 * await storage.close();
 * ```
 */
export async function openStorage(location: StorageLocation, how: OpenOptions = {}): Promise<Storage> {
  const load = kinds.get(location.scheme);
  if (!load) throw noStorageFor(location.scheme);
  return (await load()).open(location, how);
}

/** The rest of the URL is not shown, for it may hold a password. */
function noStorageFor(scheme: string, advice?: string): RepartitionError {
  const known = [...kinds.keys()];
  const meant = known.find((other) => scheme.startsWith(other));
  return new RepartitionError('usage', `there is no storage for prefixes that begin with ${scheme}:`, {
    hint:
      advice ??
      (meant === undefined
        ? `Give a path, or a URL of one of these schemes: ${known.join(', ')}. Begin a path that looks like a URL with "./".`
        : `Write ${meant}:// instead of ${scheme}://.`),
  });
}
