/** After the job: is the graph aligned, and if not, who aligns it? */
import type { JobRun } from '@aws-sdk/client-emr-serverless';
import { RepartitionError } from '../errors.js';
import { callFor } from './advice.js';
import { submitAlignment } from './alignment.js';
import { followJob, type JobUpdate } from './follow.js';
import { logUriOf, outputPrefixOf } from './job.js';
import { checkOutput, type Engine } from './output-check.js';
import { persist, type PersistOptions } from './persist.js';
import { submitProcessingJob } from './sagemaker.js';
import { followProcessingJob, type ProcessingUpdate } from './sagemaker-follow.js';
import type { ProcessingJobOptions } from './sagemaker-plan.js';
import type { AwsSession } from './session.js';
import { alignmentOnApplication, alignmentOnSageMaker } from './under-way.js';

/**
 * Where alignment runs when the job's own failed: in this process, as a SageMaker job, as another job on the same
 * application (whose image must have gs-repartition), or not at all.
 */
export type Fallback = 'here' | 'sagemaker' | 'emr-serverless' | 'none';

/** What {@link finishJob} may do about a graph that is not aligned. */
export interface FinishOptions extends PersistOptions {
  /** Default `here`. */
  fallback?: Fallback | undefined;
  engine: Engine;
  /** Everything but the prefix; needed for the fallback `sagemaker`. */
  sagemaker?: Omit<ProcessingJobOptions, 's3InputPrefix'> | undefined;
  onSageMakerUpdate?: ((update: ProcessingUpdate) => void) | undefined;
  /** For the fallback `emr-serverless`: the Spark configuration for a graph; the application's own unless given. */
  sparkConf?: ((outputPrefix: string) => Promise<Record<string, string>>) | undefined;
  onAlignmentUpdate?: ((update: JobUpdate) => void) | undefined;
  /** Told why, before the fallback begins. */
  onFallback?: ((reason: string, fallback: Fallback) => void) | undefined;
  pollMs?: number | undefined;
}

/** Who aligned the graph, if anybody, and why it was not the job. */
export type Outcome =
  /** Nothing was left to do, by Spark's leader or since then: it passes verification. */
  | { alignedBy: 'job'; outputPrefix: string }
  /** `summary` is what the engine answered. */
  | { alignedBy: 'here'; outputPrefix: string; reason: string; summary: unknown }
  | { alignedBy: 'sagemaker'; outputPrefix: string; reason: string; sagemakerJobName: string }
  | { alignedBy: 'emr-serverless'; outputPrefix: string; reason: string; alignmentJobRunId: string }
  | { alignedBy: 'nobody'; outputPrefix: string; reason: string };

/**
 * Looks at what a successful job left and has it aligned if need be.
 * @throws RepartitionError as the alignment, or `job`
 *
 * @example
 * ```ts no-run
 * import { repartition, verifyPrefix } from 'gs-repartition';
 * import { AwsSession, finishJob, followJob } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const job = await followJob(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' });
 * const engine = {
 *   verify: (inputPrefix: string) => verifyPrefix({ inputPrefix }),
 *   align: (inputPrefix: string) => repartition({ inputPrefix }),
 * };
 * const outcome = await finishJob(session, job, { engine });
 * console.log(outcome.alignedBy);
 * ```
 */
export async function finishJob(session: AwsSession, job: JobRun, options: FinishOptions): Promise<Outcome> {
  const { engine, fallback = 'here', signal } = options;
  const outputPrefix = outputPrefixOf(job);
  if (outputPrefix === undefined) {
    throw new RepartitionError(
      'job',
      `the job ${job.jobRunId ?? ''} was given no output prefix: it is not GSProcessing’s`,
      {
        hint: 'Align its output, if there is any, with `repartition`.',
      },
    );
  }
  const startedAt = job.createdAt ?? new Date(0);
  const look = (): ReturnType<typeof checkOutput> =>
    checkOutput(session, outputPrefix, startedAt, (prefix) => engine.verify(prefix), signal);
  const verdict = await persist(session, `looking at ${outputPrefix}`, look, options);
  if (verdict.aligned) return { alignedBy: 'job', outputPrefix };

  const { reason } = verdict;
  options.onFallback?.(reason, fallback);
  if (fallback === 'none') return { alignedBy: 'nobody', outputPrefix, reason };
  if (fallback === 'here') {
    // What broke off in the middle resumes: finished parts are kept.
    const align = (): Promise<unknown> => engine.align(outputPrefix);
    const summary = await persist(session, `aligning ${outputPrefix}`, align, options);
    return { alignedBy: 'here', outputPrefix, reason, summary };
  }
  const isEmr = fallback === 'emr-serverless';
  const name = isEmr
    ? await alignOnApplication(session, job, outputPrefix, options)
    : await alignOnSageMaker(session, job, outputPrefix, options);
  const after = await persist(session, `looking at ${outputPrefix}`, look, options);
  if (after.aligned) {
    return isEmr
      ? { alignedBy: 'emr-serverless', outputPrefix, reason, alignmentJobRunId: name }
      : { alignedBy: 'sagemaker', outputPrefix, reason, sagemakerJobName: name };
  }
  throw new RepartitionError(
    'job',
    `the ${isEmr ? '' : 'SageMaker '}job ${name} succeeded, but the graph is not aligned: ${after.reason}`,
    { hint: alignHere(session, outputPrefix) },
  );
}

function alignHere(session: AwsSession, inputPrefix: string): string {
  return `Align it here: ${callFor(session, 'repartition', { inputPrefix })}`;
}

/** With the role and the logs of the job that left the graph. */
async function alignOnApplication(
  session: AwsSession,
  job: JobRun,
  outputPrefix: string,
  options: FinishOptions,
): Promise<string> {
  const { applicationId = '', executionRole = '' } = job;
  const start = async (): Promise<string> => {
    const asked = {
      applicationId,
      executionRole,
      inputPrefix: outputPrefix,
      logUri: logUriOf(job),
      sparkConf: await options.sparkConf?.(outputPrefix),
    };
    return (await submitAlignment(session, asked, options)).jobRunId ?? '';
  };
  const jobRunId = (await alignmentOnApplication(session, { job, outputPrefix }, options)) ?? (await start());
  const id = { applicationId, jobRunId };
  const started = {
    told: `the alignment is the job ${jobRunId} of the application ${applicationId} in ${await session.region()}`,
    cancel: `gs-repartition emr-serverless cancel --application-id ${applicationId} --job-run-id ${jobRunId}${await session.wayWords()}`,
  };
  const { state, stateDetails } = await named(started, options, () =>
    followJob(session, id, { ...options, onUpdate: options.onAlignmentUpdate }),
  );
  if (state === 'SUCCESS') return jobRunId;
  throw new RepartitionError(
    'job',
    `the alignment's job ${jobRunId} ended as ${state ?? 'UNKNOWN'}: ${stateDetails ?? ''}`,
    { hint: alignHere(session, outputPrefix) },
  );
}

/**
 * Refuses a fallback that could not run, while there is still time to say so.
 * @throws RepartitionError `usage` when the fallback `sagemaker` lacks what it needs; to be asked before the job starts
 *
 * @example
 * ```ts
 * import { requireSageMaker, RepartitionError } from 'gs-repartition/upstream';
 *
 * try {
 *   requireSageMaker({ fallback: 'sagemaker' });
 * } catch (error) {
 *   console.log((error as RepartitionError).message);
 * }
 * // `fallback` sagemaker needs a role and an image
 * ```
 */
export function requireSageMaker(options: Pick<FinishOptions, 'fallback' | 'sagemaker'>): void {
  if (options.fallback !== 'sagemaker' || options.sagemaker !== undefined) return;
  throw new RepartitionError('usage', '`fallback` sagemaker needs a role and an image', {
    hint: 'Give `sagemaker.role` and `sagemaker.imageUri`.',
  });
}

async function alignOnSageMaker(
  session: AwsSession,
  job: JobRun,
  outputPrefix: string,
  options: FinishOptions,
): Promise<string> {
  requireSageMaker({ fallback: 'sagemaker', sagemaker: options.sagemaker });
  const asked = { ...options.sagemaker!, s3InputPrefix: outputPrefix };
  const jobName =
    (await alignmentOnSageMaker(session, { job, outputPrefix }, asked, options)) ??
    (await submitProcessingJob(session, asked, options)).jobName;
  const started = {
    told: `the alignment is the SageMaker job ${jobName} in ${await session.region()}`,
    cancel: `aws sagemaker stop-processing-job --processing-job-name ${jobName}${await session.wayWords()}`,
  };
  await named(started, options, () =>
    followProcessingJob(session, jobName, { ...options, onUpdate: options.onSageMakerUpdate }),
  );
  return jobName;
}

/** Follows a job that nobody but us knows of: what it is called is said at once, and how to cancel it when we leave it. */
async function named<T>(
  { told, cancel }: { told: string; cancel: string },
  { log }: PersistOptions,
  follow: () => Promise<T>,
): Promise<T> {
  log?.info(told);
  try {
    return await follow();
  } catch (error) {
    const hasFailed = error instanceof RepartitionError && error.code === 'job';
    if (!hasFailed) log?.warn(`the job itself goes on; cancel it with: ${cancel}`);
    throw error;
  }
}
