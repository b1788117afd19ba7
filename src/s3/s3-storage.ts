import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { RepartitionError } from '../errors.js';
import type { CallOptions, ObjectStat, S3Location, Segment, Storage } from '../storage/storage.js';
import { connect } from './client.js';
import { Composer, writeStream } from './compose.js';
import { MAX_HOLE, planCompose } from './compose-plan.js';
import { failureOf, type S3Action, toRepartitionError } from './errors.js';
import { folderKey, keyOf } from './keys.js';
import { readS3Options } from './options.js';
import { objectName, RecentReads } from './recent-reads.js';
import { Requests, versionFrom } from './requests.js';
import type { Target } from './upload.js';

/**
 * Opens a prefix of a bucket. The storage's `location` has the bucket's region in it, so that a worker which
 * opens it again makes no request to do so.
 * @throws RepartitionError `usage` (options), `not-found` (bucket), `access`, `storage`
 */
export async function openS3Storage(location: S3Location, options: CallOptions = {}): Promise<Storage> {
  const connection = await connect(location.bucket, readS3Options(location.options), options.signal);
  const settled = Object.entries(connection.options).filter(([, value]) => value !== undefined);
  return new S3Storage(
    { ...location, options: Object.fromEntries(settled) },
    new Requests(connection, location.bucket),
  );
}

/** `Storage` on S3. Versions are ETags without their quotes. */
class S3Storage implements Storage {
  readonly readOverhead = MAX_HOLE;
  private readonly composer: Composer;
  private readonly recent = new RecentReads();

  constructor(
    readonly location: S3Location,
    private readonly requests: Requests,
  ) {
    this.composer = new Composer(requests, this.recent, {
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
    { signal }: CallOptions = {},
  ): Promise<{ stat: ObjectStat; bytes: Uint8Array }> {
    try {
      const { bytes, size, version } = await this.requests.getRange(
        this.key(path),
        `bytes=-${length}`,
        undefined,
        signal,
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

  async list(folder: string, { signal }: CallOptions = {}): Promise<ObjectStat[]> {
    const prefix = folderKey(this.location.prefix, folder);
    const base = this.location.prefix === '' ? '' : `${this.location.prefix}/`;
    const found: ObjectStat[] = [];
    try {
      const pages = paginateListObjectsV2(
        { client: this.requests.client },
        { ...this.requests.common, Prefix: prefix, Delimiter: '/' },
        signal === undefined ? {} : { abortSignal: signal },
      );
      for (;;) {
        const page = await this.requests.send(signal, () => pages.next());
        if (page.done) return found;
        for (const { Key = '', Size = 0, ETag } of page.value.Contents ?? []) {
          // Consoles make empty objects named like folders.
          if (Key.endsWith('/')) continue;
          found.push({ path: Key.slice(base.length), size: Size, version: versionFrom(ETag) });
        }
      }
    } catch (error) {
      throw this.shown(error, 'list', folder, signal);
    }
  }

  async compose(
    path: string,
    segments: readonly Segment[],
    { signal }: CallOptions = {},
  ): Promise<ObjectStat> {
    return this.composer.compose(this.target(path), planCompose(segments), signal);
  }

  async write(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    { signal }: CallOptions = {},
  ): Promise<ObjectStat> {
    return writeStream(this.composer, this.requests, this.target(path), chunks, signal);
  }

  close(): Promise<void> {
    this.requests.client.destroy();
    return Promise.resolve();
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
      { hint: 'Wait until nothing else writes under the prefix, then run the same command again.' },
    );
  }
}
