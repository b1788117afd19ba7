/** Hands an aligned graph over to GraphStorm's partitioning on SageMaker, once. */
import { basename } from 'node:path';
import { RepartitionError } from '../errors.js';
import { asS3Url, parseS3Url } from '../s3/keys.js';
import type { Bucket } from './bucket.js';
import { bucketWords, callFor, logCommand } from './advice.js';
import { lookAtEntryPoint, upload } from './entry-point.js';
import { usage } from './errors.js';
import { checkAlignment, type Engine } from './output-check.js';
import {
  checkPartitionOptions,
  PARTITION_ENTRY_POINT,
  PARTITION_INSTANCE_TYPE,
  type PartitionFacts,
  partitionJobRequest,
  partitionJobStem,
  type PartitionOptions,
  PUBLISHED_METADATA,
} from './partition-plan.js';
import { persist } from './persist.js';
import {
  type ProcessingCallOptions,
  processingRole,
  readVolumeQuota,
  requireImageIn,
  startProcessing,
} from './processing.js';
import type { Step } from './requests.js';
import type { AwsSession } from './session.js';

/** How {@link submitPartitionJob} goes about it. */
export interface PartitionCallOptions extends ProcessingCallOptions {
  /** Looks whether the graph is ready for so many ranks, before a job is started that would find out after hours. */
  verify?: Engine['verify'] | undefined;
}

/** A job that partitions a graph. */
export interface PartitionJob {
  /** `planned` in a dry run; `running` and `done` when an earlier call started it. */
  state: 'planned' | 'started' | 'running' | 'done';
  jobName: string;
  region: string;
  /** Where the partitioned graph is, or will be. */
  graph: string;
  /** What was done; in a dry run, what would be. Empty when there was nothing to do. */
  steps: Step[];
}

/**
 * Starts the job that GraphStorm's `launch_partition.py` would start, unless one is at work on the same graph, or has
 * made of it what is there.
 * @throws RepartitionError `usage`, `not-found`, `mismatch`, `access`, `aws`; then no job was started
 *
 * @example
 * ```ts no-run
 * import {
 *   checkPartitions,
 *   followProcessingJob,
 *   type PartitionOptions,
 *   sessionNear,
 *   submitPartitionJob,
 * } from 'gs-repartition/upstream';
 *
 * const session = await sessionNear({}, 's3://graphs/graph');
 * const asked: PartitionOptions = {
 *   inputPrefix: 's3://graphs/graph',
 *   outputPrefix: 's3://graphs/partitioned',
 *   numParts: 2,
 *   role: 'sagemaker-execution',
 *   imageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/graphstorm:sagemaker-cpu',
 *   entryPoint: 'graphstorm/sagemaker/run/partition_entry.py',
 * };
 * const { jobName, state } = await submitPartitionJob(session, asked);
 * if (state !== 'done') {
 *   await followProcessingJob(session, jobName);
 *   await checkPartitions(session, jobName, asked);
 * }
 * ```
 */
export async function submitPartitionJob(
  session: AwsSession,
  given: PartitionOptions,
  call: PartitionCallOptions = {},
): Promise<PartitionJob> {
  const { signal, log } = call;
  const options = withS3Urls(given);
  checkPartitionOptions(options);
  const { numParts, instanceType = PARTITION_INSTANCE_TYPE } = options;
  const region = await session.region();
  requireImageIn(region, options.imageUri);
  const graph = graphUnder(options.outputPrefix);
  const metadata = await lookAtGraph(session, options, signal);

  const stem = partitionJobStem(options, metadata.version);
  const earlier = await jobsNamed(session, `${stem}-`, call);
  const running = earlier.find(({ status }) => status === 'InProgress');
  if (running !== undefined) return { state: 'running', jobName: running.name, region, graph, steps: [] };
  const there = await countParts(session, graph, signal);
  const done = earlier.find(({ status }) => status === 'Completed');
  if (done !== undefined && there === numParts) {
    return { state: 'done', jobName: done.name, region, graph, steps: [] };
  }
  if (earlier.length === 0 && there > 0) throw somebodyElses(session, graph);

  await requireReady(session, options, call);
  const roleArn = await processingRole(session, options.role, call);
  const volumeQuota = await readVolumeQuota(session, { instanceType, count: numParts }, { log, signal });
  const entryPoint = await lookAtEntryPoint(
    {
      entryPoint: options.entryPoint ?? PARTITION_ENTRY_POINT,
      url: options.entryPointUrl ?? defaultEntryPointUrl(options),
      usually: 'sagemaker/run/partition_entry.py',
    },
    (bucket) => openIn(region, session, bucket, signal),
    signal,
  );
  const facts: PartitionFacts = {
    ...{ roleArn, volumeQuota, stem, inputBytes: metadata.inputBytes },
    entryPointUrl: entryPoint.url,
    now: call.now ?? new Date(),
  };
  const request = partitionJobRequest(options, facts);
  const jobName = request.ProcessingJobName ?? '';
  const start: Step = {
    title: `start the job ${jobName} on ${numParts} ${instanceType}, which makes ${graph}`,
    request: { service: 'sagemaker', operation: 'CreateProcessingJob', input: request },
  };
  const steps = [...entryPoint.steps, start];
  for (const step of steps) {
    call.onStep?.(step);
    if (call.dryRun) continue;
    if (step === start) await startProcessing(session, request, call);
    else if (entryPoint.bytes !== undefined) await upload(session, entryPoint.url, entryPoint.bytes, signal);
  }
  return { state: call.dryRun ? 'planned' : 'started', jobName, region, graph, steps };
}

/**
 * Looks whether a job that succeeded left what it was asked for.
 * @throws RepartitionError `job` when parts or the metadata are missing; `access`, `storage`
 *
 * @example
 * ```ts no-run
 * import { checkPartitions, followProcessingJob, sessionNear } from 'gs-repartition/upstream';
 *
 * const session = await sessionNear({}, 's3://graphs/graph');
 * const jobName = 'gs-partition-0a1b2c3d-2026-01-01-02-03-04';
 * await followProcessingJob(session, jobName);
 * await checkPartitions(session, jobName, { outputPrefix: 's3://graphs/partitioned', numParts: 2 });
 * ```
 */
export async function checkPartitions(
  session: AwsSession,
  jobName: string,
  { outputPrefix, numParts }: Pick<PartitionOptions, 'outputPrefix' | 'numParts'>,
  signal?: AbortSignal,
): Promise<void> {
  const graph = graphUnder(asS3Url(outputPrefix));
  const parts = await countParts(session, graph, signal);
  if (parts === numParts) return;
  throw new RepartitionError(
    'job',
    `the job ${jobName} succeeded, but left ${parts} of ${numParts} parts at ${graph}`,
    {
      hint: `Look at its log: ${await logCommand(session, jobName)}`,
    },
  );
}

/** How many parts of a graph there are; 0 also when its metadata are missing, which come with the last of them. */
async function countParts(
  session: AwsSession,
  graph: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { bucket: name, prefix } = parseS3Url(graph);
  const bucket = await session.bucket(name, signal);
  try {
    // As DGL's dispatch_data.py names them (tools/distpartitioning/utils.py).
    if ((await bucket.stat(`${prefix}/metadata.json`, signal)) === undefined) return 0;
    let parts = 0;
    while ((await bucket.stat(`${prefix}/part${parts}/graph.dgl`, signal)) !== undefined) parts++;
    return parts;
  } finally {
    bucket.close();
  }
}

function withS3Urls(given: PartitionOptions): PartitionOptions {
  const { entryPoint, entryPointUrl } = given;
  return {
    ...given,
    inputPrefix: asS3Url(given.inputPrefix),
    outputPrefix: asS3Url(given.outputPrefix),
    ...(entryPoint === undefined ? {} : { entryPoint: asS3Url(entryPoint) }),
    ...(entryPointUrl === undefined ? {} : { entryPointUrl: asS3Url(entryPointUrl) }),
  };
}

/** GraphStorm's job puts the graph into a folder of its output. */
function graphUnder(outputPrefix: string): string {
  return `${outputPrefix.replace(/\/+$/, '')}/dist_graph`;
}

/** Where a local entry point goes unless somebody says. */
export function defaultEntryPointUrl({
  outputPrefix,
  entryPoint = PARTITION_ENTRY_POINT,
}: PartitionOptions): string {
  return `s3://${parseS3Url(outputPrefix).bucket}/sagemaker-scripts/${basename(entryPoint)}`;
}

/** The published metadata's version, and the bytes of all that lies beside it. */
async function lookAtGraph(
  session: AwsSession,
  { inputPrefix, metadataFilename = PUBLISHED_METADATA }: PartitionOptions,
  signal: AbortSignal | undefined,
): Promise<{ version: string; inputBytes: number }> {
  const { bucket: name, prefix } = parseS3Url(inputPrefix);
  const folder = prefix === '' ? '' : `${prefix}/`;
  const bucket = await session.bucket(name, signal);
  try {
    const metadata = await bucket.stat(folder + metadataFilename, signal);
    if (metadata === undefined) {
      throw new RepartitionError('not-found', `no ${metadataFilename} under ${inputPrefix}`, {
        hint: `Align the graph first: ${alignmentOf(session, { inputPrefix, metadataFilename })}`,
      });
    }
    return { version: metadata.version, inputBytes: await bucket.bytesUnder(folder, signal) };
  } finally {
    bucket.close();
  }
}

/** Jobs whose names begin so, the newest first. */
async function jobsNamed(
  session: AwsSession,
  stem: string,
  call: PartitionCallOptions,
): Promise<{ name: string; status: string }[]> {
  const { ProcessingJobSummaries = [] } = await persist(
    session,
    'looking for earlier jobs',
    async () =>
      (await session.client('sagemaker')).listProcessingJobs({
        NameContains: stem,
        SortBy: 'CreationTime',
        SortOrder: 'Descending',
        MaxResults: 100,
      }),
    call,
  );
  return ProcessingJobSummaries.map(({ ProcessingJobName = '', ProcessingJobStatus = '' }) => ({
    name: ProcessingJobName,
    status: ProcessingJobStatus,
  })).filter(({ name }) => name.startsWith(stem));
}

/** @throws RepartitionError `mismatch` */
async function requireReady(
  session: AwsSession,
  options: PartitionOptions,
  { verify }: PartitionCallOptions,
): Promise<void> {
  if (verify === undefined) return;
  const { inputPrefix, metadataFilename, numParts } = options;
  const asked = { updatedMetadataFileName: metadataFilename, worldSize: numParts };
  const verdict = await checkAlignment(inputPrefix, asked, verify);
  if (verdict.aligned) return;
  throw new RepartitionError('mismatch', `the graph is not ready for ${numParts} parts: ${verdict.reason}`, {
    hint: `Align it: ${alignmentOf(session, options)}`,
  });
}

/** What publishes the metadata that are asked for; of the input's own, what publishes better ones. */
function alignmentOf(
  session: AwsSession,
  { inputPrefix, metadataFilename }: Pick<PartitionOptions, 'inputPrefix' | 'metadataFilename'>,
): string {
  const isUsual = metadataFilename === PUBLISHED_METADATA || metadataFilename === 'metadata.json';
  const updatedMetadataFileName = isUsual ? undefined : metadataFilename;
  return callFor(session, 'repartition', { inputPrefix, updatedMetadataFileName });
}

function somebodyElses(session: AwsSession, graph: string): RepartitionError {
  return new RepartitionError('aws', `there is another partitioned graph at ${graph} already`, {
    hint: `Give another \`outputPrefix\`, or remove it: aws s3 rm --recursive ${graph}${bucketWords(session)}`,
  });
}

/** SageMaker reads scripts only from its own region. */
async function openIn(
  region: string,
  session: AwsSession,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Bucket> {
  const bucket = await session.bucket(name, signal);
  if (bucket.region === region) return bucket;
  bucket.close();
  throw usage(
    `s3://${name} is in ${bucket.region}, the job would be in ${region}`,
    `Use a bucket in ${region}, or give \`entryPointUrl\` one.`,
  );
}
