/** The job runs there are, and an end to one. */
import type { JobRunSummary } from '@aws-sdk/client-emr-serverless';
import { RepartitionError } from '../errors.js';
import { ask } from './errors.js';
import { getJob, hasEnded, type JobId } from './follow.js';
import { persist, type PersistOptions } from './persist.js';
import type { AwsSession } from './session.js';

/**
 * The job runs of an application, latest first.
 *
 * @example
 * ```ts no-run
 * import { AwsSession, listJobs } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * for (const { id, name, state } of await listJobs(session, '00f1r2s3t4')) console.log(id, name, state);
 * ```
 */
export async function listJobs(
  session: AwsSession,
  applicationId: string,
  { most = 50, signal }: PersistOptions & { most?: number } = {},
): Promise<JobRunSummary[]> {
  const emr = await session.client('emr-serverless');
  const found: JobRunSummary[] = [];
  let nextToken: string | undefined;
  do {
    const doing = `listing the jobs of the application ${applicationId}`;
    const page = await ask(doing, () => emr.listJobRuns({ applicationId, nextToken }), signal);
    found.push(...(page.jobRuns ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined && found.length < most);
  const time = ({ createdAt }: JobRunSummary): number => createdAt?.getTime() ?? 0;
  return found.sort((a, b) => time(b) - time(a)).slice(0, most);
}

/**
 * Asks the service to cancel a job; it is CANCELLED some time later.
 * @throws RepartitionError `job` when it has ended already
 *
 * @example
 * ```ts no-run
 * import { AwsSession, cancelJob } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * await cancelJob(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' });
 * ```
 */
export async function cancelJob(session: AwsSession, id: JobId, options: PersistOptions = {}): Promise<void> {
  const job = await getJob(session, id, options);
  if (hasEnded(job)) {
    throw new RepartitionError('job', `the job ${id.jobRunId} has ended already: ${job.state ?? ''}`);
  }
  await persist(
    session,
    `cancelling the job ${id.jobRunId}`,
    async () => (await session.client('emr-serverless')).cancelJobRun({ ...id }),
    options,
  );
}
