/** The alignment as a SageMaker Processing job: its name, its disk, its request. Pure. */
import type { CreateProcessingJobCommandInput } from '@aws-sdk/client-sagemaker';
import { RepartitionError } from '../errors.js';
import { asS3Url } from '../s3/keys.js';
import { partsOfRequest, readParameters } from './processor-parameters.js';

export const DEFAULT_INSTANCE_TYPE = 'ml.r5.4xlarge';
/** What a job's name begins with unless somebody says. */
export const DEFAULT_PROCESSING_JOB = 'gsprocessing-repartitioning';
const GIB = 1024 ** 3;
/** GB. SageMaker's own default for a processing job's volume. */
const SMALLEST_VOLUME = 30;

/** What is aligned on SageMaker, and on what machine. */
export interface ProcessingJobOptions {
  /** `s3://bucket/prefix` of the graph. */
  s3InputPrefix: string;
  /** The execution role: its name or its ARN. */
  role: string;
  /** An image whose entry point is `gs-repartition`: ours, or GSProcessing's for SageMaker. */
  imageUri: string;
  /** Default `metadata.json`. */
  configFilename?: string | undefined;
  /** Default `ml.r5.4xlarge`. */
  instanceType?: string | undefined;
  /** The job's name begins with it; a time is put after it. Default `gsprocessing-repartitioning`. */
  jobName?: string | undefined;
  containerLogLevel?: string | undefined;
  streamingRepartitioning?: boolean | undefined;
  /** Default `updated_row_counts_metadata.json`. */
  updatedMetadataFileName?: string | undefined;
  /** Parameters of SageMaker's Python `Processor`, as `key=<Python literal>` separated by spaces. */
  smProcessorParameters?: string | undefined;
}

/** What a job’s request needs to know of the account and the graph. */
export interface ProcessingFacts {
  roleArn: string;
  /** Of all objects under the prefix. */
  inputBytes: number;
  /** GB; of the account. */
  volumeQuota: number;
  now: Date;
}

/**
 * The name of a job: at most 63 letters, digits and hyphens.
 * @throws RepartitionError `usage`
 *
 * @example
 * ```ts
 * import { processingJobName } from 'gs-repartition/upstream';
 *
 * console.log(processingJobName('nightly', new Date('2026-01-01T02:03:04Z')));
 * // nightly-2026-01-01-02-03-04
 * ```
 */
export function processingJobName(name: string, now: Date): string {
  const timestamp = now.toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const full = `${name}-${timestamp}`;
  const short = full.length > 63 ? `${name.slice(0, 43)}-${timestamp}` : full;
  // https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
  if (/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/.test(short)) return short;
  throw new RepartitionError('usage', `not a name for a SageMaker job: "${name}"`, {
    hint: 'Use letters, digits and hyphens for `jobName`, and begin with a letter or digit.',
  });
}

/**
 * GB of disk: twice the input, or what is asked for, but at most the quota and at least 30.
 * @param asked GB
 *
 * @example
 * ```ts
 * import { volumeSize } from 'gs-repartition/upstream';
 *
 * console.log(volumeSize(200 * 1024 ** 3, 1024), volumeSize(1024, 1024), volumeSize(200 * 1024 ** 3, 300));
 * // 400 30 300
 * ```
 */
export function volumeSize(inputBytes: number, quota: number, asked?: number): number {
  const input = Math.max(1, Math.floor(inputBytes / GIB));
  return Math.max(Math.min(asked ?? 2 * input, quota), SMALLEST_VOLUME);
}

/**
 * What `CreateProcessingJob` is asked for.
 * @throws RepartitionError `usage`
 *
 * @example
 * ```ts
 * import { processingJobRequest } from 'gs-repartition/upstream';
 *
 * const request = processingJobRequest(
 *   {
 *     s3InputPrefix: 's3://graphs/graph',
 *     role: 'sagemaker-execution',
 *     imageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/gs-repartition:latest',
 *     smProcessorParameters: 'max_runtime_in_seconds=3600',
 *   },
 *   {
 *     roleArn: 'arn:aws:iam::123456789012:role/sagemaker-execution',
 *     inputBytes: 100 * 1024 ** 3,
 *     volumeQuota: 1024,
 *     now: new Date('2026-01-01T02:03:04Z'),
 *   },
 * );
 * console.log(request.ProcessingResources?.ClusterConfig?.VolumeSizeInGB, request.StoppingCondition);
 * // 200 { MaxRuntimeInSeconds: 3600 }
 * ```
 */
export function processingJobRequest(
  options: ProcessingJobOptions,
  facts: ProcessingFacts,
): CreateProcessingJobCommandInput {
  const parameters = readParameters('smProcessorParameters', options.smProcessorParameters ?? '');
  const { cluster, request } = partsOfRequest(parameters);
  return {
    ProcessingJobName: processingJobName(options.jobName ?? DEFAULT_PROCESSING_JOB, facts.now),
    RoleArn: facts.roleArn,
    AppSpecification: {
      ImageUri: options.imageUri,
      ContainerEntrypoint: ['gs-repartition'],
      ContainerArguments: containerArguments(options),
    },
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: 1,
        InstanceType: (options.instanceType ?? DEFAULT_INSTANCE_TYPE) as 'ml.r5.4xlarge',
        VolumeSizeInGB: volumeSize(facts.inputBytes, facts.volumeQuota, parameters.volumeSize),
        ...cluster,
      },
    },
    ...request,
  };
}

/** The same arguments as the reference's launcher gives. */
function containerArguments(options: ProcessingJobOptions): string[] {
  return [
    '--input-prefix',
    asS3Url(options.s3InputPrefix).replace(/\/$/, ''),
    '--streaming-repartitioning',
    options.streamingRepartitioning ? 'True' : 'False',
    '--input-metadata-file-name',
    options.configFilename ?? 'metadata.json',
    '--log-level',
    options.containerLogLevel ?? 'INFO',
    '--updated-metadata-file-name',
    options.updatedMetadataFileName ?? 'updated_row_counts_metadata.json',
  ];
}
