/**
 * The alignment as a job on an application of EMR Serverless whose image has Node.js and this package: its entry point is
 * the driver of `--engine spark`, which starts the command beside itself.
 */
import { fileURLToPath } from 'node:url';
import { asS3Url, parseS3Url } from '../s3/keys.js';
import { jobRunRequest } from './job.js';
import type { AwsSession } from './session.js';
import {
  checkRun,
  openNearby,
  placeOf,
  type RunOptions,
  type StartedJob,
  startOn,
  type SubmitCallOptions,
} from './submit.js';

/** `src/aws`, `dist/aws` and `dist/bin` are equally far from it. */
const ENTRY_POINT = fileURLToPath(new URL('../../spark/align_tasks.py', import.meta.url));

/** The job: which graph is aligned, on which application, under which role. */
export interface AlignmentJobOptions extends RunOptions {
  /** The graph: `s3://bucket/prefix`. */
  inputPrefix: string;
  /** More options of `gs-repartition`, as they are typed. */
  extraArguments?: readonly string[] | undefined;
}

/** What the job is called unless somebody says. */
export const ALIGNMENT_JOB = 'gs-repartition';

/** What an alignment has to do, as a plan tells it. */
export interface AlignmentWork {
  /** Footers to read. */
  parts: number;
  /** Parts to make, and their bytes. */
  tasks: number;
  bytes: number;
}

/** Of a worker of EMR Serverless: https://docs.aws.amazon.com/emr-serverless/latest/UserGuide/app-behavior.html */
const CORES = 4;
/** What an executor does in about a minute: no more of them are asked for than have as much to do. */
const PER_EXECUTOR: AlignmentWork = { parts: 16_384, tasks: 1_024, bytes: 256 * 1024 ** 3 };
const MOST_EXECUTORS = 100;

/**
 * The Spark configuration for so much work: executors of four cores, each with a worker process of its own beside Spark.
 *
 * @example
 * ```ts
 * import { alignmentConf } from 'gs-repartition/upstream';
 *
 * const conf = alignmentConf({ parts: 1_000_000, tasks: 800_000, bytes: 100e12 });
 * console.log(conf['spark.dynamicAllocation.maxExecutors']);
 * // 100
 * ```
 */
export function alignmentConf(work: AlignmentWork): Record<string, string> {
  const wanted = (['parts', 'tasks', 'bytes'] as const).map((what) =>
    Math.ceil(work[what] / PER_EXECUTOR[what]),
  );
  const most = Math.min(MOST_EXECUTORS, Math.max(1, ...wanted));
  return {
    'spark.driver.cores': '4',
    'spark.driver.memory': '4g',
    'spark.driver.memoryOverhead': '4g',
    'spark.executor.cores': String(CORES),
    // Spark itself does little; most of an executor's memory is for what runs beside it.
    'spark.executor.memory': '3g',
    'spark.executor.memoryOverhead': '5g',
    'spark.dynamicAllocation.enabled': 'true',
    'spark.dynamicAllocation.initialExecutors': String(most),
    'spark.dynamicAllocation.maxExecutors': String(most),
  };
}

/**
 * Starts the job.
 * @throws RepartitionError `usage`, `not-found`, `access`, `aws`; then no job was started
 *
 * @example
 * ```ts no-run
 * import { AwsSession, followJob, submitAlignment } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const started = await submitAlignment(session, {
 *   applicationName: 'gsprocessing-0.2.2',
 *   executionRole: 'gsprocessing-emr-serverless',
 *   inputPrefix: 's3://graphs/graph',
 * });
 * console.log(started.jobRunId !== undefined && (await followJob(session, { ...started, jobRunId: started.jobRunId })).state);
 * ```
 */
export async function submitAlignment(
  session: AwsSession,
  given: AlignmentJobOptions,
  call: SubmitCallOptions = {},
): Promise<StartedJob> {
  const { signal } = call;
  const inputPrefix = asS3Url(given.inputPrefix);
  const { bucket } = parseS3Url(inputPrefix);
  checkRun(given);
  const place = await placeOf(session, given, signal);
  (await openNearby(session, bucket, place.application, signal)).close();
  const words = ['--input-prefix', inputPrefix, ...(given.extraArguments ?? [])];
  // The script goes into the graph's bucket.
  const options = { ...given, entryPoint: ENTRY_POINT, outputPrefix: inputPrefix };
  const name = { jobName: given.jobName ?? ALIGNMENT_JOB };
  return startOn(session, place, options, (settings) => jobRunRequest({ ...settings, ...name }, words), call);
}
