import { RepartitionError } from '../errors.js';

const SCHEME = 's3://';

/**
 * Takes `s3://bucket/prefix` apart. A trailing slash makes no difference; without a prefix the bucket's root is
 * meant.
 * @throws RepartitionError `usage`
 */
export function parseS3Url(text: string): { bucket: string; prefix: string } {
  if (!text.startsWith(SCHEME)) {
    throw new RepartitionError('usage', `not an S3 prefix: ${text}`, {
      hint: 'Write it as s3://bucket/prefix.',
    });
  }
  const rest = text.slice(SCHEME.length);
  const slash = rest.indexOf('/');
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  const prefix = slash < 0 ? '' : rest.slice(slash + 1).replace(/\/+$/, '');
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; capitals and underscores
  // occur in old buckets and on other servers.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket)) {
    throw new RepartitionError('usage', `not a bucket name: "${bucket}" in ${text}`, {
      hint: 'Write the prefix as s3://bucket/prefix; for an access point give its alias instead of its ARN.',
    });
  }
  if (
    prefix.split('/').some((name, _, all) => name === '.' || name === '..' || (name === '' && all.length > 1))
  ) {
    throw new RepartitionError('usage', `the prefix of ${text} has an empty folder name, "." or ".." in it`, {
      hint: 'Write the prefix as s3://bucket/folder/folder.',
    });
  }
  return { bucket, prefix };
}

/** The key of a path relative to the prefix; the empty path is the prefix itself. */
export function keyOf(prefix: string, path: string): string {
  if (prefix === '') return path;
  return path === '' ? prefix : `${prefix}/${path}`;
}

/** What all keys directly or indirectly in a folder begin with. */
export function folderKey(prefix: string, folder: string): string {
  const key = keyOf(prefix, folder).replace(/\/+$/, '');
  return key === '' ? '' : `${key}/`;
}

/**
 * The `x-amz-copy-source` header for an object: the server decodes it, so each name of the key is
 * percent-encoded (also `+`, which some servers would read as a space) and the slashes between them stay.
 */
export function copySource(bucket: string, key: string): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}
