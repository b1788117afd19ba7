/** A GSProcessing job as the document that starts it. Pure. */
import type { JobRun, StartJobRunCommandInput } from '@aws-sdk/client-emr-serverless';
import { RepartitionError } from '../errors.js';
import { configName } from './names.js';

/** The arguments of GSProcessing's `distributed_executor.py`, by their names. */
export interface ProcessingArguments {
  /** `s3://bucket/prefix` of the input tables and the configuration. */
  inputPrefix: string;
  outputPrefix: string;
  /** Under the input prefix: a GConstruct or GSProcessing configuration. */
  configFilename: string;
  /** -1 lets Spark decide. Default -1. */
  numOutputFiles?: number | undefined;
  graphName?: string | undefined;
  /** Whether Spark's leader tries to align. Default true, as in GraphStorm's guide. */
  doRepartition?: boolean | undefined;
  /** Default: GSProcessing's own, true. */
  addReverseEdges?: boolean | undefined;
  logLevel?: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL' | undefined;
  /** Given to the entry point as they are, after all others. */
  extraArguments?: readonly string[] | undefined;
}

/** All that a job is started with. */
export interface JobSettings extends ProcessingArguments, RunSettings {}

/** What a job of any entry point is started with. */
export interface RunSettings {
  applicationId: string;
  executionRoleArn: string;
  /** `s3://…` of the entry point. */
  entryPoint: string;
  /** Default `gs-processing`. */
  jobName?: string | undefined;
  /** The same token never starts two jobs. */
  clientToken: string;
  /** Spark configuration by key; becomes `--conf key=value`. */
  sparkConf?: Readonly<Record<string, string>> | undefined;
  /** More of `spark-submit`'s parameters, as one would type them. */
  sparkSubmitParameters?: string | undefined;
  /** `s3://…` where the logs of driver and executors go. */
  logUri?: string | undefined;
  /** CloudWatch's log group, to have the logs there too. */
  logGroup?: string | undefined;
  /** Minutes after which the job is given up; 0 for never. Default: the service's, 12 hours. */
  timeoutMinutes?: number | undefined;
}

/**
 * What `StartJobRun` is asked for.
 *
 * @example
 * ```ts
 * import { startJobRunRequest } from 'gs-repartition/upstream';
 *
 * const request = startJobRunRequest({
 *   applicationId: '00f1r2s3t4',
 *   executionRoleArn: 'arn:aws:iam::123456789012:role/gsprocessing-emr-serverless',
 *   entryPoint: 's3://graphs/scripts/distributed_executor.py',
 *   inputPrefix: 's3://graphs/tables',
 *   outputPrefix: 's3://graphs/graph',
 *   configFilename: 'config.json',
 *   clientToken: 'nightly-2026-01-01',
 * });
 * console.log(request.jobDriver?.sparkSubmit?.entryPointArguments?.join(' '));
 * // --input-prefix s3://graphs/tables --output-prefix s3://graphs/graph --config-filename config.json …
 * ```
 */
export function startJobRunRequest(settings: JobSettings): StartJobRunCommandInput {
  return jobRunRequest(settings, entryPointArguments(settings));
}

/** The same for an entry point with arguments of its own. */
export function jobRunRequest(settings: RunSettings, entryPointArguments: string[]): StartJobRunCommandInput {
  const { logUri, logGroup, timeoutMinutes } = settings;
  const sparkSubmitParameters = sparkParameters(settings);
  return {
    applicationId: settings.applicationId,
    clientToken: settings.clientToken,
    executionRoleArn: settings.executionRoleArn,
    name: settings.jobName ?? 'gs-processing',
    jobDriver: {
      sparkSubmit: {
        entryPoint: settings.entryPoint,
        entryPointArguments,
        ...(sparkSubmitParameters === '' ? {} : { sparkSubmitParameters }),
      },
    },
    ...(logUri === undefined && logGroup === undefined
      ? {}
      : {
          configurationOverrides: {
            monitoringConfiguration: {
              ...(logUri === undefined ? {} : { s3MonitoringConfiguration: { logUri } }),
              ...(logGroup === undefined
                ? {}
                : { cloudWatchLoggingConfiguration: { enabled: true, logGroupName: logGroup } }),
            },
          },
        }),
    ...(timeoutMinutes === undefined ? {} : { executionTimeoutMinutes: timeoutMinutes }),
  };
}

/** In the order of GraphStorm's guide. */
function entryPointArguments(job: ProcessingArguments): string[] {
  const args = [
    '--input-prefix',
    job.inputPrefix,
    '--output-prefix',
    job.outputPrefix,
    '--config-filename',
    configName(job.configFilename),
    '--num-output-files',
    String(job.numOutputFiles ?? -1),
  ];
  if (job.graphName !== undefined) args.push('--graph-name', job.graphName);
  args.push('--do-repartition', String(job.doRepartition ?? true));
  if (job.addReverseEdges !== undefined) args.push('--add-reverse-edges', String(job.addReverseEdges));
  if (job.logLevel !== undefined) args.push('--log-level', job.logLevel);
  return [...args, ...(job.extraArguments ?? [])];
}

function sparkParameters({ sparkConf = {}, sparkSubmitParameters = '' }: RunSettings): string {
  const confs = Object.entries(sparkConf).map(([key, value]) => {
    if (!/^[\w.-]+$/.test(key)) {
      throw new RepartitionError('usage', `not a key of Spark's configuration: ${key}`, {
        hint: 'Keys of `sparkConf` are like spark.executor.memory.',
      });
    }
    return `--conf ${shellWord(`${key}=${value}`)}`;
  });
  return [...confs, sparkSubmitParameters.trim()].filter((part) => part !== '').join(' ');
}

/** The service splits parameters at spaces, and quotes keep what they enclose together. */
function shellWord(text: string): string {
  return /[\s"'\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
}

/**
 * Where a job run writes its graph, from its own arguments; `undefined` for jobs that are not GSProcessing's.
 *
 * @example
 * ```ts
 * import { outputPrefixOf } from 'gs-repartition/upstream';
 *
 * const entryPointArguments = ['--output-prefix', 's3://graphs/graph'];
 * console.log(outputPrefixOf({ jobDriver: { sparkSubmit: { entryPoint: 's3://graphs/a.py', entryPointArguments } } }));
 * // s3://graphs/graph
 * ```
 */
export function outputPrefixOf(job: Pick<JobRun, 'jobDriver'>): string | undefined {
  return argumentOf(job, '--output-prefix');
}

/** Where a job run's logs go on S3, if they do. */
export function logUriOf(job: Pick<JobRun, 'configurationOverrides'>): string | undefined {
  return job.configurationOverrides?.monitoringConfiguration?.s3MonitoringConfiguration?.logUri;
}

function argumentOf({ jobDriver }: Pick<JobRun, 'jobDriver'>, name: string): string | undefined {
  const args = jobDriver?.sparkSubmit?.entryPointArguments ?? [];
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  const found = args[at];
  if (found === undefined) return undefined;
  return found === name ? args[at + 1] : found.slice(name.length + 1);
}
