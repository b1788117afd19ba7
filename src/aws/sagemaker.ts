/** Starts the alignment as a SageMaker Processing job. */
import type { CreateProcessingJobCommandInput } from '@aws-sdk/client-sagemaker';
import { RepartitionError } from '../errors.js';
import { parseS3Url } from '../s3/keys.js';
import {
  type ProcessingCallOptions,
  processingRole,
  readVolumeQuota,
  requireImageIn,
  startProcessing,
} from './processing.js';
import type { Step } from './requests.js';
import { DEFAULT_INSTANCE_TYPE, type ProcessingJobOptions, processingJobRequest } from './sagemaker-plan.js';
import { type AwsOptions, AwsSession } from './session.js';

/** A SageMaker job that was started, or would be. */
export interface StartedProcessingJob {
  jobName: string;
  region: string;
  /** In a dry run, what would be done. */
  steps: Step[];
}

/**
 * A session in a bucket's own region, unless one is given: where the reference's launcher runs its job too.
 *
 * @example
 * ```ts no-run
 * import { sessionNear } from 'gs-repartition/upstream';
 *
 * const session = await sessionNear({ profile: 'graphs' }, 's3://graphs/graph');
 * console.log(await session.region());
 * ```
 */
export async function sessionNear(
  options: AwsOptions,
  s3Url: string,
  signal?: AbortSignal,
): Promise<AwsSession> {
  if (options.region !== undefined) return new AwsSession(options);
  const bucket = await new AwsSession(options).bucket(parseS3Url(s3Url).bucket, signal);
  bucket.close();
  return new AwsSession({ ...options, region: bucket.region });
}

/**
 * Starts the alignment of a prefix on SageMaker.
 * @throws RepartitionError `usage`, `not-found`, `access`, `aws`; then no job was started
 *
 * @example
 * ```ts no-run
 * import { followProcessingJob, sessionNear, submitProcessingJob } from 'gs-repartition/upstream';
 *
 * const session = await sessionNear({}, 's3://graphs/graph');
 * const { jobName } = await submitProcessingJob(session, {
 *   s3InputPrefix: 's3://graphs/graph',
 *   role: 'sagemaker-execution',
 *   imageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/gs-repartition:latest',
 * });
 * await followProcessingJob(session, jobName);
 * ```
 */
export async function submitProcessingJob(
  session: AwsSession,
  options: ProcessingJobOptions,
  call: ProcessingCallOptions = {},
): Promise<StartedProcessingJob> {
  const { signal, log } = call;
  const region = await session.region();
  requireImageIn(region, options.imageUri);
  const roleArn = await processingRole(session, options.role, call);
  const inputBytes = await inputSize(session, options, signal);
  const { instanceType = DEFAULT_INSTANCE_TYPE } = options;
  const volumeQuota = await readVolumeQuota(session, { instanceType, count: 1 }, { log, signal });
  const facts = { roleArn, inputBytes, volumeQuota, now: call.now ?? new Date() };
  const request = processingJobRequest(options, facts);
  const volume = volumeOf(request);
  const wanted = volumeOf(processingJobRequest(options, { ...facts, volumeQuota: Infinity }));
  if (volume < wanted) log?.warn(`a volume of ${wanted} GB is wanted; the account may have ${volume} GB`);
  log?.info(`the graph has ${(inputBytes / 1e9).toFixed(3)} GB, the volume ${volume} GB`);
  const jobName = request.ProcessingJobName ?? '';
  const step: Step = {
    title: `start the job ${jobName} on one ${instanceType}`,
    request: { service: 'sagemaker', operation: 'CreateProcessingJob', input: request },
  };
  call.onStep?.(step);
  if (!call.dryRun) await startProcessing(session, request, call);
  return { jobName, region, steps: [step] };
}

function volumeOf({ ProcessingResources }: CreateProcessingJobCommandInput): number {
  return ProcessingResources?.ClusterConfig?.VolumeSizeInGB ?? 0;
}

async function inputSize(
  session: AwsSession,
  { s3InputPrefix, configFilename = 'metadata.json' }: ProcessingJobOptions,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { bucket: name, prefix } = parseS3Url(s3InputPrefix);
  const folder = prefix === '' ? '' : `${prefix}/`;
  const bucket = await session.bucket(name, signal);
  try {
    if ((await bucket.stat(folder + configFilename, signal)) === undefined) {
      throw new RepartitionError('not-found', `no ${configFilename} under ${s3InputPrefix}`, {
        hint: 'Check `s3InputPrefix` and `configFilename`.',
      });
    }
    return await bucket.bytesUnder(folder, signal);
  } finally {
    bucket.close();
  }
}
