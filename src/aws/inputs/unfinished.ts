/** Uploads that were begun and never ended, since a process was killed: what they have of a file need not be sent again. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  type ChecksumAlgorithm,
  type ChecksumType,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type MultipartUpload,
  type Part,
} from '@aws-sdk/client-s3';
import { throwIfAborted } from '../../errors.js';
import { versionFrom } from '../../s3/etag.js';
import { abortUntilGone } from '../../s3/upload.js';
import type { Bucket } from '../bucket.js';

/** What CreateMultipartUpload says of checksums. */
export interface Announced {
  ChecksumAlgorithm?: ChecksumAlgorithm;
  ChecksumType?: ChecksumType;
}

export interface Unfinished {
  id: string;
  /** By their numbers. */
  parts: ReadonlyMap<number, Part>;
}

/**
 * The upload of a key that can be gone on with: the youngest of those that were begun as we would begin one. Whoever may not
 * ask, or asks a server that does not tell, begins another.
 */
export async function findUnfinished(
  bucket: Bucket,
  key: string,
  announced: Announced,
  signal: AbortSignal | undefined,
): Promise<Unfinished | undefined> {
  try {
    const uploads = await uploadsOf(bucket, key, announced, signal);
    const [youngest] = uploads.sort((a, b) => timeOf(b) - timeOf(a));
    const id = youngest?.UploadId;
    if (id === undefined) return undefined;
    if (Object.keys(bucket.requests.encryption).length === 0) {
      return { id, parts: await partsOf(bucket, key, id, signal) };
    }
    // Nobody tells how it would be encrypted.
    await abortUntilGone(bucket.requests, key, id);
  } catch {
    throwIfAborted(signal);
  }
  return undefined;
}

/** Whether a part that is there holds these bytes. Its ETag is their MD5, but for keys of KMS. */
export function isSamePart({ Size, ETag, ChecksumCRC32 }: Part, bytes: Uint8Array): boolean {
  if (Size !== bytes.byteLength) return false;
  if (versionFrom(ETag) === createHash('md5').update(bytes).digest('hex')) return true;
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return ChecksumCRC32 === sum.toString('base64');
}

/** Asked for by the whole key: some servers list no others, and no bucket has thousands of one key. */
async function uploadsOf(
  { requests }: Bucket,
  key: string,
  { ChecksumAlgorithm, ChecksumType }: Announced,
  signal: AbortSignal | undefined,
): Promise<MultipartUpload[]> {
  const { Uploads = [] } = await requests.send(signal, (client, http) =>
    client.send(new ListMultipartUploadsCommand({ ...requests.common, Prefix: key }), http),
  );
  return Uploads.filter(
    (one) =>
      one.Key === key && one.ChecksumAlgorithm === ChecksumAlgorithm && one.ChecksumType === ChecksumType,
  );
}

async function partsOf(
  { requests }: Bucket,
  key: string,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Map<number, Part>> {
  const found = new Map<number, Part>();
  let after: string | undefined;
  do {
    const input = { ...requests.common, Key: key, UploadId: id, PartNumberMarker: after };
    const page = await requests.send(signal, (client, http) =>
      client.send(new ListPartsCommand(input), http),
    );
    for (const part of page.Parts ?? []) found.set(part.PartNumber ?? 0, part);
    // Servers give the last page a marker too.
    after = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (after !== undefined);
  return found;
}

function timeOf({ Initiated }: MultipartUpload): number {
  return Initiated?.getTime() ?? 0;
}
