/** Starts a GSProcessing job: looks whether it can run at all, uploads the entry point when it changed, starts it once. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Application, StartJobRunCommandInput } from '@aws-sdk/client-emr-serverless';
import { RepartitionError } from '../errors.js';
import { parseS3Url } from '../s3/keys.js';
import type { Bucket } from './bucket.js';
import { askFor } from './errors.js';
import { type JobSettings, type ProcessingArguments, startJobRunRequest } from './job.js';
import { parseRole } from './names.js';
import { type Log, type Patience, persist } from './persist.js';
import { EMR_SERVERLESS, parsePolicy, trusts } from './policies.js';
import type { Step } from './requests.js';
import type { AwsSession } from './session.js';
import { applicationsNamed, callerAccount } from './setup.js';

export interface SubmitOptions extends ProcessingArguments {
  /** Id of the application; or its name, if only one has that name. */
  applicationId?: string | undefined;
  applicationName?: string | undefined;
  /** The job runtime role: its name or its ARN. */
  executionRole: string;
  /** GSProcessing's `distributed_executor.py`: a local file, which is uploaded, or `s3://…`. */
  entryPoint: string;
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

export interface SubmitCallOptions {
  /** Look and plan, but neither upload nor start. */
  dryRun?: boolean | undefined;
  /** Told of each step before it is done; in a dry run, of each that would be. */
  onStep?: ((step: Step) => void) | undefined;
  signal?: AbortSignal | undefined;
  log?: Log | undefined;
  patience?: Patience | undefined;
}

export interface StartedJob {
  applicationId: string;
  /** Missing in a dry run. */
  jobRunId?: string;
  outputPrefix: string;
  steps: Step[];
}

/** Entry points are scripts; anything larger is a mistake. */
const LARGEST_ENTRY_POINT = 16 * 1024 ** 2;

/**
 * Starts the job.
 * @throws RepartitionError `usage`, `not-found`, `access`, `aws`; then no job was started
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
  options: SubmitOptions,
  call: SubmitCallOptions = {},
): Promise<StartedJob> {
  const { signal } = call;
  checkArguments(options);
  const account = await callerAccount(session, signal);
  const application = await findApplication(session, options, signal);
  const executionRoleArn = await findRole(session, options.executionRole, account, signal);
  await checkInput(session, options, application, signal);
  const entryPoint = await lookAtEntryPoint(session, options, application, signal);

  const settings: JobSettings = {
    ...options,
    applicationId: application.applicationId ?? '',
    executionRoleArn,
    entryPoint: entryPoint.url,
    clientToken: options.clientToken ?? randomUUID(),
  };
  const request = startJobRunRequest(settings);
  const steps: Step[] = [
    ...entryPoint.steps,
    {
      title: `start the job ${request.name ?? ''} on the application ${settings.applicationId}`,
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
    applicationId: settings.applicationId,
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

function checkArguments(options: SubmitOptions): void {
  parseS3Url(options.inputPrefix);
  parseS3Url(options.outputPrefix);
  if (options.logUri !== undefined) parseS3Url(options.logUri);
  const files = options.numOutputFiles ?? -1;
  if (!Number.isSafeInteger(files) || files === 0 || files < -1) {
    throw usage(
      `--num-output-files must be a whole number above 0, or -1 to let Spark decide, not ${files}`,
      'Leave it out to let Spark decide.',
    );
  }
  const { timeoutMinutes } = options;
  // https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_StartJobRun.html; less than 5 is refused.
  if (
    timeoutMinutes !== undefined &&
    timeoutMinutes !== 0 &&
    !(timeoutMinutes >= 5 && timeoutMinutes <= 1_000_000)
  ) {
    throw usage(
      `--timeout-minutes must be 0 (never) or at least 5, not ${timeoutMinutes}`,
      'Leave it out for 12 hours.',
    );
  }
  if (!/^[A-Za-z0-9._/#-]{1,256}$/.test(options.jobName ?? 'gs-processing')) {
    throw usage(`not a name for a job: "${options.jobName ?? ''}"`, 'Use letters, digits and . _ / # -.');
  }
  if (options.clientToken !== undefined && !/^[A-Za-z0-9._-]{1,64}$/.test(options.clientToken)) {
    throw usage(
      `not a client token: "${options.clientToken}"`,
      'Use 1 to 64 letters, digits and . _ - for --client-token.',
    );
  }
  if ((options.applicationId === undefined) === (options.applicationName === undefined)) {
    throw usage('which application?', 'Give --application-id or --application-name; `setup` prints both.');
  }
}

async function findApplication(
  session: AwsSession,
  options: SubmitOptions,
  signal: AbortSignal | undefined,
): Promise<Application> {
  const application =
    options.applicationId === undefined
      ? await byName(session, options.applicationName ?? '', signal)
      : await byId(session, options.applicationId, signal);
  const { applicationId: id = '', state = '', type = '', autoStartConfiguration: autoStart } = application;
  const wrong = (message: string, hint: string): RepartitionError =>
    new RepartitionError('aws', message, { hint });
  if (type.toUpperCase() !== 'SPARK') {
    throw wrong(
      `the application ${id} runs ${type}, not Spark`,
      'Make one with `gs-repartition emr-serverless setup`.',
    );
  }
  if (state === 'TERMINATED') {
    throw wrong(
      `the application ${id} is terminated`,
      'Make a new one with `gs-repartition emr-serverless setup`: it takes the same name.',
    );
  }
  const isDown = state === 'CREATED' || state === 'STOPPED' || state === 'STOPPING';
  if (isDown && autoStart?.enabled === false) {
    throw wrong(
      `the application ${id} is ${state} and does not start by itself`,
      `Start it: aws emr-serverless start-application --application-id ${id}`,
    );
  }
  if (state === 'CREATING') {
    throw wrong(`the application ${id} is still being made`, 'Wait a moment and run the same command again.');
  }
  return application;
}

async function byId(session: AwsSession, id: string, signal: AbortSignal | undefined): Promise<Application> {
  const emr = await session.client('emr-serverless');
  const found = await askFor(
    `looking at the application ${id}`,
    () => emr.getApplication({ applicationId: id }),
    signal,
  );
  if (found?.application !== undefined) return found.application;
  throw new RepartitionError('not-found', `no application ${id} in ${await session.region()}`, {
    hint: 'Look which there are: gs-repartition emr-serverless list',
  });
}

async function byName(
  session: AwsSession,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Application> {
  const [first, ...others] = await applicationsNamed(session, name, signal);
  if (first === undefined) {
    throw new RepartitionError('not-found', `no application is named ${name} in ${await session.region()}`, {
      hint: 'Look which there are: gs-repartition emr-serverless list',
    });
  }
  if (others.length === 0) return first;
  const ids = [first, ...others].map(({ applicationId = '' }) => applicationId).join(', ');
  throw usage(`several applications are named ${name}: ${ids}`, 'Say which with --application-id.');
}

/** The role's ARN. A caller who may not look at roles can still give one by its ARN. */
async function findRole(
  session: AwsSession,
  given: string,
  account: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const role = parseRole(given);
  if (role.account !== undefined && role.account !== account) {
    throw usage(
      `the role ${given} is of account ${role.account}, but we are in ${account}`,
      'Use a role of this account, or other credentials (--profile).',
    );
  }
  const iam = await session.client('iam');
  try {
    const found = await askFor(
      `looking at the role ${role.name}`,
      () => iam.getRole({ RoleName: role.name }),
      signal,
    );
    if (found?.Role?.Arn === undefined) {
      throw new RepartitionError('not-found', `no such role: ${given}`, {
        hint: 'Make it with `gs-repartition emr-serverless setup`, or give another --execution-role.',
      });
    }
    const trust = parsePolicy(
      decodeURIComponent(found.Role.AssumeRolePolicyDocument ?? ''),
      `the trust of ${given}`,
    );
    if (!trusts(trust, EMR_SERVERLESS)) {
      throw new RepartitionError('aws', `the role ${role.name} does not trust ${EMR_SERVERLESS}`, {
        hint: 'Give the job runtime role that `gs-repartition emr-serverless setup` made.',
      });
    }
    return found.Role.Arn;
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
  const key = `${input.prefix === '' ? '' : `${input.prefix}/`}${options.configFilename}`;
  try {
    if ((await bucket.stat(key, signal)) === undefined) {
      throw new RepartitionError('not-found', `no configuration at ${bucket.url(key)}`, {
        hint: 'Upload the input tables and their configuration first; check --input-prefix and --config-filename.',
      });
    }
  } finally {
    bucket.close();
  }
  for (const url of [options.outputPrefix, options.logUri]) {
    if (url !== undefined) (await openNearby(session, parseS3Url(url).bucket, application, signal)).close();
  }
}

async function openNearby(
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

interface EntryPoint {
  url: string;
  /** What has to be uploaded, if anything. */
  bytes?: Buffer;
  steps: Step[];
}

async function lookAtEntryPoint(
  session: AwsSession,
  options: SubmitOptions,
  application: Application,
  signal: AbortSignal | undefined,
): Promise<EntryPoint> {
  const { entryPoint } = options;
  if (/^s3:/i.test(entryPoint)) {
    const { bucket: name, prefix: key } = parseS3Url(entryPoint);
    const bucket = await openNearby(session, name, application, signal);
    const there = await bucket.stat(key, signal);
    bucket.close();
    if (there !== undefined) return { url: entryPoint, steps: [] };
    throw new RepartitionError('not-found', `no entry point at ${entryPoint}`, {
      hint: 'Give --entry-point a local file to have it uploaded.',
    });
  }
  const bytes = await readEntryPoint(entryPoint);
  const url =
    options.entryPointUrl ??
    `s3://${parseS3Url(options.outputPrefix).bucket}/emr-serverless-scripts/${basename(entryPoint)}`;
  const { bucket: name, prefix: key } = parseS3Url(url);
  const bucket = await openNearby(session, name, application, signal);
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

async function readEntryPoint(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new RepartitionError('not-found', `cannot read the entry point ${path}: ${why}`, {
      hint: 'Give the path of graphstorm_processing/distributed_executor.py in a GraphStorm checkout.',
    });
  }
  if (bytes.length > 0 && bytes.length <= LARGEST_ENTRY_POINT) return bytes;
  throw usage(
    `the entry point ${path} has ${bytes.length} bytes`,
    'Give GSProcessing’s distributed_executor.py.',
  );
}

async function upload(
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

function usage(message: string, hint: string): RepartitionError {
  return new RepartitionError('usage', message, { hint });
}
