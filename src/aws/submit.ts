/** Starts a GSProcessing job: looks whether it can run at all, uploads the entry point when it changed, starts it once. */
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Application, StartJobRunCommandInput } from '@aws-sdk/client-emr-serverless';
import { RepartitionError } from '../errors.js';
import { asS3Url, parseS3Url } from '../s3/keys.js';
import { findApplication } from './applications.js';
import type { Bucket } from './bucket.js';
import { lookAtEntryPoint, upload } from './entry-point.js';
import { usage } from './errors.js';
import { type ProcessingArguments, type RunSettings, startJobRunRequest } from './job.js';
import { configName, parseRole } from './names.js';
import { type Log, type Patience, persist } from './persist.js';
import { EMR_SERVERLESS, trusts } from './policies.js';
import type { Step } from './requests.js';
import { findRole, requireOwn } from './roles.js';
import { type AwsSession, callerAccount } from './session.js';

/** The job: what is processed, on which application, under which role. */
export interface SubmitOptions extends ProcessingArguments, RunOptions {
  /** GSProcessing's `distributed_executor.py`: a local file, which is uploaded, or `s3://…`. */
  entryPoint: string;
}

/** Where a job runs, and how, whatever it does. */
export interface RunOptions {
  /** Id of the application; or its name, if only one has that name. */
  applicationId?: string | undefined;
  applicationName?: string | undefined;
  /** The job runtime role: its name or its ARN. */
  executionRole: string;
  /** Where a local entry point goes. Default `s3://<output bucket>/emr-serverless-scripts/<file>`. */
  entryPointUrl?: string | undefined;
  jobName?: string | undefined;
  /** Default: a new one. Give your own so that two calls by two processes start one job. */
  clientToken?: string | undefined;
  sparkConf?: Readonly<Record<string, string>> | undefined;
  sparkSubmitParameters?: string | undefined;
  logUri?: string | undefined;
  logGroup?: string | undefined;
  timeoutMinutes?: number | undefined;
}

/** How {@link submit} goes about it. */
export interface SubmitCallOptions {
  /** Look and plan, but neither upload nor start. */
  dryRun?: boolean | undefined;
  /** Told of each step before it is done; in a dry run, of each that would be. */
  onStep?: ((step: Step) => void) | undefined;
  signal?: AbortSignal | undefined;
  log?: Log | undefined;
  patience?: Patience | undefined;
}

/** A job that was started, or would be. */
export interface StartedJob {
  applicationId: string;
  /** Missing in a dry run. */
  jobRunId?: string;
  outputPrefix: string;
  steps: Step[];
}

/**
 * Starts the job.
 * @throws RepartitionError `usage`, `not-found`, `access`, `aws`; then no job was started
 *
 * @example
 * ```ts no-run
 * import { AwsSession, followJob, submitJob } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const started = await submitJob(session, {
 *   applicationName: 'gsprocessing-0.2.2',
 *   executionRole: 'gsprocessing-emr-serverless',
 *   entryPoint: 'graphstorm_processing/distributed_executor.py',
 *   inputPrefix: 's3://graphs/tables',
 *   outputPrefix: 's3://graphs/graph',
 *   configFilename: 'config.json',
 * });
 * console.log((await followJob(session, started)).state);
 * ```
 */
export async function submit(
  session: AwsSession,
  options: SubmitOptions,
  call?: SubmitCallOptions & { dryRun?: false | undefined },
): Promise<StartedJob & { jobRunId: string }>;
/** Starts the job, or with `dryRun` tells what would be done for it. */
export async function submit(
  session: AwsSession,
  options: SubmitOptions,
  call: SubmitCallOptions,
): Promise<StartedJob>;
export async function submit(
  session: AwsSession,
  given: SubmitOptions,
  call: SubmitCallOptions = {},
): Promise<StartedJob> {
  const { signal } = call;
  const options = withS3Urls(given);
  checkArguments(options);
  const place = await placeOf(session, options, signal);
  await checkInput(session, options, place.application, signal);
  const requestOf = (settings: RunSettings): StartJobRunCommandInput =>
    startJobRunRequest({ ...options, ...settings });
  return startOn(session, place, options, requestOf, call);
}

/** Where a job is to run. */
export interface JobPlace {
  application: Application;
  executionRoleArn: string;
}

/** @throws RepartitionError `usage`, `not-found`, `access`, `aws` */
export async function placeOf(
  session: AwsSession,
  options: RunOptions,
  signal: AbortSignal | undefined,
): Promise<JobPlace> {
  const account = await callerAccount(session, signal);
  const application = await findApplication(session, options, signal);
  const executionRoleArn = await executionRole(session, options.executionRole, account, signal);
  return { application, executionRoleArn };
}

/**
 * Uploads the entry point if need be, and starts a job of it.
 * @param requestOf what is asked of the service
 */
export async function startOn(
  session: AwsSession,
  { application, executionRoleArn }: JobPlace,
  options: RunOptions & { entryPoint: string; outputPrefix: string },
  requestOf: (settings: RunSettings) => StartJobRunCommandInput,
  call: SubmitCallOptions,
): Promise<StartedJob> {
  const { signal } = call;
  const entryPoint = await lookAtEntryPoint(
    {
      entryPoint: options.entryPoint,
      url: options.entryPointUrl ?? defaultEntryPointUrl(options),
      usually: 'graphstorm_processing/distributed_executor.py',
    },
    (bucket) => openNearby(session, bucket, application, signal),
    signal,
  );
  const request = requestOf({
    ...options,
    applicationId: application.applicationId ?? '',
    executionRoleArn,
    entryPoint: entryPoint.url,
    clientToken: options.clientToken ?? randomUUID(),
  });
  const applicationId = request.applicationId ?? '';
  const steps: Step[] = [
    ...entryPoint.steps,
    {
      title: `start the job ${request.name ?? ''} on the application ${applicationId}`,
      request: { service: 'emr-serverless', operation: 'StartJobRun', input: request },
    },
  ];
  let jobRunId: string | undefined;
  for (const step of steps) {
    call.onStep?.(step);
    if (call.dryRun) continue;
    if (step.request.operation === 'StartJobRun') jobRunId = await start(session, request, call);
    else if (entryPoint.bytes !== undefined) await upload(session, entryPoint.url, entryPoint.bytes, signal);
  }
  return {
    applicationId,
    ...(jobRunId === undefined ? {} : { jobRunId }),
    outputPrefix: options.outputPrefix,
    steps,
  };
}

/** The token in the request makes it safe to ask again after a lost answer. */
async function start(
  session: AwsSession,
  request: StartJobRunCommandInput,
  call: SubmitCallOptions,
): Promise<string> {
  const doing = `starting the job ${request.name ?? ''}`;
  // Not stopped by the signal between question and answer: whoever stops has to know whether there is a job.
  const { jobRunId = '' } = await persist(
    session,
    doing,
    async () => (await session.client('emr-serverless')).startJobRun(request),
    { log: call.log, patience: call.patience },
  );
  return jobRunId;
}

function defaultEntryPointUrl({
  outputPrefix,
  entryPoint,
}: Pick<SubmitOptions, 'outputPrefix' | 'entryPoint'>): string {
  return `s3://${parseS3Url(outputPrefix).bucket}/emr-serverless-scripts/${basename(entryPoint)}`;
}

/** GSProcessing takes what begins with `s3://` to be on S3, and nothing else. */
function withS3Urls(given: SubmitOptions): SubmitOptions {
  const { entryPointUrl, logUri } = given;
  return {
    ...given,
    inputPrefix: asS3Url(given.inputPrefix),
    outputPrefix: asS3Url(given.outputPrefix),
    entryPoint: asS3Url(given.entryPoint),
    ...(entryPointUrl === undefined ? {} : { entryPointUrl: asS3Url(entryPointUrl) }),
    ...(logUri === undefined ? {} : { logUri: asS3Url(logUri) }),
  };
}

/**
 * What can be said of a job's arguments before anybody is asked.
 * @throws RepartitionError `usage`
 */
export function checkArguments(options: SubmitOptions): void {
  parseS3Url(options.inputPrefix);
  parseS3Url(options.outputPrefix);
  if (options.logUri !== undefined) parseS3Url(options.logUri);
  const files = options.numOutputFiles ?? -1;
  if (!Number.isSafeInteger(files) || files === 0 || files < -1) {
    throw usage(
      `\`numOutputFiles\` must be a whole number above 0, or -1 to let Spark decide, not ${files}`,
      'Leave it out to let Spark decide.',
    );
  }
  checkRun(options);
}

/** What is asked of a job of any entry point. */
export function checkRun(options: RunOptions): void {
  const { timeoutMinutes } = options;
  // https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_StartJobRun.html; less than 5 is refused.
  if (
    timeoutMinutes !== undefined &&
    timeoutMinutes !== 0 &&
    !(timeoutMinutes >= 5 && timeoutMinutes <= 1_000_000)
  ) {
    throw usage(
      `\`timeoutMinutes\` must be 0 (never) or at least 5, not ${timeoutMinutes}`,
      'Leave it out for 12 hours.',
    );
  }
  if (!/^[A-Za-z0-9._/#-]{1,256}$/.test(options.jobName ?? 'gs-processing')) {
    throw usage(`not a name for a job: "${options.jobName ?? ''}"`, 'Use letters, digits and . _ / # -.');
  }
  if (options.clientToken !== undefined && !/^[A-Za-z0-9._-]{1,64}$/.test(options.clientToken)) {
    throw usage(
      `not a client token: "${options.clientToken}"`,
      'Use 1 to 64 letters, digits and . _ - for `clientToken`.',
    );
  }
  if ((options.applicationId === undefined) === (options.applicationName === undefined)) {
    throw usage(
      'which application?',
      'Give `applicationId` or `applicationName`; `setupEmrServerless` tells both.',
    );
  }
}

/** The role's ARN. A caller who may not look at roles can still give one by its ARN. */
async function executionRole(
  session: AwsSession,
  given: string,
  account: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const role = parseRole(given);
  requireOwn(role, account);
  try {
    const found = await findRole(session, role.name, signal);
    if (found === undefined) {
      throw new RepartitionError('not-found', `no such role: ${given}`, {
        hint: 'Make it with `setupEmrServerless`, or give another `executionRole`.',
      });
    }
    if (!trusts(found.trust, EMR_SERVERLESS)) {
      throw new RepartitionError('aws', `the role ${role.name} does not trust ${EMR_SERVERLESS}`, {
        hint: 'Give the job runtime role that `setupEmrServerless` made.',
      });
    }
    return found.arn;
  } catch (error) {
    if (role.arn !== undefined && error instanceof RepartitionError && error.code === 'access')
      return role.arn;
    throw error;
  }
}

/** The configuration must be there, and all buckets in the application's region: a job finds out much later. */
async function checkInput(
  session: AwsSession,
  options: SubmitOptions,
  application: Application,
  signal: AbortSignal | undefined,
): Promise<void> {
  const input = parseS3Url(options.inputPrefix);
  const bucket = await openNearby(session, input.bucket, application, signal);
  const key = `${input.prefix === '' ? '' : `${input.prefix}/`}${configName(options.configFilename)}`;
  try {
    if ((await bucket.stat(key, signal)) === undefined) {
      throw new RepartitionError('not-found', `no configuration at ${bucket.url(key)}`, {
        hint: 'Upload the input tables and their configuration first (`uploadInputs`); check `inputPrefix` and `configFilename`.',
      });
    }
  } finally {
    bucket.close();
  }
  for (const url of [options.outputPrefix, options.logUri]) {
    if (url !== undefined) (await openNearby(session, parseS3Url(url).bucket, application, signal)).close();
  }
}

/**
 * Opens a bucket that an application has to reach.
 * @throws RepartitionError `usage` when it is out of the application's reach, `not-found`, `access`, `storage`
 */
export async function openNearby(
  session: AwsSession,
  name: string,
  application: Application,
  signal: AbortSignal | undefined,
): Promise<Bucket> {
  const bucket = await session.bucket(name, signal);
  const region = await session.region();
  if (bucket.region === region || (application.networkConfiguration?.subnetIds ?? []).length > 0)
    return bucket;
  bucket.close();
  throw usage(
    `s3://${name} is in ${bucket.region}, the application in ${region}`,
    `Use a bucket in ${region}: without a network of its own the application reaches no other region.`,
  );
}
