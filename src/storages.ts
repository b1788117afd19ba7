/** From what a person types to a storage, and from a location to the same storage in a worker. */
import { resolve } from 'node:path';
import { openLocalStorage } from '../storage/local.js';
import type { Storage, StorageLocation } from '../storage/storage.js';

/**
 * Where a prefix is.
 * @param s3 options of the S3 room, for `s3://` prefixes
 * @throws RepartitionError `usage` when an S3 URL is malformed
 */
export async function locate(
  inputPrefix: string,
  s3: Readonly<Record<string, string | number | boolean>> | undefined,
): Promise<StorageLocation> {
  // The AWS SDK takes a moment to load, which local runs need not wait for.
  if (!/^s3[an]?:/i.test(inputPrefix)) return { kind: 'local', root: resolve(inputPrefix) };
  const { parseS3Url } = await import('../s3/index.js');
  return { kind: 's3', ...parseS3Url(inputPrefix), ...(s3 && { options: s3 }) };
}

/**
 * Opens a location; the caller closes it.
 * @param ownThread for a thread that does nothing but tasks
 */
export async function openStorage(location: StorageLocation, { ownThread = false } = {}): Promise<Storage> {
  if (location.kind === 'local') return openLocalStorage(location.root, { ownThread });
  const { openS3Storage } = await import('../s3/index.js');
  return openS3Storage(location);
}
