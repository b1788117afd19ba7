import { RepartitionError } from '../errors.js';

/** `s3a` and `s3n` are how Hadoop calls it, so also Spark and EMR. */
const SCHEME = /^s3[an]?:\/\//i;

/** A URL of S3 as AWS's services write it, however its scheme was written; other text stays as it is. */
export function asS3Url(text: string): string {
  return text.replace(SCHEME, 's3://');
}

/**
 * Takes `s3://bucket/prefix` apart; `s3a`, `s3n` and capitals mean the same. A trailing slash makes no difference; without a
 * prefix the bucket's root is meant.
 * @throws RepartitionError `usage`
 */
export function parseS3Url(text: string): { bucket: string; prefix: string } {
  if (!SCHEME.test(text)) {
    // With one slash or none.
    const [, rest] = /^s3[an]?:\/?([^/@\s]+(?:\/.*)?)$/i.exec(text) ?? [];
    throw new RepartitionError('usage', `not an S3 prefix: ${text}`, {
      hint: `Write it as s3://${rest ?? 'bucket/prefix'}.`,
    });
  }
  const rest = text.replace(SCHEME, '');
  const slash = rest.indexOf('/');
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  const prefix = slash < 0 ? '' : rest.slice(slash + 1).replace(/\/+$/, '');
  refuseOtherKinds(rest, bucket);
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; capitals and underscores
  // occur in old buckets and on other servers.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket)) {
    // Hadoop's URLs could hold a key and its secret.
    const shown = bucket.includes('@')
      ? 'keys don’t belong into an S3 prefix'
      : `not a bucket name: "${bucket}" in ${text}`;
    throw new RepartitionError('usage', shown, {
      hint: 'Write the prefix as s3://bucket/prefix.',
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

/**
 * What stands where a bucket does and is none: each has its own way of being asked, and some neither copy ranges
 * nor list in the order of keys. An access point's alias is a bucket's name in all of this.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html#reserved
 */
const OTHER_KINDS: readonly (readonly [RegExp, kind: string, hint: string])[] = [
  [/^arn:aws[\w-]*:s3:::/, 'the ARN of a bucket', 'Write s3://bucket/prefix.'],
  [
    /^arn:aws[\w-]*:s3::\d{12}:accesspoint|^[^/]*\.mrap(\.accesspoint\.[^/]*)?(\/|$)/,
    'a Multi-Region Access Point',
    'Give one of the buckets behind it.',
  ],
  [
    /^arn:aws[\w-]*:s3:[^:]+:\d{12}:accesspoint/,
    'the ARN of an access point',
    'Give its alias instead, which ends in -s3alias: `aws s3control get-access-point` shows it.',
  ],
  [
    /^arn:aws[\w-]*:s3-outposts:|^[^/]*--op-s3(\/|$)/,
    'S3 on Outposts',
    'Copy the graph to a bucket of a region.',
  ],
  [
    /^arn:aws[\w-]*:s3-object-lambda:|^[^/]*--ol-s3(\/|$)/,
    'an Object Lambda Access Point',
    'Give the bucket behind it.',
  ],
  [
    /^arn:aws[\w-]*:s3express:|^[^/]*--xa?-s3(\/|$)/,
    'a directory bucket of S3 Express One Zone',
    'Copy the graph to a general purpose bucket.',
  ],
  [
    /^arn:aws[\w-]*:s3tables:|^[^/]*--table-s3(\/|$)/,
    'a table bucket of S3 Tables',
    'Copy the graph to a general purpose bucket.',
  ],
];

/**
 * @param rest of a URL, behind its scheme
 * @param name what stands there for a bucket
 * @throws RepartitionError `usage` when that is none by its name
 */
export function refuseOtherKinds(rest: string, name: string): void {
  const [, kind, hint] = OTHER_KINDS.find(([pattern]) => pattern.test(rest)) ?? [];
  if (kind === undefined) return;
  const shown = name.startsWith('arn:') ? rest : name;
  throw new RepartitionError('usage', `${shown} is ${kind}, not the name of a bucket`, { hint });
}

/** Names an object of the same bucket. */
export interface Namer {
  keyOf(path: string): string;
  describe(path: string): string;
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
