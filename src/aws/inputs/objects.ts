/** What lies under the input prefix, and how a file goes there. Loads the S3 SDK, as `bucket.ts` does. */
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { interrupted, messageOf, RepartitionError } from '../../errors.js';
import { failureOf, isS3Error, toRepartitionError } from '../../s3/errors.js';
import { versionFrom } from '../../s3/etag.js';
import { abortUntilGone, leftOpen, UPLOAD_TRIES, withAdvice } from '../../s3/upload.js';
import type { Bucket } from '../bucket.js';
import type { Log } from '../persist.js';
import { blocksOf, checksumDigest, type ChecksumName, etagDigest } from './digests.js';
import { type LocalFile, reading } from './local-files.js';
import { partSizeFor } from './part-size.js';
import { StoppableRequests } from './stoppable-requests.js';
import { type Announced, findUnfinished } from './unfinished.js';

export interface ListedObject {
  /** Bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
}

/** Parts of a large file side by side, and how many bytes of them at most. */
const PARTS_AT_ONCE = 4;
const BYTES_AT_ONCE = 64 * 1024 ** 2;

/**
 * The objects whose keys begin with `folder`, by what follows it. A thousand a request.
 * @throws RepartitionError `access`, `not-found`, `storage`
 */
export async function objectsIn(
  bucket: Bucket,
  folder: string,
  signal?: AbortSignal,
): Promise<Map<string, ListedObject>> {
  const { requests } = bucket;
  const found = new Map<string, ListedObject>();
  let token: string | undefined;
  try {
    do {
      const input = { ...requests.common, Prefix: folder, ContinuationToken: token };
      const page = await requests.send(signal, (client, http) =>
        client.send(new ListObjectsV2Command(input), http),
      );
      for (const { Key = '', Size = 0, ETag } of page.Contents ?? []) {
        found.set(Key.slice(folder.length), { size: Size, etag: versionFrom(ETag) });
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  } catch (error) {
    throw toRepartitionError(error, 'list', bucket.url(folder), signal);
  }
  return found;
}

/** What S3 says of an object's bytes. */
export interface ObjectDigests {
  /** Without quotes. */
  etag: string;
  /** Whether the ETag is made of MD5s: under KMS keys it is not. */
  isMd5: boolean;
  /** A checksum over all bytes, where S3 keeps one that we know. */
  checksum?: { name: ChecksumName; value: string };
}

/**
 * Asks for what a list does not tell.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 * @returns `undefined` when there is no such object
 */
export async function digestsAt(
  bucket: Bucket,
  key: string,
  signal?: AbortSignal,
): Promise<ObjectDigests | undefined> {
  const { requests } = bucket;
  const input = { ...requests.common, Key: key, ChecksumMode: 'ENABLED' as const };
  try {
    const head = await requests.send(signal, (client, http) =>
      client.send(new HeadObjectCommand(input), http),
    );
    const { ChecksumCRC32: crc32, ChecksumSHA1: sha1, ChecksumSHA256: sha256 } = head;
    const known = Object.entries({ crc32, sha1, sha256 }) as [ChecksumName, string | undefined][];
    // One that is put together of the parts' is none over all bytes.
    const whole = head.ChecksumType === 'COMPOSITE' ? [] : known;
    const [name, value] = whole.find(([, one]) => one !== undefined && !/-\d+$/.test(one)) ?? [];
    return {
      etag: versionFrom(head.ETag),
      isMd5: !(head.ServerSideEncryption ?? '').startsWith('aws:kms'),
      ...(name === undefined || value === undefined ? {} : { checksum: { name, value } }),
    };
  } catch (error) {
    if (failureOf(error).status === 404) return undefined;
    throw toRepartitionError(error, 'read', bucket.url(key), signal);
  }
}

/** How {@link sendFile} goes about it. */
interface SendOptions {
  signal?: AbortSignal | undefined;
  /** Told how much of the file is there. */
  onBytes: (bytes: number) => void;
  log?: Log | undefined;
}

/**
 * Uploads a file: in one request, or in parts, several at once. Each request carries a checksum that S3 holds against
 * what arrives, and an object made of parts is looked at once more. Parts that a killed process has sent are not sent
 * again.
 * @throws RepartitionError `changed` when the file is written to meanwhile, or another object is there afterwards;
 *   `access`, `storage`, `interrupted`. No upload is left open.
 */
export async function sendFile(
  bucket: Bucket,
  key: string,
  local: LocalFile,
  options: SendOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await sendOnce(bucket, key, local, options, attempt > 1);
      return;
    } catch (error) {
      if (!(error instanceof BeginAgain)) throw error;
      if (attempt >= UPLOAD_TRIES) {
        throw new RepartitionError('changed', `somebody else ends the uploads of ${bucket.url(key)}`, {
          hint: 'Make sure that nobody else uploads there, then run the same command again.',
          operation: 'write',
          path: bucket.url(key),
          cause: error,
        });
      }
      options.log?.debug(`once more: the upload of ${bucket.url(key)} (${error.message})`);
    }
  }
}

/**
 * The upload is gone, or has parts that we did not send: others upload the same file, or went on where we were. Or what
 * was left open cannot be gone on with, or the server knows no checksums of a whole.
 */
class BeginAgain extends Error {
  override readonly name = 'BeginAgain';
}

/** @param isAnew leave alone what others have begun */
async function sendOnce(
  bucket: Bucket,
  key: string,
  local: LocalFile,
  { signal, onBytes, log }: SendOptions,
  isAnew: boolean,
): Promise<void> {
  const { requests } = bucket;
  const partSize = partSizeFor(local.size);
  const isOne = local.size <= partSize;
  // Over all bytes, not over the parts' checksums: whoever compares need not know the parts.
  const announced: Announced =
    requests.terms.mayName && !isOne ? { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } : {};
  const unfinished = isOne || isAnew ? undefined : await findUnfinished(bucket, key, announced, signal);
  if (unfinished !== undefined) {
    log?.info(`${local.path}: going on with an upload that was left open, of ${unfinished.parts.size} parts`);
  }
  const etag = etagDigest(isOne ? Infinity : partSize);
  const sum = checksumDigest('crc32');
  const blocks = async function* (): AsyncGenerator<Buffer> {
    for await (const block of blocksOf(local.file, signal)) {
      etag.add(block);
      sum.add(block);
      yield block;
    }
  };
  const sending = new StoppableRequests(requests.client, {
    unfinished,
    mayName: requests.terms.mayName,
    signal,
  });
  const upload = new Upload({
    client: sending.client,
    params: {
      ...requests.common,
      ...requests.encryption,
      ...announced,
      Key: key,
      Body: Readable.from(blocks(), { objectMode: false }),
      // Of a stream lib-storage would take the size that a link itself has.
      ContentLength: local.size,
    },
    partSize,
    queueSize: Math.max(1, Math.min(PARTS_AT_ONCE, Math.floor(BYTES_AT_ONCE / partSize))),
    // It would do so without owner and payer, once, and tell of that instead of what went wrong.
    leavePartsOnError: true,
  });
  upload.on('httpUploadProgress', ({ loaded = 0 }) => onBytes(Math.min(loaded, local.size)));
  try {
    await requests.send(signal, () => ended(upload, sending));
    await requireUnchanged(local);
    if (isOne || (await hasArrived(bucket, key, { etag: etag.end(), crc32: sum.end() }, signal))) return;
    if (sending.endFailed !== undefined) throw sending.endFailed;
    throw new RepartitionError('changed', `${bucket.url(key)} is not what ${local.file} was uploaded as`, {
      hint: 'Make sure that nobody else writes there, then run the same command again.',
      operation: 'write',
      path: bucket.url(key),
    });
  } catch (thrown) {
    await sending.stop();
    const isOpen =
      sending.uploadId !== undefined && (await abortUntilGone(requests, key, sending.uploadId)) !== undefined;
    if (signal?.aborted) throw withAdvice(interrupted(signal), bucket.url(key), isOpen);
    const error = sending.failure ?? thrown;
    // A file that shrinks or grows has another number of bytes than was said.
    if (!(error instanceof RepartitionError)) await requireUnchanged(local);
    const isLost =
      isS3Error(error, 'NoSuchUpload', 'InvalidPart') ||
      // versitygw forgets how an upload was begun when whoever ended it went away meanwhile.
      (unfinished !== undefined && isS3Error(error, 'InvalidRequest'));
    if (isLost || (announced.ChecksumType !== undefined && requests.terms.learnNoNames(error))) {
      if (isOpen) log?.warn(leftOpen(bucket.url(key)));
      throw new BeginAgain(messageOf(error), { cause: error });
    }
    throw withAdvice(toRepartitionError(error, 'write', bucket.url(key), signal), bucket.url(key), isOpen);
  }
}

/**
 * Runs an upload to its end. Where the last request fails, which makes one object of the parts, that tells nothing: it may
 * have done its work and its answer be lost, and then the next attempt finds no such upload. What lies there tells.
 */
async function ended(upload: Upload, sending: StoppableRequests): Promise<void> {
  try {
    await upload.done();
  } catch (error) {
    if (sending.endFailed === undefined) throw error;
  }
}

async function requireUnchanged({ file, size, modified }: LocalFile): Promise<void> {
  const now = await reading(file, () => stat(file));
  if (now.size === size && now.mtimeMs === modified) return;
  throw new RepartitionError('changed', `${file} was written to while it was uploaded`, {
    hint: 'Wait until nothing writes to it, then run the same command again.',
    operation: 'read',
    path: file,
  });
}

/** lib-storage takes a failure in a reply of 200 for success; and somebody else may have written there. */
async function hasArrived(
  bucket: Bucket,
  key: string,
  sent: { etag: string; crc32: string },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const there = await digestsAt(bucket, key, signal);
  return there?.checksum?.name === 'crc32'
    ? there.checksum.value === sent.crc32
    : there !== undefined && (!there.isMd5 || there.etag === sent.etag);
}
