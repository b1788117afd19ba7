/** Why did it die? The driver's last error lines, and the commands to look further. */
import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import type { JobRun } from '@aws-sdk/client-emr-serverless';
import { typedWords } from '../aws-config/words.js';
import { messageOf } from '../errors.js';
import { parseS3Url } from '../s3/keys.js';
import { logUriOf } from './job.js';
import type { Log } from './persist.js';
import type { AwsOptions, AwsSession } from './session.js';

/** Compressed; a log larger than this is looked at by hand. */
const LARGEST_LOG = 64 * 1024 ** 2;
const TAIL_CHARACTERS = 256 * 1024;
const MOST_LINES = 20;

/**
 * Where a driver's log is on S3.
 * https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html
 *
 * @example
 * ```ts no-run
 * import { AwsSession, driverLogUrl, getJob } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * console.log(driverLogUrl(await getJob(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' }), 'stderr'));
 * ```
 */
export function driverLogUrl(job: JobRun, stream: 'stderr' | 'stdout'): string | undefined {
  const logUri = logUriOf(job);
  if (logUri === undefined) return undefined;
  const folder = `applications/${job.applicationId ?? ''}/jobs/${job.jobRunId ?? ''}/SPARK_DRIVER`;
  return `${logUri.replace(/\/+$/, '')}/${folder}/${stream}.gz`;
}

/**
 * The driver's last error lines; empty when its log is not on S3 or not there yet. Never throws.
 *
 * @example
 * ```ts no-run
 * import { AwsSession, driverErrorLines, followJob } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const job = await followJob(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' });
 * if (job.state !== 'SUCCESS') for (const line of await driverErrorLines(session, job)) console.log(line);
 * ```
 */
export async function driverErrorLines(
  session: AwsSession,
  job: JobRun,
  { log, signal }: { log?: Log | undefined; signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  for (const stream of ['stderr', 'stdout'] as const) {
    const url = driverLogUrl(job, stream);
    if (url === undefined) return [];
    try {
      const lines = lastErrorLines(await readTail(session, url, signal));
      if (lines.length > 0) return lines;
    } catch (error) {
      // The job's own failure is what matters; that its log cannot be read is a side remark.
      log?.debug(`cannot read ${url}: ${messageOf(error)}`);
    }
  }
  return [];
}

async function readTail(session: AwsSession, url: string, signal: AbortSignal | undefined): Promise<string> {
  const { bucket: name, prefix: key } = parseS3Url(url);
  const bucket = await session.bucket(name, signal);
  try {
    const compressed = await bucket.get(key, LARGEST_LOG, signal);
    if (compressed === undefined) return '';
    let tail = '';
    for await (const chunk of Readable.from([compressed]).pipe(createGunzip()).setEncoding('utf8')) {
      tail = (tail + String(chunk)).slice(-TAIL_CHARACTERS);
    }
    return tail;
  } finally {
    bucket.close();
  }
}

/**
 * The lines of a log that tell why it ended: the last Python traceback, or else what follows the last line with an
 * error in it, or else the last lines.
 * @internal exported for its tests
 */
export function lastErrorLines(text: string, most = MOST_LINES): string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  const traceback = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last)'));
  const error = lines.findLastIndex((line) => /\b(ERROR|FATAL|CRITICAL)\b|(Error|Exception)\b.*:/.test(line));
  let from = traceback >= 0 ? traceback : error;
  let to = lines.length;
  if (traceback >= 0) {
    // Frames are indented; the first line that is not is the exception itself.
    const end = lines.findIndex((line, i) => i > traceback && /^\S/.test(line));
    to = end < 0 ? lines.length : end + 1;
  }
  if (from < 0) from = Math.max(0, to - most);
  if (to - from <= most) return lines.slice(from, to);
  // The end of a traceback says more than its beginning; the beginning of other errors says more than what follows.
  return traceback >= 0 ? lines.slice(to - most, to) : lines.slice(from, from + most);
}

/**
 * Commands to look further, to be typed as they are.
 *
 * @example
 * ```ts no-run
 * import { AwsSession, followJob, furtherCommands } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const job = await followJob(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' });
 * for (const command of furtherCommands(job, await session.region())) console.log(command);
 * ```
 * @param way what the session was told of the way to AWS
 */
export function furtherCommands(
  job: JobRun,
  region: string,
  { profile, endpointUrl }: Pick<AwsOptions, 'profile' | 'endpointUrl'> = {},
): string[] {
  const { applicationId = '', jobRunId = '' } = job;
  const way = typedWords({ region, profile, endpointUrl });
  const id = `--application-id ${applicationId} --job-run-id ${jobRunId}${way}`;
  const url = driverLogUrl(job, 'stderr');
  return [
    `gs-repartition emr-serverless status ${id}`,
    `aws emr-serverless get-job-run ${id}`,
    ...(url === undefined
      ? []
      : [`aws s3 cp ${url} -${typedWords({ profile, endpointUrl })} | gunzip | tail -n 200`]),
  ];
}
