/** `gs-repartition partition`: GraphStorm's partitioning of an aligned graph on SageMaker, with its launcher's options. */
import {
  checkPartitions,
  type PartitionJob,
  type PartitionOptions,
  sessionNear,
  submitPartitionJob,
} from '../aws/index.js';
import { awsOptions, jobEngine, readAwsOptions } from './aws-options.js';
import { defineCommand } from './command.js';
import { titles } from './commands/titles.js';
import { interruptOption } from './emr-serverless-wait.js';
import { alias, choice, count, flag, required, text, type Values, withDefault } from './options.js';
import { waitForProcessing } from './processing-wait.js';
import { EXIT } from './world.js';
import { versioned } from './documents.js';

/** What is partitioned, and how; `run` has these too. */
export const partitionOptions = {
  'input-prefix': alias('graph-data-s3', required(text('The aligned graph: s3://bucket/prefix'))),
  'output-prefix': alias(
    'output-data-s3',
    required(text('Where the partitioned graph goes, in a folder dist_graph: s3://bucket/prefix')),
  ),
  'num-parts': required(count('Partitions; and instances, one for each')),
  role: required(text('The execution role: name or ARN')),
  'image-uri': alias('image-url', required(text('GraphStorm’s image for SageMaker in ECR'))),
  'entry-point': withDefault(
    text('GraphStorm’s partition_entry.py: a local file, which is uploaded, or s3://…'),
    'graphstorm/sagemaker/run/partition_entry.py',
  ),
  'entry-point-url': text(
    'Where a local entry point goes (sagemaker-scripts/ of the output bucket unless given)',
  ),
  'metadata-filename': withDefault(text('The published metadata'), 'updated_row_counts_metadata.json'),
  'instance-type': withDefault(text('The instances'), 'ml.m5.12xlarge'),
  'instance-count': count('As many as --num-parts, and nothing else'),
  'task-name': text('A word in the job’s name'),
  'partition-algorithm': withDefault(choice('How parts are chosen', ['random']), 'random'),
  'skip-partitioning': flag('Passed on to GraphStorm: take the assignments that are there'),
  'sm-estimator-parameters': text('Parameters of SageMaker’s Processor: "volume_size_in_gb=100 env={}"'),
  'container-log-level': withDefault(
    choice('The log level in the containers', ['DEBUG', 'INFO', 'WARNING', 'CRITICAL', 'FATAL']),
    'INFO',
  ),
};

export function partitionOptionsFrom(values: Values<typeof partitionOptions>): PartitionOptions {
  return {
    inputPrefix: values['input-prefix'],
    outputPrefix: values['output-prefix'],
    numParts: values['num-parts'],
    role: values.role,
    imageUri: values['image-uri'],
    entryPoint: values['entry-point'],
    entryPointUrl: values['entry-point-url'],
    metadataFilename: values['metadata-filename'],
    instanceType: values['instance-type'],
    taskName: values['task-name'],
    partitionAlgorithm: values['partition-algorithm'],
    skipPartitioning: values['skip-partitioning'],
    containerLogLevel: values['container-log-level'],
    smEstimatorParameters: values['sm-estimator-parameters'],
  };
}

export const partitionCommand = defineCommand({
  ...titles.partition,
  usage:
    '--input-prefix <s3> --output-prefix <s3> --num-parts <n> --role <role> --image-uri <image> [options]',
  options: {
    ...partitionOptions,
    'wait-for-job': alias('wait', flag('Follow the job and show its log')),
    ...interruptOption,
    'dry-run': flag('Print the requests as JSON; neither upload nor start'),
    ...awsOptions,
    region: text('The AWS region (the input bucket’s unless given)'),
  },
  examples: [
    [
      '$0 partition --input-prefix s3://bucket/graph --output-prefix s3://bucket/partitioned --num-parts 2 ' +
        '--role <role> --image-uri <image> --wait-for-job',
      'Partition a graph for two machines',
    ],
  ],
  async run(values, session) {
    const { log, signal } = session;
    const options = partitionOptionsFrom(values);
    const { 'instance-count': instances = options.numParts } = values;
    if (instances !== options.numParts) {
      log.warn(
        `--num-parts ${options.numParts} needs as many instances: --instance-count is not ${instances}`,
      );
    }
    const dryRun = values['dry-run'];
    const engine = jobEngine(session, values);
    const aws = await sessionNear(readAwsOptions(values), options.inputPrefix, signal);
    try {
      const job = await submitPartitionJob(aws, options, {
        dryRun,
        signal,
        log,
        verify: (prefix, asked) => engine.verify(prefix, asked),
        onStep: ({ title }) => log.info(dryRun ? `would ${title}` : title),
      });
      if (values['wait-for-job'] && !dryRun && job.state !== 'done') {
        if (job.state === 'running') log.info(`the job ${job.jobName} is at work on this graph already`);
        if (!(await waitForProcessing(aws, job.jobName, values, session))) return EXIT.interrupted;
        await checkPartitions(aws, job.jobName, options, signal);
        job.state = 'done';
      }
      const { state: status, ...told } = job;
      if (dryRun || values.json) session.printDocument(versioned('partition', { status, ...told }));
      else for (const line of described(job)) session.print(line);
      return EXIT.success;
    } finally {
      await aws.close();
    }
  },
});

function described({ state, jobName, region, graph }: PartitionJob): string[] {
  switch (state) {
    case 'done':
      return [`The graph is partitioned: the job ${jobName} has made it.`, `  graph  ${graph}`];
    case 'running':
      return [`The job ${jobName} is at work on this graph in ${region} already.`];
    default:
      return [`Started the job ${jobName} in ${region}.`];
  }
}
