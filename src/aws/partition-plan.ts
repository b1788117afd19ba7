/**
 * GraphStorm's partitioning as a SageMaker Processing job: its name, its request. Pure.
 *
 * Sources: GraphStorm's guide (gspartition/sagemaker.rst), its launcher (sagemaker/launch/launch_partition.py) and what
 * that launches (sagemaker/run/partition_entry.py); what SageMaker's Python `ScriptProcessor` makes of it.
 */
import { createHash } from 'node:crypto';
import type { CreateProcessingJobCommandInput } from '@aws-sdk/client-sagemaker';
import { asS3Url } from '../s3/keys.js';
import { usage } from './errors.js';
import { partsOfRequest, readParameters } from './processor-parameters.js';
import { processingJobName, volumeSize } from './sagemaker-plan.js';

export const PARTITION_INSTANCE_TYPE = 'ml.m5.12xlarge';
export const PUBLISHED_METADATA = 'updated_row_counts_metadata.json';
/** Where the launcher looks for it, beside a checkout of GraphStorm. */
export const PARTITION_ENTRY_POINT = 'graphstorm/sagemaker/run/partition_entry.py';
/** https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html */
const CODE = '/opt/ml/processing/input/code';
/** The longest that a job's name leaves for the name of the task: the rest is ours. */
const LONGEST_TASK = 21;

/** What is partitioned, into what, and on which machines. */
export interface PartitionOptions {
  /** `s3://bucket/prefix` of the aligned graph. */
  inputPrefix: string;
  /** Where the partitioned graph goes, in a folder `dist_graph`. */
  outputPrefix: string;
  /** Partitions; and instances, one for each. */
  numParts: number;
  /** The execution role: its name or its ARN. */
  role: string;
  /** GraphStorm's image for SageMaker. */
  imageUri: string;
  /** GraphStorm's `partition_entry.py`: a local file, which is uploaded, or `s3://…`. Default: where the launcher looks. */
  entryPoint?: string | undefined;
  /** Where a local entry point goes. Default `s3://<output bucket>/sagemaker-scripts/<file>`. */
  entryPointUrl?: string | undefined;
  /** Default `updated_row_counts_metadata.json`. */
  metadataFilename?: string | undefined;
  /** Default `ml.m5.12xlarge`. */
  instanceType?: string | undefined;
  /** A word in the job's name. */
  taskName?: string | undefined;
  /** GraphStorm knows `random` on SageMaker. */
  partitionAlgorithm?: string | undefined;
  /** Take the assignments that an earlier job left under the output prefix. */
  skipPartitioning?: boolean | undefined;
  containerLogLevel?: string | undefined;
  /** Parameters of SageMaker's Python `ScriptProcessor`, as `key=<Python literal>` separated by spaces. */
  smEstimatorParameters?: string | undefined;
}

/** What a job's request needs to know of the account, the graph and the script. */
export interface PartitionFacts {
  roleArn: string;
  /** The script on S3. */
  entryPointUrl: string;
  /** Of all objects under the input prefix. */
  inputBytes: number;
  /** GB; of the account. */
  volumeQuota: number;
  /** What the job's name begins with: what tells this hand-over from others. */
  stem: string;
  now: Date;
}

/**
 * What the names of all jobs begin with that hand over the same graph in the same way, whatever they run on: so a job
 * that is there already is found.
 * @param version of the published metadata
 */
export function partitionJobStem(options: PartitionOptions, version: string): string {
  const { imageUri, metadataFilename = PUBLISHED_METADATA, skipPartitioning = false } = options;
  const asked = [
    ...[withoutSlash(options.inputPrefix), metadataFilename, version],
    ...[withoutSlash(options.outputPrefix), options.numParts],
    ...[imageUri, options.partitionAlgorithm ?? 'random', skipPartitioning],
  ];
  const hash = createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 8);
  const { taskName } = options;
  return ['gs-partition', ...(taskName === undefined ? [] : [taskName]), hash].join('-');
}

/**
 * What `CreateProcessingJob` is asked for: what GraphStorm's launcher would have it asked for, but for the disk, which
 * has room for the graph.
 * @throws RepartitionError `usage`
 *
 * @example
 * ```ts
 * import { partitionJobRequest } from 'gs-repartition/upstream';
 *
 * const request = partitionJobRequest(
 *   {
 *     inputPrefix: 's3://graphs/graph',
 *     outputPrefix: 's3://graphs/partitioned',
 *     numParts: 2,
 *     role: 'sagemaker-execution',
 *     imageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/graphstorm:sagemaker-cpu',
 *   },
 *   {
 *     roleArn: 'arn:aws:iam::123456789012:role/sagemaker-execution',
 *     entryPointUrl: 's3://graphs/sagemaker-scripts/partition_entry.py',
 *     inputBytes: 100 * 1024 ** 3,
 *     volumeQuota: 1024,
 *     stem: 'gs-partition-0a1b2c3d',
 *     now: new Date('2026-01-01T02:03:04Z'),
 *   },
 * );
 * console.log(request.ProcessingJobName, request.AppSpecification?.ContainerEntrypoint?.join(' '));
 * // gs-partition-0a1b2c3d-2026-01-01-02-03-04 python3 /opt/ml/processing/input/code/partition_entry.py
 * ```
 */
export function partitionJobRequest(
  options: PartitionOptions,
  facts: PartitionFacts,
): CreateProcessingJobCommandInput {
  const parameters = readParameters('smEstimatorParameters', options.smEstimatorParameters ?? '');
  const { cluster, request } = partsOfRequest(parameters);
  const { Tags: tags = [], ...rest } = request;
  return {
    ProcessingInputs: [
      {
        InputName: 'code',
        AppManaged: false,
        S3Input: {
          S3Uri: facts.entryPointUrl,
          LocalPath: CODE,
          S3DataType: 'S3Prefix',
          S3InputMode: 'File',
          S3DataDistributionType: 'FullyReplicated',
          S3CompressionType: 'None',
        },
      },
    ],
    ProcessingJobName: processingJobName(facts.stem, facts.now),
    RoleArn: facts.roleArn,
    AppSpecification: {
      ImageUri: options.imageUri,
      ContainerEntrypoint: ['python3', `${CODE}/${fileOf(facts.entryPointUrl)}`],
      ContainerArguments: containerArguments(options),
    },
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: options.numParts,
        InstanceType: (options.instanceType ?? PARTITION_INSTANCE_TYPE) as 'ml.m5.12xlarge',
        VolumeSizeInGB: volumeSize(facts.inputBytes, facts.volumeQuota, parameters.volumeSize),
        ...cluster,
      },
    },
    ...rest,
    Tags: [{ Key: 'GraphStorm', Value: 'beta' }, { Key: 'GraphStorm_Task', Value: 'Partition' }, ...tags],
  };
}

/** The same arguments as the launcher gives, in its order. */
function containerArguments(options: PartitionOptions): string[] {
  return [
    ...['--graph-data-s3', withoutSlash(options.inputPrefix)],
    ...['--metadata-filename', options.metadataFilename ?? PUBLISHED_METADATA],
    ...['--num-parts', String(options.numParts)],
    ...['--output-data-s3', withoutSlash(options.outputPrefix)],
    ...['--skip-partitioning', options.skipPartitioning ? 'true' : 'false'],
    ...['--log-level', options.containerLogLevel ?? 'INFO'],
    ...['--partition-algorithm', options.partitionAlgorithm ?? 'random'],
  ];
}

/** @throws RepartitionError `usage` */
export function checkPartitionOptions({ numParts, taskName, partitionAlgorithm }: PartitionOptions): void {
  // https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingClusterConfig.html
  if (!Number.isSafeInteger(numParts) || numParts < 1 || numParts > 100) {
    throw usage(
      `\`numParts\` must be a whole number from 1 to 100, not ${numParts}`,
      'A job of SageMaker has at most 100 instances, and each makes one part.',
    );
  }
  if (taskName !== undefined && !new RegExp(`^[A-Za-z0-9-]{1,${LONGEST_TASK}}$`).test(taskName)) {
    throw usage(
      `not a name for a task: "${taskName}"`,
      `Use 1 to ${LONGEST_TASK} letters, digits and hyphens for \`taskName\`.`,
    );
  }
  if (partitionAlgorithm !== undefined && partitionAlgorithm !== 'random') {
    throw usage(
      `GraphStorm partitions on SageMaker by the algorithm random, not ${partitionAlgorithm}`,
      'Leave `partitionAlgorithm` out.',
    );
  }
}

function withoutSlash(url: string): string {
  return asS3Url(url).replace(/\/+$/, '');
}

function fileOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
