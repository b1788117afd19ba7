/** Starts the alignment as a SageMaker Processing job. */
import type { CreateProcessingJobCommandInput } from '@aws-sdk/client-sagemaker';
import { RepartitionError } from '../errors.js';
import { failureOf } from '../s3/errors.js';
import { parseS3Url } from '../s3/keys.js';
import { kindOf, throwIfStopped, toAwsError } from './errors.js';
import { parseImageUri, parseRole } from './names.js';
import { type Log, type Patience, persist, type PersistOptions } from './persist.js';
import type { Step } from './requests.js';
import { findRole } from './roles.js';
import {
  DEFAULT_INSTANCE_TYPE,
  DEFAULT_VOLUME_QUOTA,
  type ProcessingJobOptions,
  processingJobRequest,
} from './sagemaker-plan.js';
import { type AwsOptions, AwsSession } from './session.js';

/** How {@link submitProcessingJob} goes about it. */
export interface ProcessingCallOptions {
  /** Look and plan, but start nothing. */
  dryRun?: boolean | undefined;
  onStep?: ((step: Step) => void) | undefined;
  signal?: AbortSignal | undefined;
  log?: Log | undefined;
  patience?: Patience | undefined;
  /** For the job's name. */
  now?: Date | undefined;
}

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
  const image = parseImageUri(options.imageUri);
  if (image.region !== region) {
    throw new RepartitionError('usage', `the image is in ${image.region}, the job would be in ${region}`, {
      hint: `Use \`region\` ${image.region}, or push the image to ${region}.`,
    });
  }
  const roleArn = await executionRole(session, options.role, signal);
  const inputBytes = await inputSize(session, options, signal);
  const quotas = await readQuotas(session, options.instanceType ?? DEFAULT_INSTANCE_TYPE, { log, signal });
  const volumeQuota = quotas.volumeGb ?? DEFAULT_VOLUME_QUOTA;
  const facts = { roleArn, inputBytes, volumeQuota, now: call.now ?? new Date() };
  const request = processingJobRequest(options, facts);
  const volume = volumeOf(request);
  const wanted = volumeOf(processingJobRequest(options, { ...facts, volumeQuota: Infinity }));
  if (volume < wanted) log?.warn(`a volume of ${wanted} GB is wanted; the account may have ${volume} GB`);
  log?.info(`the graph has ${(inputBytes / 1e9).toFixed(3)} GB, the volume ${volume} GB`);
  const jobName = request.ProcessingJobName ?? '';
  const step: Step = {
    title: `start the job ${jobName} on one ${options.instanceType ?? DEFAULT_INSTANCE_TYPE}`,
    request: { service: 'sagemaker', operation: 'CreateProcessingJob', input: request },
  };
  call.onStep?.(step);
  if (!call.dryRun) await start(session, step.request as StartRequest, jobName, call);
  return { jobName, region, steps: [step] };
}

function volumeOf({ ProcessingResources }: CreateProcessingJobCommandInput): number {
  return ProcessingResources?.ClusterConfig?.VolumeSizeInGB ?? 0;
}

type StartRequest = Extract<Step['request'], { operation: 'CreateProcessingJob' }>;

/** A job's name is its token: when an answer was lost, the second call finds the name taken by our own job. */
async function start(
  session: AwsSession,
  { input }: StartRequest,
  jobName: string,
  { log, patience }: ProcessingCallOptions,
): Promise<void> {
  let calls = 0;
  await persist(
    session,
    `starting the job ${jobName}`,
    async () => {
      calls++;
      try {
        await (await session.client('sagemaker')).createProcessingJob(input);
      } catch (error) {
        // The SDK asks again by itself, too.
        const isFirst = calls === 1 && (failureOf(error).attempts ?? 1) === 1;
        if (kindOf(error) !== 'conflict' || isFirst) throw error;
      }
    },
    { log, patience },
  );
}

async function executionRole(
  session: AwsSession,
  given: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const role = parseRole(given);
  if (role.arn !== undefined) return role.arn;
  const found = await findRole(session, given, signal);
  if (found !== undefined) return found.arn;
  throw new RepartitionError('not-found', `no such role: ${given}`, {
    hint: 'Give the name or the ARN of a role that SageMaker may take on.',
  });
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

/**
 * What the account may use.
 * @throws RepartitionError `aws` when it may not use one instance of the type
 */
async function readQuotas(
  session: AwsSession,
  instanceType: string,
  { log, signal }: PersistOptions,
): Promise<{ volumeGb?: number }> {
  const instances = `${instanceType} for processing job usage`;
  const volume = 'Size of EBS volume for a processing job instance';
  let found: Map<string, number>;
  try {
    found = await quotasNamed(session, [instances, volume], signal);
  } catch (error) {
    log?.warn(`the quotas are not known: ${toAwsError(error, 'reading quotas', signal).message}`);
    return {};
  }
  const most = found.get(instances);
  if (most === undefined) log?.warn(`there is no quota "${instances}": is it an instance type of SageMaker?`);
  if (most !== undefined && most < 1) {
    throw new RepartitionError('aws', `the account may use no ${instanceType} for processing jobs`, {
      hint: `Ask for more of "${instances}" in Service Quotas, or use another \`instanceType\`.`,
    });
  }
  const volumeGb = found.get(volume);
  return volumeGb === undefined ? {} : { volumeGb };
}

async function quotasNamed(
  session: AwsSession,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  const client = await session.client('service-quotas');
  const found = new Map<string, number>();
  let NextToken: string | undefined;
  do {
    throwIfStopped(signal, 'reading quotas');
    const page = await client.listServiceQuotas({ ServiceCode: 'sagemaker', MaxResults: 100, NextToken });
    for (const { QuotaName = '', Value } of page.Quotas ?? []) {
      if (Value !== undefined && names.includes(QuotaName)) found.set(QuotaName, Value);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined && found.size < names.length);
  return found;
}
