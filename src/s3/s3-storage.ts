import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { RepartitionError } from '../errors.js';
import { DEFAULT_MEMORY, Memory } from '../memory.js';
import { folderAbove } from '../storage/folder-above.js';
import { fewOpenFiles } from '../storage/open-files.js';
import type { OpenOptions, StorageKind } from '../storage/registry.js';
import type {
  CallOptions,
  Estimate,
  Housekeeping,
  ObjectStat,
  Probe,
  ReadUse,
  Segment,
  Storage,
  StorageLocation,
  StorageProfile,
  Surroundings,
  WorkAhead,
  WriteOptions,
  WrittenStat,
} from '../storage/storage.js';
import { type Archived, archivedByList, archivedError } from './archive.js';
import { connect } from './client.js';
import { Composer } from './compose.js';
import { MAX_HOLE, S3_LIMITS } from './compose-plan.js';
import { failureOf, type S3Action, toRepartitionError } from './errors.js';
import { estimateS3 } from './estimate.js';
import { s3Housekeeping } from './housekeeping.js';
import { folderKey, keyOf, parseS3Url } from './keys.js';
import { look, type Lookup, type Page } from './look.js';
import { readS3Options, type S3Options } from './options.js';
import { objectName, RecentReads } from './recent-reads.js';
import { versionFrom } from './etag.js';
import { Requests } from './requests.js';
import type { Target } from './upload.js';
import { STREAM_BYTES, writeStream } from './write-stream.js';

export interface S3Location extends StorageLocation {
  readonly scheme: 's3';
  readonly bucket: string;
  /** Key prefix without leading or trailing slash; empty for the bucket's root. */
  readonly prefix: string;
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** AWS has been found behind another endpoint than its own. */
  readonly isAws?: boolean;
}

/**
 * A thread moves about 5 GB a second inside S3, and takes a lot of memory with the AWS SDK and with what it has in hand: one
 * by default, more where there is memory for them. A task mostly waits for the network, so a thread has many, and memory
 * says how many of them have begun; few of these read and cut pages at the same time. Neighbours read much of the same
 * where a boundary cuts, which is asked for once where one thread has them.
 */
const PROFILE: StorageProfile = {
  mostThreads: 8,
  threadBytes: 128 * 1024 * 1024,
  batchesPerThread: 4,
  tasksPerBatch: 16,
  turns: { of: 'reading', atOnce: 12 },
  smallestCopy: S3_LIMITS.minPart,
  streamBytes: STREAM_BYTES,
  readOverhead: MAX_HOLE,
  readsAtOnce: 256,
  readsInThreads: 512,
};

/** Folders below a prefix that is mistaken, perhaps for one of them. */
const FOLDERS_LOOKED_INTO = 20;

/** Prefixes of buckets, as `s3://bucket/prefix`; what else is said of them are `S3Options`. */
export const s3Kind: StorageKind = {
  locate: (url, options) => locationOf(parseS3Url(url), readS3Options(options)),
  open: (location, how) => openS3Storage(location as S3Location, how),
};

function locationOf({ bucket, prefix }: { bucket: string; prefix: string }, options: S3Options): S3Location {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { scheme: 's3', bucket, prefix, ...(given.length > 0 && { options: Object.fromEntries(given) }) };
}

/**
 * Opens a prefix of a bucket. The storage's `location` has the bucket's region in it, so that a worker which
 * opens it again makes no request to do so.
 * @throws RepartitionError `usage` (options), `not-found` (bucket), `access`, `storage`
 */
export async function openS3Storage(location: S3Location, how: OpenOptions = {}): Promise<Storage> {
  const { isAws } = location;
  const connection = await connect(location.bucket, readS3Options(location.options), { ...how, isAws });
  const memory = how.ownThread?.memory ?? Memory.within(DEFAULT_MEMORY);
  return new S3Storage(
    locationOf(location, connection.options),
    new Requests(connection, location.bucket),
    memory,
  );
}

/** What lists and HEAD say of an object. */
type ListedStat = ObjectStat & Archived;
/** What lists say of objects only when they are asked. */
type ListedAttributes = Pick<ListObjectsV2CommandInput, 'OptionalObjectAttributes'>;

/** `Storage` on S3. Versions are ETags without their quotes. */
class S3Storage implements Storage {
  readonly profile = fewOpenFiles() ? { ...PROFILE, mostThreads: 1 } : PROFILE;
  private readonly composer: Composer;
  private readonly recent: RecentReads;
  readonly housekeeping: Housekeeping;

  constructor(
    private readonly opened: S3Location,
    private readonly requests: Requests,
    memory: Memory,
  ) {
    this.housekeeping = s3Housekeeping(requests, opened.prefix, (path) => this.describe(path));
    this.recent = new RecentReads(memory.total);
    this.composer = new Composer(requests, this.recent, memory, {
      keyOf: (path) => this.key(path),
      describe: (path) => this.describe(path),
    });
  }

  /** With all that has been found out by now, so that who opens it again need not ask. */
  get location(): S3Location {
    const { foreign, terms } = this.requests;
    return foreign && terms.areAws ? { ...this.opened, isAws: true } : this.opened;
  }

  describe(path: string): string {
    return `s3://${this.opened.bucket}/${this.key(path)}`;
  }

  stat(path: string, options: CallOptions = {}): Promise<ObjectStat | undefined> {
    return this.statOf(path, options);
  }

  private async statOf(path: string, { signal }: CallOptions): Promise<ListedStat | undefined> {
    try {
      const head = await this.requests.head(this.key(path), signal);
      if (!head) await this.requests.requireBucket(signal);
      return head && { path, ...head };
    } catch (error) {
      throw this.shown(error, 'read', path, signal);
    }
  }

  async look(
    paths: Iterable<string>,
    found: (path: string, stat: ObjectStat | undefined) => void,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const pages = this.pages.bind(this);
    await look({ stat: this.stat.bind(this), pages }, paths, found, { signal });
  }

  async read(
    path: string,
    start: number,
    end: number,
    options: CallOptions & {
      version?: string;
      use?: ReadUse | undefined;
      into?: Uint8Array | undefined;
    } = {},
  ): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array();
    const { signal, version, use, into } = options;
    const fetch = (): Promise<Uint8Array> => this.fetch(path, start, end, { version, signal, into });
    // What lies in somebody's memory will be something else soon.
    if (version === undefined || into) return fetch();
    const object = objectName(path, version);
    if (use === 'once') return this.recent.recall(object, start, end) ?? fetch();
    return this.recent.read(object, start, end, fetch, use);
  }

  private async fetch(
    path: string,
    start: number,
    end: number,
    { version, signal, into }: CallOptions & { version: string | undefined; into: Uint8Array | undefined },
  ): Promise<Uint8Array> {
    try {
      const answer = await this.requests.getRange(
        this.key(path),
        `bytes=${start}-${end - 1}`,
        version,
        signal,
        into,
      );
      if (answer.bytes.byteLength !== end - start) throw this.tooShort(path, start, end, answer.size);
      return answer.bytes;
    } catch (error) {
      throw this.shown(error, 'read', path, signal);
    }
  }

  async readTail(
    path: string,
    length: number,
    { signal, into }: CallOptions & { into?: Uint8Array | undefined } = {},
  ): Promise<{ stat: ObjectStat; bytes: Uint8Array }> {
    try {
      const range = `bytes=-${length}`;
      const { bytes, size, version } = await this.requests.getRange(
        this.key(path),
        range,
        undefined,
        signal,
        into,
      );
      return { stat: { path, size, version }, bytes };
    } catch (error) {
      // An empty object has no last byte, so that S3 finds no such range.
      if (failureOf(error).status === 416) {
        const stat = await this.stat(path, { signal });
        if (stat?.size === 0) return { stat, bytes: new Uint8Array() };
      }
      throw this.shown(error, 'read', path, signal);
    }
  }

  /** By lists: one for up to a thousand neighbours. What may not be listed is told when it is read. */
  async requireRestored(paths: Iterable<string>, options: CallOptions = {}): Promise<void> {
    const all = [...paths];
    try {
      const inArchives = await this.archived(all, {}, options);
      if (inArchives.length === 0) return;
      // Whether there are copies to read is asked only then, for not every server knows that question; and who doesn't
      // says nothing of copies.
      const attributes = { OptionalObjectAttributes: ['RestoreStatus' as const] };
      const archived = await this.archived(
        inArchives.map(({ path }) => path),
        attributes,
        options,
      );
      const [first] = archived;
      if (!first || (await this.statOf(first.path, options))?.archive === undefined) return;
      if (await this.hasReadableArchives(first.path, options)) return;
      throw archivedError(archived, all.length, (path) => this.describe(path), this.requests.options);
    } catch (error) {
      if (error instanceof RepartitionError && error.code === 'access' && error.operation === 'list') return;
      throw error;
    }
  }

  /** Other servers than AWS's may call so what can be read at once. */
  private async hasReadableArchives(path: string, options: CallOptions): Promise<boolean> {
    const { foreign, terms } = this.requests;
    if (!foreign || terms.areAws) return false;
    try {
      await this.readTail(path, 1, options);
      return true;
    } catch (error) {
      if (error instanceof RepartitionError && error.code === 'access') return false;
      throw error;
    }
  }

  private async archived(
    paths: readonly string[],
    attributes: ListedAttributes,
    options: CallOptions,
  ): Promise<ListedStat[]> {
    const found: ListedStat[] = [];
    const pages: Lookup<ListedStat>['pages'] = (folder, how) => this.pages(folder, how, attributes);
    const tell = (_: string, stat: ListedStat | undefined): void => {
      if (stat?.archive !== undefined) found.push(stat);
    };
    await look({ stat: this.statOf.bind(this), pages, few: 1 }, paths, tell, options);
    return found;
  }

  async list(folder: string, { signal }: CallOptions = {}): Promise<ObjectStat[]> {
    const found: ObjectStat[] = [];
    for await (const { stats } of this.pages(folder, { signal })) found.push(...stats);
    return found;
  }

  /**
   * The objects directly inside a folder, in the order of their keys, and only those that come after a path.
   * @param attributes what a list tells only when asked
   */
  private async *pages(
    folder: string,
    { signal, after = '' }: CallOptions & { after?: string },
    attributes: ListedAttributes = {},
  ): AsyncGenerator<Page<ListedStat>> {
    const base = this.opened.prefix === '' ? '' : `${this.opened.prefix}/`;
    const startAfter = after === '' ? {} : { StartAfter: this.key(after) };
    const input = { Prefix: folderKey(this.opened.prefix, folder), Delimiter: '/', ...startAfter };
    try {
      const pages = paginateListObjectsV2(
        { client: this.requests.client },
        { ...this.requests.common, ...input, ...attributes },
        signal === undefined ? {} : { abortSignal: signal },
      );
      for (;;) {
        const page = await this.requests.send(signal, () => pages.next());
        if (page.done) return;
        const { Contents = [], IsTruncated = false } = page.value;
        const stats = Contents
          // Consoles make empty objects named like folders.
          .filter(({ Key = '' }) => !Key.endsWith('/'))
          .map((listed) => {
            const { Key = '', Size: size = 0, ETag } = listed;
            const path = Key.slice(base.length);
            return { path, size, version: versionFrom(ETag), ...archivedByList(listed) };
          });
        yield { stats, isLast: !IsTruncated };
      }
    } catch (error) {
      throw this.shown(error, 'list', folder, signal);
    }
  }

  async compose(
    path: string,
    segments: readonly Segment[],
    options: WriteOptions = {},
  ): Promise<WrittenStat> {
    return this.composer.compose(this.target(path), segments, options);
  }

  async write(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    options: WriteOptions = {},
  ): Promise<WrittenStat> {
    return writeStream(this.composer, this.requests, this.target(path), chunks, options);
  }

  async surroundings(file: string, { signal }: CallOptions = {}): Promise<Surroundings> {
    const { requests } = this;
    const { bucket, prefix } = this.location;
    const folder = folderKey(prefix, '');
    const holds = async (key: string): Promise<boolean> => (await requests.head(key, signal)) !== undefined;
    try {
      const { CommonPrefixes = [], KeyCount = 0 } = await requests.send(signal, (client, http) =>
        client.send(
          new ListObjectsV2Command({ ...requests.common, Prefix: folder, Delimiter: '/', MaxKeys: 200 }),
          http,
        ),
      );
      if (KeyCount === 0) {
        const isFile = prefix !== '' && (await holds(prefix));
        return { prefix: isFile ? 'file' : 'nothing', below: [] };
      }
      const below: string[] = [];
      for (const { Prefix = '' } of CommonPrefixes.slice(0, FOLDERS_LOOKED_INTO)) {
        if (await holds(Prefix + file)) below.push(Prefix.slice(folder.length, -1));
      }
      if (below.length > 0) return { prefix: 'folder', below };
      const above = await folderAbove(prefixesAbove(prefix), (at) => holds(keyOf(at, file)));
      return {
        prefix: 'folder',
        below,
        ...(above !== undefined && { above: `s3://${keyOf(bucket, above)}` }),
      };
    } catch (error) {
      throw this.shown(error, 'list', '', signal);
    }
  }

  estimate(work: WorkAhead, probe: Probe): Estimate {
    return estimateS3(work, probe);
  }

  close(): Promise<void> {
    return this.requests.close();
  }

  private key(path: string): string {
    return keyOf(this.opened.prefix, path);
  }

  private target(path: string): Target {
    return { path, key: this.key(path), where: this.describe(path) };
  }

  private shown(
    error: unknown,
    action: S3Action,
    path: string,
    signal: AbortSignal | undefined,
  ): RepartitionError {
    return toRepartitionError(error, action, this.describe(path), signal);
  }

  private tooShort(path: string, start: number, end: number, size: number): RepartitionError {
    return new RepartitionError(
      'changed',
      `${this.describe(path)} has ${size} bytes, so that bytes ${start} to ${end} cannot be read`,
      {
        hint: 'Wait until nothing else writes under the prefix, then run the same command again.',
        operation: 'read',
        path: this.describe(path),
      },
    );
  }
}

/** The nearest first, the bucket's root as `''`; of the root none. */
function prefixesAbove(prefix: string): string[] {
  const folders = prefix === '' ? [] : prefix.split('/');
  return folders.map((_, i) => folders.slice(0, -1 - i).join('/'));
}
