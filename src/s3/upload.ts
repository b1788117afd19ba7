import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type UploadPartCopyCommandOutput,
} from '@aws-sdk/client-s3';
import { RepartitionError } from '../errors.js';
import type { WrittenStat } from '../storage/storage.js';
import { failureOf, isNetworkFailure, isS3Error, toRepartitionError } from './errors.js';
import { copySource } from './keys.js';
import { versionFrom } from './etag.js';
import { backOff, type Requests } from './requests.js';
import { announced, checksummed, type UploadTerms } from './upload-terms.js';

/** The object an upload makes. */
export interface Target {
  path: string;
  key: string;
  /** As a person would write it. */
  where: string;
}

/**
 * How the parts of an upload are stopped. A server may go on with a part whose connection was cut, and add it to an
 * upload that has been aborted meanwhile: so those under way get a while to end by themselves.
 */
export interface PartStop {
  /** Keeps a part from being sent. */
  readonly soft: AbortSignal;
  /** Cuts it off on its way. */
  readonly hard: AbortSignal;
}

export interface CopyRange {
  key: string;
  where: string;
  version: string;
  start: number;
  end: number;
}

/** How often an object is begun again when its upload has vanished, or the server wants it otherwise. */
export const UPLOAD_TRIES = 4;

/** How often an upload is aborted until it is gone, with growing pauses: some seconds in all. */
const ABORT_ATTEMPTS = 8;

/** S3's own example of a failure that comes with status 200; a few repetitions are what the documents ask for. */
const COMPLETE_ATTEMPTS = 4;

/** No object has it: hashes are never nothing but zeros. */
const NO_VERSION = '0'.repeat(32);

/**
 * The whole may be tried again: the upload is gone, for somebody aborted it or it was completed by a request whose reply got
 * lost; or the server wants uploads otherwise, and then its words are the cause.
 */
export class BeginAgain extends Error {
  override readonly name = 'UploadGone';
  /** Whether the upload could not be removed. */
  isLeftOpen = false;
}

/** What a user reads when it is not tried again. */
export function whyNot(error: BeginAgain, target: Target, signal: AbortSignal | undefined): RepartitionError {
  const shown = toRepartitionError(error.cause ?? error, 'write', target.where, signal);
  return withAdvice(shown, target.where, error.isLeftOpen);
}

/**
 * Runs `work` with an open multipart upload, then completes it. Whatever fails, the upload is aborted before
 * this rejects; the caller must have let go of all its own requests by then.
 * @param onBytes told of each part's bytes when they are there; less than nothing when the upload has failed
 * @throws RepartitionError, or `BeginAgain`
 */
export async function withUpload(
  requests: Requests,
  target: Target,
  signal: AbortSignal | undefined,
  work: (upload: MultipartUpload) => Promise<void>,
  onBytes?: (bytes: number) => void,
): Promise<WrittenStat> {
  const upload = await MultipartUpload.open(requests, target, signal, onBytes);
  try {
    await work(upload);
    return await upload.complete(signal);
  } catch (error) {
    onBytes?.(-upload.size);
    const isLeftOpen = (await upload.abort()) !== undefined;
    if (error instanceof BeginAgain) {
      error.isLeftOpen = isLeftOpen;
      if (isLeftOpen) requests.noteLeftOpen();
      throw error;
    }
    const shown = toRepartitionError(error, 'write', target.where, signal);
    throw withAdvice(shown, target.where, isLeftOpen);
  }
}

/** What there is to say of an upload that could not be aborted. */
export function leftOpen(where: string): string {
  return `The unfinished upload of ${where} could not be removed: abort it, or let a lifecycle rule do so.`;
}

export function withAdvice(error: RepartitionError, where: string, isLeftOpen: boolean): RepartitionError {
  if (!isLeftOpen) return error;
  const advice = leftOpen(where);
  return new RepartitionError(error.code, error.message, {
    hint: error.hint === undefined ? advice : `${error.hint} ${advice}`,
    cause: error,
  });
}

/** An open multipart upload. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
export class MultipartUpload {
  private readonly parts = new Map<number, CompletedPart>();
  /** Bytes of the parts that are there. */
  size = 0;

  private constructor(
    private readonly requests: Requests,
    private readonly target: Target,
    private readonly id: string,
    readonly terms: UploadTerms,
    private readonly onBytes: ((bytes: number) => void) | undefined,
  ) {}

  static async open(
    requests: Requests,
    target: Target,
    signal: AbortSignal | undefined,
    onBytes?: (bytes: number) => void,
  ): Promise<MultipartUpload> {
    const terms = requests.terms.current;
    try {
      // Without the signal: an upload whose id we never hear could not be aborted.
      const answer = await requests.send(undefined, (client) =>
        client.send(
          new CreateMultipartUploadCommand({
            ...requests.common,
            ...requests.encryption,
            Key: target.key,
            ...announced(terms),
          }),
        ),
      );
      const id = answer.UploadId;
      if (id === undefined) throw new Error('the reply to CreateMultipartUpload has no upload id');
      if ((answer.$metadata.attempts ?? 1) > 1) await abortOthers(requests, target, id);
      return new MultipartUpload(requests, target, id, terms, onBytes);
    } catch (error) {
      // First, for where others have learned its terms meanwhile, this one is begun again.
      if (mayHaveOpened(error)) await abortOthers(requests, target, undefined);
      if (requests.terms.learnFrom(error, terms)) throw otherTerms(target, error);
      throw toRepartitionError(error, 'write', target.where, signal);
    }
  }

  /**
   * @param number from 1
   * @param stop see {@link PartStop}
   */
  async put(number: number, body: Uint8Array, { soft, hard }: PartStop): Promise<void> {
    const answer = await this.sendPart('write', this.target.where, soft, (client) =>
      client.send(
        new UploadPartCommand({
          ...this.inUpload,
          ...checksummed(this.terms),
          PartNumber: number,
          Body: body,
          ContentLength: body.byteLength,
        }),
        { abortSignal: hard },
      ),
    );
    this.note(number, answer, body.byteLength);
  }

  /**
   * @param stop see {@link PartStop}
   * @throws RepartitionError `changed` when the source is not the version it was
   */
  async copy(number: number, source: CopyRange, stop: PartStop): Promise<void> {
    const answer = await this.sendCopy(number, source, stop);
    this.note(number, answer.CopyPartResult ?? {}, source.end - source.start);
  }

  /**
   * Whether the server looks at the version of what it copies: asked for one that there can't be. What it copies all the
   * same is replaced by the first part.
   */
  async refusesOtherVersions(source: Omit<CopyRange, 'version'>, stop: PartStop): Promise<boolean> {
    try {
      await this.sendCopy(1, { ...source, version: NO_VERSION }, stop);
      return false;
    } catch (error) {
      if (error instanceof RepartitionError && error.code === 'changed') return true;
      throw error;
    }
  }

  private sendCopy(
    number: number,
    source: CopyRange,
    { soft, hard }: PartStop,
  ): Promise<UploadPartCopyCommandOutput> {
    const { expectedBucketOwner } = this.requests.options;
    return this.sendPart('read', source.where, soft, (client) =>
      client.send(
        new UploadPartCopyCommand({
          ...this.inUpload,
          ...(expectedBucketOwner === undefined ? {} : { ExpectedSourceBucketOwner: expectedBucketOwner }),
          PartNumber: number,
          CopySource: copySource(this.requests.bucket, source.key),
          CopySourceIfMatch: `"${source.version}"`,
          CopySourceRange: `bytes=${source.start}-${source.end - 1}`,
        }),
        { abortSignal: hard },
      ),
    );
  }

  /**
   * The CRC32 that the server gives a copied range, in base64. Later parts with that number replace what was copied.
   */
  async checksumOfCopy(number: number, source: CopyRange, stop: PartStop): Promise<string | undefined> {
    return (await this.sendCopy(number, source, stop)).CopyPartResult?.ChecksumCRC32;
  }

  async complete(signal: AbortSignal | undefined): Promise<WrittenStat> {
    const parts = [...this.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.requests.send(signal, (client, http) =>
          client.send(
            new CompleteMultipartUploadCommand({ ...this.inUpload, MultipartUpload: { Parts: parts } }),
            http,
          ),
        );
        // A reply of 200 can hold an error instead of a result; the SDK sees the usual form of it, not each.
        if (answer.ETag !== undefined) {
          const { path } = this.target;
          return { path, size: this.size, version: versionFrom(answer.ETag), ...wholeChecksum(answer) };
        }
        if (attempt >= COMPLETE_ATTEMPTS) {
          throw new Error('S3 answered CompleteMultipartUpload with 200 but without a result');
        }
        await backOff(attempt, signal);
      } catch (error) {
        if (this.requests.terms.learnFrom(error, this.terms)) throw otherTerms(this.target, error);
        if (!isS3Error(error, 'NoSuchUpload')) throw error;
        // Either it is gone, or an attempt before did its work and the reply was lost.
        const done = await this.findCompleted(parts, signal);
        if (done) return done;
        throw new BeginAgain(`the upload of ${this.target.where} is gone`);
      }
    }
  }

  /**
   * Aborts until the upload is gone. A part that was cut off on its way may still arrive, and then keeps the upload
   * open with all its bytes: so S3's documents ask for a look whether any is left, and to abort once more.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
   * Never rejects: what went wrong comes back, for there is an error to be thrown already.
   */
  abort(): Promise<unknown> {
    return abortUntilGone(this.requests, this.target.key, this.id);
  }

  private get inUpload() {
    return { ...this.requests.common, Key: this.target.key, UploadId: this.id };
  }

  private async sendPart<T>(
    action: 'read' | 'write',
    where: string,
    signal: AbortSignal | undefined,
    call: Parameters<typeof this.requests.send<T>>[1],
  ): Promise<T> {
    try {
      return await this.requests.send(signal, call);
    } catch (error) {
      if (isS3Error(error, 'NoSuchUpload'))
        throw new BeginAgain(`the upload of ${this.target.where} is gone`);
      if (this.requests.terms.learnFrom(error, this.terms)) throw otherTerms(this.target, error);
      throw toRepartitionError(error, action, where, signal);
    }
  }

  private note(number: number, answer: CompletedPart, size: number): void {
    const { ETag, ChecksumCRC32 } = answer;
    if (ETag === undefined) {
      throw new RepartitionError('storage', `S3 gave part ${number} of ${this.target.where} no ETag`, {
        hint: 'Use a server that answers UploadPart and UploadPartCopy as S3 does.',
      });
    }
    this.parts.set(number, {
      PartNumber: number,
      ETag,
      ...(this.terms.checksums === 'parts' && ChecksumCRC32 !== undefined ? { ChecksumCRC32 } : {}),
    });
    this.size += size;
    this.onBytes?.(size);
  }

  /** The finished object, if it is there and is ours: its ETag says which parts it was made of. */
  private async findCompleted(
    parts: readonly CompletedPart[],
    signal: AbortSignal | undefined,
  ): Promise<WrittenStat | undefined> {
    const expected = multipartEtag(parts);
    if (expected === undefined) return undefined;
    try {
      const head = await this.requests.head(this.target.key, signal);
      if (head?.version !== expected || head.size !== this.size) return undefined;
      return { path: this.target.path, ...head };
    } catch {
      return undefined;
    }
  }
}

/** Whether an upload may have been begun, now or by an attempt before, although no id came back. 501: not implemented. */
function mayHaveOpened(error: unknown): boolean {
  const { status = 0, attempts = 1 } = failureOf(error);
  return isNetworkFailure(error) || (status >= 500 && status !== 501) || attempts > 1;
}

function otherTerms({ where }: Target, cause: unknown): BeginAgain {
  return new BeginAgain(`the server wants the upload of ${where} otherwise`, { cause });
}

/** The checksum of a whole object, if an answer has it: those that are put together from parts' have their number behind. */
export function wholeChecksum({ ChecksumCRC64NVME }: { ChecksumCRC64NVME?: string | undefined }): {
  crc64nvme?: string;
} {
  if (ChecksumCRC64NVME === undefined || ChecksumCRC64NVME.includes('-')) return {};
  return { crc64nvme: ChecksumCRC64NVME };
}

/**
 * @returns undefined when the upload is gone, else what went wrong
 */
export async function abortUntilGone(requests: Requests, key: string, id: string): Promise<unknown> {
  const upload = { ...requests.common, Key: key, UploadId: id };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await requests.send(undefined, (client) => client.send(new AbortMultipartUploadCommand(upload)));
      if (!(await hasParts(requests, upload))) return undefined;
      if (attempt >= ABORT_ATTEMPTS) return new Error('parts still arrive');
      await backOff(attempt, undefined);
    } catch (error) {
      return isGone(error) ? undefined : error;
    }
  }
}

/** Whether an upload that was aborted is still there. Who may not ask is told no. */
async function hasParts(
  requests: Requests,
  upload: { Bucket: string; Key: string; UploadId: string },
): Promise<boolean> {
  try {
    await requests.send(undefined, (client) => client.send(new ListPartsCommand({ ...upload, MaxParts: 1 })));
    return true;
  } catch (error) {
    if (isGone(error) || failureOf(error).status === 403) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return isS3Error(error, 'NoSuchUpload') || failureOf(error).status === 404;
}

/** MD5 of the parts' MD5s and their number; `undefined` where ETags are not MD5s, as under SSE-KMS. */
function multipartEtag(parts: readonly CompletedPart[]): string | undefined {
  const hash = createHash('md5');
  for (const part of parts) {
    const md5 = versionFrom(part.ETag);
    if (!/^[0-9a-f]{32}$/.test(md5)) return undefined;
    hash.update(md5, 'hex');
  }
  return `${hash.digest('hex')}-${parts.length}`;
}

/**
 * When CreateMultipartUpload had to be repeated, the attempt before may have opened an upload whose id was lost
 * on the way. It is found by its key and aborted. Should another run be making the same object just then, its
 * upload is taken along, and that run starts the object over (`BeginAgain`).
 */
async function abortOthers(requests: Requests, target: Target, ours: string | undefined): Promise<void> {
  try {
    const answer = await requests.send(undefined, (client) =>
      client.send(new ListMultipartUploadsCommand({ ...requests.common, Prefix: target.key })),
    );
    for (const { Key, UploadId } of answer.Uploads ?? []) {
      if (Key !== target.key || UploadId === undefined || UploadId === ours) continue;
      if ((await abortUntilGone(requests, Key, UploadId)) !== undefined) requests.noteLeftOpen();
    }
  } catch {
    // Best effort: listing uploads is a permission of its own, and our upload does not depend on it.
  }
}
