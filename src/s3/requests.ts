import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Attempts } from '../aws-config/index.js';
import { RepartitionError, throwIfAborted } from '../errors.js';
import { roomFor } from '../storage/room-for.js';
import { type Archived, archivedByHead } from './archive.js';
import type { Connection } from './client.js';
import { DirectReads, type RangeAnswer } from './direct-reads.js';
import { versionFrom } from './etag.js';
import { failureOf, isNetworkFailure, isSlowDownStatus, toRepartitionError } from './errors.js';
import { DEFAULT_MAX_ATTEMPTS, type S3Options } from './options.js';
import type { ServerTerms } from './upload-terms.js';

/** What comes in the time in which nothing comes. */
const SHORT_BYTES = 64 * 1024;

/** The requests of one bucket: under the throttle's cap, with what every request carries. */
export class Requests {
  readonly client: S3Client;
  readonly options: S3Options;
  private isBucketKnown: boolean;
  private direct: Promise<DirectReads | undefined> | undefined;

  constructor(
    private readonly connection: Connection,
    readonly bucket: string,
  ) {
    this.client = connection.client;
    this.options = connection.options;
    this.isBucketKnown = connection.isBucketKnown;
  }

  /** What each command about this bucket says. */
  get common(): { Bucket: string; ExpectedBucketOwner?: string; RequestPayer?: 'requester' } {
    const { expectedBucketOwner, requesterPays } = this.options;
    return {
      Bucket: this.bucket,
      ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
      ...(requesterPays ? { RequestPayer: 'requester' as const } : {}),
    };
  }

  /** What commands that create an object say of its encryption. */
  get encryption(): { ServerSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse'; SSEKMSKeyId?: string } {
    const { sse, sseKmsKeyId } = this.options;
    return {
      ...(sse === undefined ? {} : { ServerSideEncryption: sse }),
      ...(sseKmsKeyId === undefined ? {} : { SSEKMSKeyId: sseKmsKeyId }),
    };
  }

  /** How the server wants multipart uploads. */
  get terms(): ServerTerms {
    return this.connection.terms;
  }

  /** Whether the server is another than AWS's. */
  get foreign(): boolean {
    return this.connection.foreign;
  }

  /**
   * `undefined` when there is no such object, or no such bucket: the reply to HEAD does not say which, see
   * `requireBucket`.
   */
  async head(
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<({ size: number; version: string } & Archived) | undefined> {
    try {
      const answer = await this.send(signal, (client, http) =>
        client.send(new HeadObjectCommand({ ...this.common, Key: key }), http),
      );
      const { ContentLength: size = 0, ETag } = answer;
      return { size, version: versionFrom(ETag), ...archivedByHead(answer) };
    } catch (error) {
      if (failureOf(error).status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Asks for the bucket unless it has answered before, so that one without it is not told of a missing object.
   * @throws RepartitionError `not-found`; what else goes wrong does not say that the bucket is missing
   */
  async requireBucket(signal: AbortSignal | undefined): Promise<void> {
    if (this.isBucketKnown) return;
    try {
      await this.send(signal, (client, http) => client.send(new HeadBucketCommand(this.common), http));
    } catch (error) {
      if (failureOf(error).status === 404) throw toRepartitionError(error, 'open', `s3://${this.bucket}`);
    }
    this.isBucketKnown = true;
  }

  /** An upload that nobody needs any more stays open. */
  noteLeftOpen(): void {
    this.connection.tally.add({ leftOpen: 1 });
  }

  /** Sends under the cap. Errors are the SDK's. */
  send<T>(
    signal: AbortSignal | undefined,
    call: (client: S3Client, http: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    // Each request in flight listens, and many are.
    if (signal !== undefined) setMaxListeners(0, signal);
    return this.connection.throttle.run(() => {
      throwIfAborted(signal);
      return call(this.client, signal === undefined ? {} : { abortSignal: signal });
    });
  }

  /**
   * One ranged GET: without the SDK's work where that goes well, else with all it knows. The SDK repeats a request only until its headers have come, so a connection that breaks
   * amid the body is repeated here.
   *
   * @param range as in the header: `bytes=0-9`, `bytes=-100`
   * @param into where the bytes go if there is room for all; saves a copy
   */
  async getRange(
    key: string,
    range: string,
    version: string | undefined,
    signal: AbortSignal | undefined,
    into?: Uint8Array,
  ): Promise<RangeAnswer> {
    const attempts = new Attempts();
    const direct = await this.readDirectly(key, range, version, { signal, into, attempts });
    if (direct) return direct;
    const most = this.options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
    const command = (): GetObjectCommand =>
      new GetObjectCommand({
        ...this.common,
        Key: key,
        Range: range,
        ...(version === undefined ? {} : { IfMatch: `"${version}"` }),
      });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.send(signal, async (client, http) => {
          const answer = await client.send(attempts.goOn(command()), http);
          const size = sizeFrom(answer.ContentRange, answer.ContentLength);
          if (answer.ContentRange === undefined && !isWhole(range, size)) {
            // 200 instead of 206: the whole object comes, which may be larger than memory.
            (answer.Body as { destroy?: () => void } | undefined)?.destroy?.();
            throw new RepartitionError(
              'storage',
              `the server ignores byte ranges (s3://${this.bucket}/${key})`,
              {
                hint: 'Use a server that supports ranged reads.',
              },
            );
          }
          const bytes = await collect(answer.Body, answer.ContentLength ?? 0, into);
          return { bytes, size, version: versionFrom(answer.ETag) };
        });
      } catch (error) {
        // What the SDK has given up by itself carries the number of its attempts.
        const givenUp = (error as { $metadata?: { attempts?: number } }).$metadata?.attempts !== undefined;
        const broken = error instanceof BrokenBody || isNetworkFailure(error);
        if (signal?.aborted || givenUp || !broken || attempt >= most) throw error;
        attempts.failed(error);
        await backOff(attempt, signal);
      }
    }
  }

  private async readDirectly(
    key: string,
    range: string,
    version: string | undefined,
    {
      signal,
      into,
      attempts,
    }: { signal: AbortSignal | undefined; into: Uint8Array | undefined; attempts: Attempts },
  ): Promise<RangeAnswer | undefined> {
    const { throttle, tally, openDirectReads } = this.connection;
    const direct = await (this.direct ??= openDirectReads(this.common));
    if (!direct || direct.isOff) return undefined;
    const got = await this.send(signal, async () => {
      // It may have come to that while this one waited for its turn.
      if (direct.isOff) return undefined;
      const report = throttle.attempt();
      tally.noteRequest('GetObject');
      const reply = await direct.get(key, range, version, { signal, into });
      if (reply.answer) report('fine', { isShort: reply.answer.bytes.byteLength <= SHORT_BYTES });
      else if (isSlowDownStatus(reply.status)) report('slow-down');
      return reply;
    });
    if (!got) return undefined;
    const { answer, status, failure } = got;
    if (!answer) attempts.failed(failure);
    if (isSlowDownStatus(status)) {
      tally.add({ slowDowns: 1 });
      await backOff(1, signal);
    }
    return answer;
  }

  async close(): Promise<void> {
    this.client.destroy();
    await (await this.direct)?.close();
  }
}

/** Fills one buffer as the bytes come in, so that they are in memory once. */
async function collect(body: unknown, length: number, into: Uint8Array | undefined): Promise<Uint8Array> {
  const bytes = roomFor(length, into) ?? new Uint8Array(length);
  let filled = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    if (filled + chunk.byteLength > length) throw new BrokenBody(filled + chunk.byteLength, length);
    bytes.set(chunk, filled);
    filled += chunk.byteLength;
  }
  if (filled !== length) throw new BrokenBody(filled, length);
  return bytes;
}

/** A body that ended early without the connection saying so. */
class BrokenBody extends Error {
  override readonly name = 'TimeoutError';
  constructor(got: number, expected: number) {
    super(`the reply ended after ${got} of ${expected} bytes`);
  }
}

/** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export async function backOff(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const longest = Math.min(5_000, 100 * 2 ** (attempt - 1));
  await sleep(Math.random() * longest, undefined, signal === undefined ? {} : { signal });
}

function sizeFrom(contentRange: string | undefined, contentLength: number | undefined): number {
  const size = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return size === undefined ? (contentLength ?? 0) : Number(size);
}

/** Whether a range asks for all of an object of `size` bytes, so that 200 is a fair answer. */
function isWhole(range: string, size: number): boolean {
  const suffix = /^bytes=-(\d+)$/.exec(range)?.[1];
  if (suffix !== undefined) return Number(suffix) >= size;
  const end = /^bytes=0-(\d+)$/.exec(range)?.[1];
  return end !== undefined && Number(end) >= size - 1;
}
