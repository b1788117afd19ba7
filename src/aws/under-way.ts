/**
 * Alignments of a graph that are at work already: whoever left one, by Ctrl-C or with the machine, goes on with it and starts
 * no second one.
 */
import type { JobRun } from '@aws-sdk/client-emr-serverless';
import { throwIfAborted } from '../errors.js';
import { asS3Url } from '../s3/keys.js';
import { ALIGNMENT_JOB } from './alignment.js';
import { getJob, hasEnded } from './follow.js';
import { listJobs } from './jobs.js';
import type { PersistOptions } from './persist.js';
import { DEFAULT_PROCESSING_JOB } from './sagemaker-plan.js';
import type { AwsSession } from './session.js';

/** What to look for: an alignment of the graph that this job has left. */
interface Sought {
  job: JobRun;
  outputPrefix: string;
}

/** @returns the job run on the application of the job that left the graph */
export async function alignmentOnApplication(
  session: AwsSession,
  { job, outputPrefix }: Sought,
  options: PersistOptions,
): Promise<string | undefined> {
  const { applicationId = '' } = job;
  return quietly(options, async () => {
    for (const { id: jobRunId = '', name, state, createdAt } of await listJobs(
      session,
      applicationId,
      options,
    )) {
      const isOver = hasEnded({ state }) || state === 'CANCELLING';
      if (name !== ALIGNMENT_JOB || isOver || isOlder(createdAt, job)) continue;
      const { jobDriver } = await getJob(session, { applicationId, jobRunId }, options);
      if (isOf(outputPrefix, jobDriver?.sparkSubmit?.entryPointArguments)) return jobRunId;
    }
    return undefined;
  });
}

/** @returns the name of the processing job */
export async function alignmentOnSageMaker(
  session: AwsSession,
  { job, outputPrefix }: Sought,
  { jobName = DEFAULT_PROCESSING_JOB }: { jobName?: string | undefined },
  options: PersistOptions,
): Promise<string | undefined> {
  return quietly(options, async () => {
    const sagemaker = await session.client('sagemaker');
    const http = options.signal === undefined ? {} : { abortSignal: options.signal };
    // Longer ones are cut off, see `processingJobName`.
    const newest = { SortBy: 'CreationTime', SortOrder: 'Descending', MaxResults: 100 } as const;
    const asked = { NameContains: jobName.slice(0, 43), ...newest };
    const { ProcessingJobSummaries = [] } = await sagemaker.listProcessingJobs(asked, http);
    for (const { ProcessingJobName, ProcessingJobStatus, CreationTime } of ProcessingJobSummaries) {
      if (ProcessingJobStatus !== 'InProgress' || isOlder(CreationTime, job)) continue;
      const { AppSpecification } = await sagemaker.describeProcessingJob({ ProcessingJobName }, http);
      if (isOf(outputPrefix, AppSpecification?.ContainerArguments)) return ProcessingJobName;
    }
    return undefined;
  });
}

/** Who may not look starts another: two alignments at once do each other no harm. */
async function quietly<T>(
  { signal, log }: PersistOptions,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    throwIfAborted(signal);
    log?.debug(`whether an alignment is at work is not known: ${String(error)}`);
    return undefined;
  }
}

/** An alignment from before the job is one of what the job has replaced. */
function isOlder(createdAt: Date | undefined, job: JobRun): boolean {
  return (createdAt?.getTime() ?? 0) < Math.floor((job.createdAt?.getTime() ?? 0) / 1000) * 1000;
}

function isOf(outputPrefix: string, words: readonly string[] = []): boolean {
  const at = words.indexOf('--input-prefix');
  return at >= 0 && withoutSlash(words[at + 1] ?? '') === withoutSlash(outputPrefix);
}

function withoutSlash(url: string): string {
  return asS3Url(url).replace(/\/+$/, '');
}
