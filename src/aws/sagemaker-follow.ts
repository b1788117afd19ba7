/** Follows a SageMaker Processing job and its log to its end. */
import type { DescribeProcessingJobCommandOutput } from '@aws-sdk/client-sagemaker';
import { RepartitionError } from '../errors.js';
import { logCommand } from './advice.js';
import { ask, throwIfStopped, toAwsError } from './errors.js';
import { pauseFor, persist, type PersistOptions } from './persist.js';
import type { AwsSession } from './session.js';

/** How far a SageMaker job is. */
export interface ProcessingUpdate {
  status: string;
  /** Since the job was made. */
  elapsedSeconds: number;
  /** Log lines that are new since the last update. */
  lines: string[];
}

/** How {@link followProcessingJob} follows. */
export interface FollowProcessingOptions extends PersistOptions {
  onUpdate?: ((update: ProcessingUpdate) => void) | undefined;
  /** Between two looks. Default: 3 s at first, 15 s later. */
  pollMs?: number | undefined;
}

const ENDED = new Set(['Completed', 'Failed', 'Stopped']);

/**
 * Looks at the job and its log until it has ended.
 * @throws RepartitionError `job` when it failed or was stopped; `interrupted` when the signal fires (the job goes on)
 *
 * @example
 * ```ts no-run
 * import { AwsSession, followProcessingJob } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * await followProcessingJob(session, 'gsprocessing-repartitioning-2026-01-01-00-00-00', {
 *   onUpdate: ({ status, lines }) => console.log(status, ...lines),
 * });
 * ```
 */
export async function followProcessingJob(
  session: AwsSession,
  jobName: string,
  options: FollowProcessingOptions = {},
): Promise<DescribeProcessingJobCommandOutput> {
  const tokens = new Map<string, string>();
  for (;;) {
    const job = await describe(session, jobName, options);
    const status = job.ProcessingJobStatus ?? 'Unknown';
    const lines = await newLines(session, jobName, tokens, options);
    const start = job.CreationTime ?? new Date();
    const end = job.ProcessingEndTime ?? new Date();
    options.onUpdate?.({
      status,
      elapsedSeconds: Math.max(0, (end.getTime() - start.getTime()) / 1000),
      lines,
    });
    if (ENDED.has(status)) {
      if (status === 'Completed') return job;
      const why = job.FailureReason ?? job.ExitMessage ?? 'no reason given';
      throw new RepartitionError('job', `the SageMaker job ${jobName} ended as ${status}: ${why}`, {
        hint: `Look further: ${await logCommand(session, jobName)}`,
      });
    }
    await pauseFor(
      options.pollMs ?? (Date.now() - start.getTime() < 60_000 ? 3_000 : 15_000),
      options.signal,
    );
    throwIfStopped(options.signal, `following the job ${jobName}`);
  }
}

async function describe(
  session: AwsSession,
  jobName: string,
  options: PersistOptions,
): Promise<DescribeProcessingJobCommandOutput> {
  return persist(
    session,
    `looking at the job ${jobName}`,
    async () => (await session.client('sagemaker')).describeProcessingJob({ ProcessingJobName: jobName }),
    options,
  );
}

const LOG_GROUP = '/aws/sagemaker/ProcessingJobs';

/** Log lines since the last call. That there is no log yet, or no access to it, keeps nobody from following. */
async function newLines(
  session: AwsSession,
  jobName: string,
  tokens: Map<string, string>,
  { log, signal }: PersistOptions,
): Promise<string[]> {
  try {
    const client = await session.client('logs');
    const { logStreams = [] } = await client.describeLogStreams({
      logGroupName: LOG_GROUP,
      logStreamNamePrefix: `${jobName}/`,
    });
    const lines: string[] = [];
    for (const { logStreamName = '' } of logStreams) {
      for (;;) {
        throwIfStopped(signal, `following the job ${jobName}`);
        const token = tokens.get(logStreamName);
        const page = await client.getLogEvents({
          logGroupName: LOG_GROUP,
          logStreamName,
          startFromHead: true,
          nextToken: token,
        });
        lines.push(...(page.events ?? []).map(({ message = '' }) => message.trimEnd()));
        if (page.nextForwardToken !== undefined) tokens.set(logStreamName, page.nextForwardToken);
        // The end is where the token no longer changes.
        if (
          page.nextForwardToken === undefined ||
          page.nextForwardToken === token ||
          page.events?.length === 0
        )
          break;
      }
    }
    return lines;
  } catch (error) {
    throwIfStopped(signal, `following the job ${jobName}`);
    log?.debug(toAwsError(error, `reading the log of ${jobName}`).message);
    return [];
  }
}

/**
 * Asks the service to stop a job.
 *
 * @example
 * ```ts no-run
 * import { AwsSession, stopProcessingJob } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * await stopProcessingJob(session, 'gsprocessing-repartitioning-2026-01-01-00-00-00');
 * ```
 */
export async function stopProcessingJob(session: AwsSession, jobName: string): Promise<void> {
  const client = await session.client('sagemaker');
  await ask(`stopping the job ${jobName}`, () => client.stopProcessingJob({ ProcessingJobName: jobName }));
}
