/** A job's end, as who waited for it hears of it. */
import type { JobRun } from '@aws-sdk/client-emr-serverless';
import { RepartitionError } from '../errors.js';
import { driverErrorLines, furtherCommands } from './job-logs.js';
import type { PersistOptions } from './persist.js';
import type { AwsSession } from './session.js';

/**
 * Tells why a job failed, and where to look further.
 * @param job that has ended
 * @throws RepartitionError `job` unless it succeeded
 *
 * @example
 * ```ts no-run
 * import { AwsSession, followJob, requireSuccess } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const job = await followJob(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' });
 * await requireSuccess(session, job);
 * ```
 */
export async function requireSuccess(
  session: AwsSession,
  job: JobRun,
  { log, signal }: PersistOptions = {},
): Promise<void> {
  const { state = 'UNKNOWN', stateDetails = '', jobRunId = '' } = job;
  if (state === 'SUCCESS') return;
  for (const line of await driverErrorLines(session, job, { log, signal })) log?.warn(`driver: ${line}`);
  const region = await session.region();
  for (const command of furtherCommands(job, region, session.options)) log?.warn(`look further: ${command}`);
  const details = stateDetails === '' ? '' : `: ${stateDetails}`;
  throw new RepartitionError('job', `the job ${jobRunId} ended as ${state}${details}`, {
    hint: 'Correct the cause and submit it again.',
  });
}
