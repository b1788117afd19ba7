/** The job of a walk: which of the jobs there are is the one that these inputs and arguments ask for. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { join } from 'node:path/posix';
import type { JobRunSummary } from '@aws-sdk/client-emr-serverless';
import { parseS3Url } from '../../s3/keys.js';
import { blocksOf } from '../inputs/digests.js';
import type { ListedObject } from '../inputs/objects.js';
import type { JobSettings } from '../job.js';
import { startJobRunRequest } from '../job.js';
import { listJobs } from '../jobs.js';
import type { PersistOptions } from '../persist.js';
import type { AwsSession } from '../session.js';
import type { WalkSettings } from './settings.js';

const DEFAULT_JOB_NAME = 'gs-processing';
/** Jobs looked through, the latest first. */
const MOST_JOBS = 1000;

/** A job by what it depends on. */
export interface JobIdentity {
  /** The same for the same inputs, entry point, arguments and place of the output. */
  name: string;
  hash: string;
}

/** The job's arguments, with an entry point on S3 and without what only names it. */
export function jobSettings(
  { inputPrefix, outputPrefix, configFilename, submit }: WalkSettings,
  { applicationId, executionRoleArn }: { applicationId: string; executionRoleArn: string },
): JobSettings {
  return {
    ...submit,
    ...{ inputPrefix, outputPrefix, configFilename, applicationId, executionRoleArn },
    entryPoint: entryPointUrl({ outputPrefix, submit }),
    clientToken: '',
  };
}

/** Where the entry point is, or goes. */
export function entryPointUrl({
  outputPrefix,
  submit,
}: Pick<WalkSettings, 'outputPrefix' | 'submit'>): string {
  const { entryPoint, entryPointUrl: given } = submit;
  if (isOnS3(entryPoint)) return entryPoint;
  return given ?? `s3://${parseS3Url(outputPrefix).bucket}/emr-serverless-scripts/${basename(entryPoint)}`;
}

/**
 * Names the job after all that it depends on: tables or arguments that change ask for another job.
 * @param inputs what lies under the input prefix
 * @param entryPoint a digest of the script
 */
export function jobIdentity(
  settings: JobSettings,
  inputs: ReadonlyMap<string, ListedObject>,
  entryPoint: string,
): JobIdentity {
  const request = { ...startJobRunRequest(settings), name: '', clientToken: '' };
  const objects = [...inputs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { size, etag }]) => [path, size, etag]);
  const text = JSON.stringify([request, entryPoint, objects]);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { hash, name: `${settings.jobName ?? DEFAULT_JOB_NAME}-${hash.slice(0, 8)}` };
}

/** What lies under the input prefix, but for what the walk and its jobs write there themselves. */
export async function inputsAt(
  session: AwsSession,
  settings: WalkSettings,
  signal: AbortSignal | undefined,
): Promise<Map<string, ListedObject>> {
  const { bucket: name, prefix } = parseS3Url(settings.inputPrefix);
  const folder = prefix === '' ? '' : `${prefix}/`;
  const isWritten = isWrittenByWalk(settings);
  const bucket = await session.bucket(name, signal);
  try {
    const { objectsIn } = await import('../inputs/objects.js');
    const found = await objectsIn(bucket, folder, signal);
    for (const path of found.keys()) {
      if (isWritten(`${folder}${path}`)) found.delete(path);
    }
    return found;
  } finally {
    bucket.close();
  }
}

/**
 * Whether a key of the input's bucket is one that a walk, or a job of it, writes.
 * @internal exported for its tests
 */
export function isWrittenByWalk(settings: WalkSettings): (key: string) => boolean {
  const { inputPrefix, outputPrefix, submit, partition } = settings;
  const input = parseS3Url(inputPrefix);
  const keysOf = (urls: readonly (string | undefined)[]): string[] =>
    urls
      .filter((url) => url !== undefined)
      .map(parseS3Url)
      .filter(({ bucket }) => bucket === input.bucket)
      .map(({ prefix }) => prefix);
  const folders = [
    ...keysOf([outputPrefix, partition?.outputPrefix]),
    // https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html
    ...keysOf([submit.logUri]).flatMap((folder) => [join(folder, 'applications'), join(folder, 'jobs')]),
    'emr-serverless-scripts',
    'sagemaker-scripts',
  ]
    .map((folder) => (folder === '' ? '' : `${folder}/`))
    // What the tables themselves lie in says nothing of a key among them.
    .filter((folder) => !`${input.prefix}/`.startsWith(folder));
  const scripts = keysOf([entryPointUrl(settings), partition?.entryPointUrl]);
  return (key) => scripts.includes(key) || folders.some((folder) => key.startsWith(folder));
}

/** A digest of the script, here or on S3; empty where there is none. */
export async function entryPointDigest(
  session: AwsSession,
  entryPoint: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (!isOnS3(entryPoint)) {
    const hash = createHash('md5');
    for await (const block of blocksOf(entryPoint, signal)) hash.update(block);
    return hash.digest('hex');
  }
  const { bucket: name, prefix: key } = parseS3Url(entryPoint);
  const bucket = await session.bucket(name, signal);
  try {
    const { digestsAt } = await import('../inputs/objects.js');
    return (await digestsAt(bucket, key, signal))?.etag ?? '';
  } finally {
    bucket.close();
  }
}

/** The jobs of an application that have this name, the latest first. */
export async function jobsNamed(
  session: AwsSession,
  applicationId: string,
  name: string,
  options: PersistOptions,
): Promise<JobRunSummary[]> {
  const all = await listJobs(session, applicationId, { ...options, most: MOST_JOBS });
  return all.filter((job) => job.name === name);
}

export function isOnS3(path: string): boolean {
  return /^s3[an]?:/i.test(path);
}
