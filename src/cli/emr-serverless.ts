/** `gs-repartition emr-serverless setup` and `submit`: from an account with a pushed image to a job. */
import {
  requireSageMaker,
  setupEmrServerless,
  setupPolicies,
  type SetupOptions,
  type SetupResult,
  type AwsStep,
  submitJob,
  type SubmitOptions,
} from '../aws/index.js';
import { awsOptions, list, whole, withAws } from './aws-options.js';
import { defineCommand, type Command, type Session } from './command.js';
import { LOG_LEVELS } from './common-options.js';
import { versioned } from './documents.js';
import { submitAlignmentCommand } from './emr-alignment.js';
import { jobCommands } from './emr-serverless-jobs.js';
import { sagemakerOptions, waitForJob, waitOptions } from './emr-serverless-wait.js';
import {
  alias,
  choice,
  count,
  flag,
  required,
  text,
  trueOrFalse,
  usage,
  type Values,
  withDefault,
} from './options.js';
import { sparkJobOptions } from './spark-job-options.js';
import { EXIT } from './world.js';

/** Says a step before it is done; in a dry run the requests are the output. */
function stepTeller({ log }: Session, dryRun: boolean): (step: AwsStep) => void {
  return (step) => log.info(dryRun ? `would ${step.title}` : step.title);
}

/** What is to be set up; `run` has these too. */
export const setupOptions = {
  bucket: required(text('The bucket that jobs read from and write to')),
  'image-uri': required(text('The GSProcessing image in ECR: <account>.dkr.ecr.<region>.amazonaws.com/…')),
  'application-name': text('The application (gsprocessing-<version> unless given)'),
  'role-name': text('The job runtime role, made if need be (gsprocessing-emr-serverless unless given)'),
  'role-arn': text('A role to use as it is instead'),
  'release-label': text('The EMR release (the one that the image is built on unless given)'),
  architecture: choice('The processors (as the image’s tag says unless given)', ['X86_64', 'ARM64']),
  'subnet-ids': list('Subnets for a network, with commas between them'),
  'security-group-ids': list('Security groups for a network, with commas between them'),
  'maximum-vcpu': count('Limit of all jobs together: vCPUs'),
  'maximum-memory-gb': count('Limit of all jobs together: memory in GB'),
  'maximum-disk-gb': count('Limit of all jobs together: disk in GB'),
  'auto-stop-minutes': whole(
    'Stop the application after so many idle minutes, 0 for never (15 unless given)',
    0,
  ),
  'kms-key-arn': text('The KMS key that encrypts the bucket’s objects, if one does'),
};

export function setupOptionsFrom(values: Values<typeof setupOptions>): SetupOptions {
  return {
    bucket: values.bucket,
    imageUri: values['image-uri'],
    applicationName: values['application-name'],
    roleName: values['role-name'],
    roleArn: values['role-arn'],
    releaseLabel: values['release-label'],
    architecture: values.architecture,
    subnetIds: values['subnet-ids'],
    securityGroupIds: values['security-group-ids'],
    maximumVcpu: values['maximum-vcpu'],
    maximumMemoryGb: values['maximum-memory-gb'],
    maximumDiskGb: values['maximum-disk-gb'],
    autoStopMinutes: values['auto-stop-minutes'],
    kmsKeyArn: values['kms-key-arn'],
  };
}

const setupCommand = defineCommand({
  name: 'emr-serverless setup',
  describe: 'Make or adopt what jobs need: the role, the application, the access to the image',
  usage: '--bucket <bucket> --image-uri <image> [options]',
  options: {
    ...setupOptions,
    'dry-run': flag('Print the requests as JSON and change nothing'),
    'print-policies': flag('Print all policies as JSON, for an administrator to apply, and call nothing'),
    'application-id': text('With --print-policies: the application, where it is known'),
    'sagemaker-role-arn': text('With --print-policies: the only role that SageMaker jobs may be given'),
    ...awsOptions,
  },
  examples: [
    ['$0 emr-serverless setup --bucket my-bucket --image-uri <image>', 'Set up, or see that all is set up'],
    ['$0 emr-serverless setup --bucket my-bucket --image-uri <image> --dry-run', 'See what it would do'],
  ],
  async run(values, session) {
    const options = setupOptionsFrom(values);
    if (values['print-policies']) {
      const known = {
        applicationId: values['application-id'],
        sagemakerRoleArn: values['sagemaker-role-arn'],
      };
      session.printDocument(versioned('emr-serverless-policies', setupPolicies({ ...options, ...known })));
      return EXIT.success;
    }
    const dryRun = values['dry-run'];
    return withAws(values, async (aws) => {
      const { log, signal } = session;
      const result = await setupEmrServerless(aws, options, {
        dryRun,
        signal,
        log,
        onStep: stepTeller(session, dryRun),
      });
      if (dryRun || values.json)
        session.printDocument(
          versioned('emr-serverless-setup', { status: dryRun ? 'planned' : 'succeeded', ...result }),
        );
      else for (const line of describeSetup(result, await aws.wayWords())) session.print(line);
      return EXIT.success;
    });
  },
});

function describeSetup(result: SetupResult, wayWords: string): string[] {
  const { steps, roleArn, applicationId } = result;
  return [
    steps.length === 0 ? 'Everything is set up already.' : 'Everything is set up.',
    `  role         ${roleArn}`,
    `  application  ${applicationId} (${result.applicationName})`,
    `Submit jobs with: gs-repartition emr-serverless submit --application-id ${applicationId} ` +
      `--execution-role ${roleArn}${wayWords} …`,
  ];
}

/** The job; `run` has these too. */
export const submitOptions = {
  'application-id': text('The application'),
  'application-name': text('The application by its name instead'),
  'execution-role': required(text('The job runtime role: name or ARN')),
  'entry-point': required(text('distributed_executor.py: a local file, which is uploaded, or s3://…')),
  'entry-point-url': text(
    'Where a local entry point goes (emr-serverless-scripts/ of the output bucket unless given)',
  ),
  'input-prefix': required(text('The input tables and their configuration: s3://bucket/prefix')),
  'output-prefix': required(text('Where the graph goes: s3://bucket/prefix')),
  'config-filename': alias('config-file', required(text('The configuration, under the input prefix'))),
  'num-output-files': withDefault(whole('Files per type; -1 lets Spark decide', -1), '-1'),
  'graph-name': text('The graph’s name'),
  'do-repartition': withDefault(trueOrFalse('Have Spark’s leader try to align'), 'True'),
  'add-reverse-edges': trueOrFalse('Add reverse edges (GSProcessing adds them unless told not to)'),
  'job-log-level': choice('The job’s own log level, GSProcessing’s --log-level', LOG_LEVELS),
  'job-name': text('The job’s name (gs-processing unless given)'),
  ...sparkJobOptions,
};

/** @param extraArguments given to the entry point as they are */
export function submitOptionsFrom(
  values: Values<typeof submitOptions>,
  extraArguments: readonly string[] = [],
): SubmitOptions {
  const conf = values['spark-conf'] ?? [];
  const twice = conf.find(([key], i) => conf.findIndex(([other]) => other === key) < i);
  if (twice) throw usage(`--spark-conf ${twice[0]} was given twice`);
  return {
    applicationId: values['application-id'],
    applicationName: values['application-name'],
    executionRole: values['execution-role'],
    entryPoint: values['entry-point'],
    entryPointUrl: values['entry-point-url'],
    inputPrefix: values['input-prefix'],
    outputPrefix: values['output-prefix'],
    configFilename: values['config-filename'],
    numOutputFiles: values['num-output-files'],
    graphName: values['graph-name'],
    doRepartition: values['do-repartition'],
    addReverseEdges: values['add-reverse-edges'],
    logLevel: values['job-log-level'],
    extraArguments,
    jobName: values['job-name'],
    clientToken: values['client-token'],
    sparkConf: Object.fromEntries(conf),
    sparkSubmitParameters: values['spark-submit-parameters'],
    logUri: values['log-uri'],
    logGroup: values['log-group'],
    timeoutMinutes: values['timeout-minutes'],
  };
}

const submitCommand = defineCommand({
  name: 'emr-serverless submit',
  describe: 'Start a GSProcessing job; with --wait follow it and have its output aligned',
  usage: '--application-id <id> --execution-role <role> --entry-point <file> --input-prefix <s3> … [-- …]',
  passesOn: true,
  options: {
    ...submitOptions,
    wait: flag('Follow the job, and have its output aligned when it is not'),
    'dry-run': flag('Print the requests as JSON; neither upload nor start'),
    ...waitOptions,
    ...awsOptions,
  },
  examples: [
    [
      '$0 emr-serverless submit --application-name gsprocessing-0.2.2 --execution-role gsprocessing-emr-serverless ' +
        '--entry-point distributed_executor.py --input-prefix s3://bucket/in --output-prefix s3://bucket/out ' +
        '--config-filename config.json --wait',
      'Process a graph and have it aligned',
    ],
  ],
  async run(values, session) {
    const { log, signal } = session;
    const dryRun = values['dry-run'];
    if (values.wait) requireSageMaker({ fallback: values.fallback, sagemaker: sagemakerOptions(values) });
    return withAws(values, async (aws) => {
      const { applicationId, jobRunId, ...started } = await submitJob(
        aws,
        submitOptionsFrom(values, (values as { '--'?: string[] })['--']),
        { dryRun, signal, log, onStep: stepTeller(session, dryRun) },
      );
      if (dryRun || jobRunId === undefined) {
        session.printDocument(
          versioned('emr-serverless-submit', { status: 'planned', applicationId, ...started }),
        );
        return EXIT.success;
      }
      log.info(`started the job ${jobRunId}`);
      if (values.wait) return waitForJob(aws, { applicationId, jobRunId }, values, session);
      if (values.json) {
        const { outputPrefix } = started;
        session.printDocument(
          versioned('emr-serverless-submit', { status: 'started', applicationId, jobRunId, outputPrefix }),
        );
        return EXIT.success;
      }
      session.print(`Started the job ${jobRunId}.`);
      session.print(
        `Follow it with: gs-repartition emr-serverless status --application-id ${applicationId} ` +
          `--job-run-id ${jobRunId}${await aws.wayWords()} --wait`,
      );
      return EXIT.success;
    });
  },
});

export const emrServerlessCommands: readonly Command[] = [
  setupCommand,
  submitCommand,
  submitAlignmentCommand,
  ...jobCommands,
];
