/** What S3 says of an object's bytes, computed of a local file's. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import { throwIfAborted } from '../../errors.js';
import { readError } from './local-files.js';

/** A checksum over all bytes of an object. */
export type ChecksumName = 'crc32' | 'sha1' | 'sha256';

const READ_BYTES = 1024 * 1024;

/**
 * Digests that grow with the bytes: a checksum of all, or an ETag, which is the MD5 of a single part or the MD5 of the
 * parts' MD5s and their number. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
export interface Digest {
  add(bytes: Uint8Array): void;
  /** In S3's notation: hexadecimal for ETags, Base64 for checksums. */
  end(): string;
}

/** @param partSize bytes of each part but the last; Infinity for an object that was put in one piece */
export function etagDigest(partSize: number): Digest {
  const parts: Buffer[] = [];
  let part = createHash('md5');
  let room = partSize;
  const close = (): void => {
    parts.push(part.digest());
    part = createHash('md5');
    room = partSize;
  };
  return {
    add(bytes) {
      for (let from = 0; from < bytes.length;) {
        if (room === 0) close();
        const to = Math.min(bytes.length, from + room);
        part.update(bytes.subarray(from, to));
        room -= to - from;
        from = to;
      }
    },
    end() {
      close();
      if (partSize === Infinity) return parts[0]!.toString('hex');
      return `${createHash('md5').update(Buffer.concat(parts)).digest('hex')}-${parts.length}`;
    },
  };
}

export function checksumDigest(name: ChecksumName): Digest {
  if (name !== 'crc32') {
    const hash: Hash = createHash(name);
    return { add: (bytes) => void hash.update(bytes), end: () => hash.digest('base64') };
  }
  let sum = 0;
  return {
    add: (bytes) => void (sum = crc32(bytes, sum)),
    end() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(sum);
      return bytes.toString('base64');
    },
  };
}

/**
 * Reads a file block by block.
 * @throws RepartitionError `not-found`, `access`, `storage`, `interrupted`
 */
export async function* blocksOf(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const block of createReadStream(file, { highWaterMark: READ_BYTES })) {
      throwIfAborted(signal);
      yield block as Buffer;
    }
  } catch (error) {
    throw readError(error, file);
  }
}

/** Several digests of a file, in one go. */
export async function digestsOf(
  file: string,
  digests: readonly Digest[],
  signal?: AbortSignal,
): Promise<string[]> {
  if (digests.length === 0) return [];
  for await (const block of blocksOf(file, signal)) for (const digest of digests) digest.add(block);
  return digests.map((digest) => digest.end());
}
