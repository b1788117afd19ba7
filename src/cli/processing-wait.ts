/** Waiting for a SageMaker job. */
import { type AwsSession, followProcessingJob, stopProcessingJob } from '../aws/index.js';
import type { Session } from './command.js';
import { askOnTerminal, processingTeller, type WaitValues } from './emr-serverless-wait.js';

/**
 * Follows a SageMaker job to its end. Ctrl-C leaves it, or stops it.
 * @returns whether it has succeeded; if not, somebody stopped us
 * @throws RepartitionError `job` when it failed
 */
export async function waitForProcessing(
  aws: AwsSession,
  jobName: string,
  { 'on-interrupt': onInterrupt }: Pick<WaitValues, 'on-interrupt'>,
  session: Session,
): Promise<boolean> {
  const { log, signal } = session;
  try {
    await followProcessingJob(aws, jobName, { signal, log, onUpdate: processingTeller(log) });
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    const answer = onInterrupt ?? (await askOnTerminal(session)) ?? 'leave';
    if (answer === 'cancel') await stopProcessingJob(aws, jobName);
    const stop = `aws sagemaker stop-processing-job --processing-job-name ${jobName}${await aws.wayWords()}`;
    log.warn(
      answer === 'cancel'
        ? `stopping the job ${jobName}`
        : `the job ${jobName} goes on; stop it with: ${stop}`,
    );
    return false;
  }
}
