/** A job's entry point: a script on S3, or a local one that goes there when it changed. */
import { readFile } from 'node:fs/promises';
import { RepartitionError } from '../errors.js';
import { parseS3Url } from '../s3/keys.js';
import type { Bucket } from './bucket.js';
import { usage } from './errors.js';
import type { Step } from './requests.js';
import type { AwsSession } from './session.js';

/** Entry points are scripts; anything larger is a mistake. */
const LARGEST_ENTRY_POINT = 16 * 1024 ** 2;

export interface EntryPoint {
  url: string;
  /** What has to be uploaded, if anything. */
  bytes?: Buffer;
  steps: Step[];
}

/** Which script is meant. */
export interface EntryPointChoice {
  /** A local file, or `s3://…`. */
  entryPoint: string;
  /** Where a local one goes. */
  url: string;
  /** What it is in a checkout of GraphStorm, for messages. */
  usually: string;
}

/**
 * Finds the script, or what has to be uploaded of it.
 * @param open opens a bucket, if the job can reach it
 * @throws RepartitionError `not-found`, `usage`, and what keeps us from looking
 */
export async function lookAtEntryPoint(
  { entryPoint, url, usually }: EntryPointChoice,
  open: (bucket: string) => Promise<Bucket>,
  signal: AbortSignal | undefined,
): Promise<EntryPoint> {
  if (/^s3:/i.test(entryPoint)) {
    const { bucket: name, prefix: key } = parseS3Url(entryPoint);
    const bucket = await open(name);
    const there = await bucket.stat(key, signal);
    bucket.close();
    if (there !== undefined) return { url: entryPoint, steps: [] };
    throw new RepartitionError('not-found', `no entry point at ${entryPoint}`, {
      hint: 'Give `entryPoint` a local file to have it uploaded.',
    });
  }
  const bytes = await readEntryPoint(entryPoint, usually);
  const { bucket: name, prefix: key } = parseS3Url(url);
  const bucket = await open(name);
  try {
    const there = await bucket.get(key, bytes.length, signal);
    if (there !== undefined && bytes.equals(there)) return { url, steps: [] };
  } finally {
    bucket.close();
  }
  const request: Step['request'] = {
    service: 's3',
    operation: 'PutObject',
    input: { Bucket: name, Key: key },
    source: entryPoint,
  };
  return { url, bytes, steps: [{ title: `upload the entry point to ${url}`, request }] };
}

async function readEntryPoint(path: string, usually: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new RepartitionError('not-found', `cannot read the entry point ${path}: ${why}`, {
      hint: `Give the path of ${usually} in a GraphStorm checkout.`,
    });
  }
  if (bytes.length > 0 && bytes.length <= LARGEST_ENTRY_POINT) return bytes;
  throw usage(`the entry point ${path} has ${bytes.length} bytes`, `Give GraphStorm’s ${usually}.`);
}

export async function upload(
  session: AwsSession,
  url: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { bucket: name, prefix: key } = parseS3Url(url);
  const bucket = await session.bucket(name, signal);
  try {
    await bucket.put(key, bytes, signal);
  } finally {
    bucket.close();
  }
}
