import { ListObjectsV2Command, type _Object as Listed, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { RepartitionError } from '../errors.js';
import { DEFAULT_MEMORY, Memory } from '../memory.js';
import { folderOf } from '../storage/folder-of.js';
import { fewOpenFiles } from '../storage/open-files.js';
import type { OpenOptions, StorageKind } from '../storage/registry.js';
import type {
  CallOptions,
  Estimate,
  Housekeeping,
  ObjectStat,
  Probe,
  Segment,
  Storage,
  StorageLocation,
  StorageProfile,
  WorkAhead,
  WriteOptions,
} from '../storage/storage.js';
import { connect } from './client.js';
import { Composer, writeStream } from './compose.js';
import { MAX_HOLE, planCompose, S3_LIMITS } from './compose-plan.js';
import { failureOf, isS3Error, type S3Action, toRepartitionError } from './errors.js';
import { estimateS3 } from './estimate.js';
import { s3Housekeeping } from './housekeeping.js';
import { folderKey, keyOf, parseS3Url } from './keys.js';
import { look, type Page } from './look.js';
import { readS3Options, type S3Options } from './options.js';
import { objectName, RecentReads } from './recent-reads.js';
import { versionFrom } from './etag.js';
import { Requests } from './requests.js';
import type { Target } from './upload.js';

export interface S3Location extends StorageLocation {
  readonly scheme: 's3';
  readonly bucket: string;
  /** Key prefix without leading or trailing slash; empty for the bucket's root. */
  readonly prefix: string;
  readonly options?: Readonly<Record<string, string | number | boolean>>;
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
  readOverhead: MAX_HOLE,
  readsAtOnce: 256,
};

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
  const connection = await connect(location.bucket, readS3Options(location.options), how);
  const memory = how.ownThread?.memory ?? Memory.within(DEFAULT_MEMORY);
  return new S3Storage(
    locationOf(location, connection.options),
    new Requests(connection, location.bucket),
    memory,
  );
}

/** `Storage` on S3. Versions are ETags without their quotes. */
class S3Storage implements Storage {
  readonly profile = fewOpenFiles() ? { ...PROFILE, mostThreads: 1 } : PROFILE;
  private readonly composer: Composer;
  private readonly recent = new RecentReads();
  readonly housekeeping: Housekeeping;

  constructor(
    readonly location: S3Location,
    private readonly requests: Requests,
    memory: Memory,
  ) {
    this.housekeeping = s3Housekeeping(requests, location.prefix, (path) => this.describe(path));
    this.composer = new Composer(requests, this.recent, memory, {
      keyOf: (path) => this.key(path),
      describe: (path) => this.describe(path),
    });
  }

  describe(path: string): string {
    return `s3://${this.location.bucket}/${this.key(path)}`;
  }

  async stat(path: string, { signal }: CallOptions = {}): Promise<ObjectStat | undefined> {
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
    { signal, version }: CallOptions & { version?: string } = {},
  ): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array();
    const fetch = (): Promise<Uint8Array> => this.fetch(path, start, end, version, signal);
    return version === undefined ? fetch() : this.recent.read(objectName(path, version), start, end, fetch);
  }

  private async fetch(
    path: string,
    start: number,
    end: number,
    version: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    try {
      const answer = await this.requests.getRange(
        this.key(path),
        `bytes=${start}-${end - 1}`,
        version,
        signal,
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
      if (isS3Error(error, 'InvalidObjectState')) throw await this.archived(error, path, signal);
      throw this.shown(error, 'read', path, signal);
    }
  }

  /** Tells with it how much of the folder is in an archive, so that nobody restores one part after the other. */
  private async archived(
    error: unknown,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<RepartitionError> {
    const shown = this.shown(error, 'read', path, signal);
    const Prefix = folderKey(this.location.prefix, folderOf(path));
    const input = { ...this.requests.common, Prefix, Delimiter: '/' };
    try {
      const { Contents = [], IsTruncated } = await this.requests.send(signal, (client, http) =>
        client.send(
          new ListObjectsV2Command({ ...input, OptionalObjectAttributes: ['RestoreStatus'] }),
          http,
        ),
      );
      const count = Contents.filter(isArchived).length;
      const of = `${IsTruncated ? 'the first ' : ''}${Contents.length} objects in its folder`;
      const message = `${shown.message}, as ${count === 1 ? 'the only one' : `${count}`} of ${of}`;
      const { code, hint, operation, cause } = shown;
      return new RepartitionError(code, message, { hint, operation, path: shown.path, cause });
    } catch {
      return shown;
    }
  }

  async list(folder: string, { signal }: CallOptions = {}): Promise<ObjectStat[]> {
    const found: ObjectStat[] = [];
    for await (const { stats } of this.pages(folder, { signal })) found.push(...stats);
    return found;
  }

  /** The objects directly inside a folder, in the order of their keys, and only those that come after a path. */
  private async *pages(
    folder: string,
    { signal, after = '' }: CallOptions & { after?: string },
  ): AsyncGenerator<Page> {
    const base = this.location.prefix === '' ? '' : `${this.location.prefix}/`;
    const startAfter = after === '' ? {} : { StartAfter: this.key(after) };
    const input = { Prefix: folderKey(this.location.prefix, folder), Delimiter: '/', ...startAfter };
    try {
      const pages = paginateListObjectsV2(
        { client: this.requests.client },
        { ...this.requests.common, ...input },
        signal === undefined ? {} : { abortSignal: signal },
      );
      for (;;) {
        const page = await this.requests.send(signal, () => pages.next());
        if (page.done) return;
        const { Contents = [], IsTruncated = false } = page.value;
        const stats = Contents
          // Consoles make empty objects named like folders.
          .filter(({ Key = '' }) => !Key.endsWith('/'))
          .map(({ Key = '', Size = 0, ETag }) => {
            return { path: Key.slice(base.length), size: Size, version: versionFrom(ETag) };
          });
        yield { stats, isLast: !IsTruncated };
      }
    } catch (error) {
      throw this.shown(error, 'list', folder, signal);
    }
  }

  async compose(path: string, segments: readonly Segment[], options: WriteOptions = {}): Promise<ObjectStat> {
    return this.composer.compose(this.target(path), planCompose(segments), options);
  }

  async write(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    { signal }: CallOptions = {},
  ): Promise<ObjectStat> {
    return writeStream(this.composer, this.requests, this.target(path), chunks, signal);
  }

  estimate(work: WorkAhead, probe: Probe): Estimate {
    return estimateS3(work, probe);
  }

  close(): Promise<void> {
    return this.requests.close();
  }

  private key(path: string): string {
    return keyOf(this.location.prefix, path);
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

/** Whether it must be restored before it can be read. A restored copy has an end. */
function isArchived({ StorageClass, RestoreStatus }: Listed): boolean {
  const inArchive = StorageClass === 'GLACIER' || StorageClass === 'DEEP_ARCHIVE';
  return inArchive && RestoreStatus?.RestoreExpiryDate === undefined;
}
