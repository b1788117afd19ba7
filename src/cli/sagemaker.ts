/** `gs-repartition sagemaker submit`: the alignment as a SageMaker Processing job, with the reference's options. */
import { checkAlignment, type ProcessingJobOptions, sessionNear, submitProcessingJob } from '../aws/index.js';
import { alignAdvice } from './align-advice.js';
import { awsOptions, jobEngine, readAwsOptions } from './aws-options.js';
import { type Command, defineCommand } from './command.js';
import { commonOptions, LOG_LEVELS } from './common-options.js';
import { versioned } from './documents.js';
import { interruptOption } from './emr-serverless-wait.js';
import { alias, choice, flag, required, text, trueOrFalse, withDefault } from './options.js';
import { waitForProcessing } from './processing-wait.js';
import { EXIT } from './world.js';

const submitCommand = defineCommand({
  name: 'sagemaker submit',
  describe: 'Align a graph in a SageMaker Processing job',
  usage: '--s3-input-prefix <s3> --role <role> --image-uri <image> [options]',
  options: {
    's3-input-prefix': required(text('The graph: s3://bucket/prefix')),
    role: required(text('The execution role: name or ARN')),
    'image-uri': alias('image', required(text('The image in ECR whose entry point is gs-repartition'))),
    'config-filename': withDefault(text('The metadata to read'), 'metadata.json'),
    'updated-metadata-file-name': withDefault(
      text('The metadata to publish'),
      'updated_row_counts_metadata.json',
    ),
    'instance-type': withDefault(text('The instance'), 'ml.r5.4xlarge'),
    'job-name': withDefault(text('What the job’s name begins with'), 'gsprocessing-repartitioning'),
    'wait-for-job': alias('wait', flag('Follow the job and show its log')),
    'container-log-level': withDefault(choice('The log level in the container', LOG_LEVELS), 'INFO'),
    'streaming-repartitioning': withDefault(trueOrFalse('Passed on to the container'), 'False'),
    'sm-processor-parameters': text('Parameters of SageMaker’s Processor: "volume_size_in_gb=100 env={}"'),
    ...interruptOption,
    'dry-run': flag('Print the request as JSON and start nothing'),
    ...awsOptions,
    region: text('The AWS region (the bucket’s unless given)'),
    // What GraphStorm's launcher calls the level of its own log, beside the container's.
    'log-level': alias('host-log-level', commonOptions['log-level']),
  },
  examples: [
    [
      '$0 sagemaker submit --s3-input-prefix s3://bucket/graph --role <role> --image-uri <image> --wait-for-job',
      'Align',
    ],
  ],
  async run(values, session) {
    const { log, signal } = session;
    const options: ProcessingJobOptions = {
      s3InputPrefix: values['s3-input-prefix'],
      role: values.role,
      imageUri: values['image-uri'],
      configFilename: values['config-filename'],
      updatedMetadataFileName: values['updated-metadata-file-name'],
      instanceType: values['instance-type'],
      jobName: values['job-name'],
      containerLogLevel: values['container-log-level'],
      streamingRepartitioning: values['streaming-repartitioning'],
      smProcessorParameters: values['sm-processor-parameters'],
    };
    const dryRun = values['dry-run'];
    const aws = await sessionNear(readAwsOptions(values), options.s3InputPrefix, signal);
    try {
      const started = await submitProcessingJob(aws, options, {
        dryRun,
        signal,
        log,
        onStep: ({ title }) => log.info(dryRun ? `would ${title}` : title),
      });
      const { jobName, region } = started;
      if (dryRun) session.printDocument(versioned('sagemaker-submit', { status: 'planned', ...started }));
      else if (!values['wait-for-job']) {
        if (values.json)
          session.printDocument(versioned('sagemaker-submit', { status: 'started', jobName, region }));
        else session.print(`Started the job ${jobName} in ${region}.`);
      } else {
        if (!(await waitForProcessing(aws, jobName, values, session))) return EXIT.interrupted;
        const engine = jobEngine(session, values);
        const verdict = await checkAlignment(options.s3InputPrefix, options, (prefix, names) =>
          engine.verify(prefix, names),
        );
        if (values.json) {
          const ended = { status: 'succeeded', jobName, region, ...verdict };
          session.printDocument(versioned('sagemaker-submit', ended));
        } else if (verdict.aligned) {
          session.print(`The job ${jobName} succeeded, and the graph is aligned: it passes verification.`);
        } else {
          session.print(`The job ${jobName} succeeded, but the graph is not aligned (${verdict.reason}).`);
          session.print(
            alignAdvice(
              options.s3InputPrefix,
              { ...values, region: undefined },
              {
                inputMetadataFileName: values['config-filename'],
                updatedMetadataFileName: values['updated-metadata-file-name'],
              },
            ),
          );
        }
        return verdict.aligned ? EXIT.success : EXIT.notAligned;
      }
      return EXIT.success;
    } finally {
      await aws.close();
    }
  },
});

export const sagemakerCommands: readonly Command[] = [submitCommand];
