/** What people write for a prefix and what is none: what to write instead. */

/** Hosts of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html */
const PATH_STYLE = /^s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/;
const HOSTED = /^(.+)\.s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/;
const CONSOLE = /(?:^|\.)console\.aws\.amazon\.com$/;
const ARN = /^arn:aws[\w-]*:s3:::([^/]+)\/?(.*)$/i;
/** Where Hadoop and others keep files. */
const ELSEWHERE = new Set([
  'hdfs',
  'gs',
  'abfs',
  'abfss',
  'wasb',
  'wasbs',
  'adl',
  'dbfs',
  'viewfs',
  'maprfs',
]);

/**
 * @param prefix as a person gave it
 * @returns what to do, a sentence; undefined where nobody knows what is meant. Nothing of a URL that could be a password
 */
export function adviceFor(prefix: string): string | undefined {
  const [, bucket, key] = ARN.exec(prefix) ?? [];
  if (bucket !== undefined) return writeAs(bucket, key);
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(prefix)?.[0].toLowerCase() ?? '';
  if (scheme === 'arn')
    return 'Write s3://bucket/prefix; of an access point its alias, which ends in -s3alias.';
  if (ELSEWHERE.has(scheme)) {
    return 'Copy the graph to a disk or to S3 (`hadoop distcp` and `rclone copy` do that), and give that.';
  }
  if (scheme === 'http' || scheme === 'https') return adviceForWeb(prefix);
  return undefined;
}

function adviceForWeb(prefix: string): string | undefined {
  let url: URL;
  try {
    url = new URL(prefix);
  } catch {
    return undefined;
  }
  const path = url.pathname.replace(/^\/+/, '');
  if (CONSOLE.test(url.hostname)) {
    const [, bucket] = /^s3\/(?:buckets|object|home)\/([^/]+)/.exec(path) ?? [];
    return bucket === undefined ? undefined : writeAs(bucket, url.searchParams.get('prefix') ?? '');
  }
  if (PATH_STYLE.test(url.hostname)) {
    const [bucket = '', ...rest] = path.split('/');
    return bucket === '' ? undefined : writeAs(bucket, rest.join('/'));
  }
  const [, bucket] = HOSTED.exec(url.hostname) ?? [];
  if (bucket !== undefined) return writeAs(bucket, path);
  return 'Give the prefix as s3://bucket/prefix, and a server that is not of AWS with `endpointUrl`.';
}

function writeAs(bucket: string, key = ''): string {
  const prefix = decoded(key).replace(/\/+$/, '');
  return `Write s3://${bucket}${prefix === '' ? '' : `/${prefix}`}.`;
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
