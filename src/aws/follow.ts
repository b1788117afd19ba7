/** Follows a job run to its end, whatever happens to the way there. */
import type { JobRun } from '@aws-sdk/client-emr-serverless';
import { messageOf } from '../errors.js';
import { throwIfStopped } from './errors.js';
import { type PersistOptions, pauseFor, persist } from './persist.js';
import type { AwsSession } from './session.js';

/** A job run's address. */
export interface JobId {
  applicationId: string;
  jobRunId: string;
}

/** How far a job is. */
export interface JobUpdate {
  state: string;
  stateDetails?: string;
  /** Since the job was submitted. */
  elapsedSeconds: number;
  /** What it used so far, in hours; the service tells it late. */
  used?: { vCpuHours: number; memoryGbHours: number; storageGbHours: number };
  /** Spark's interface, as a link that is good for an hour; told once when there is something to see. */
  dashboardUrl?: string;
}

/** How {@link followJob} follows. */
export interface FollowOptions extends PersistOptions {
  onUpdate?: ((update: JobUpdate) => void) | undefined;
  /** Between two looks. Default: 2 s at first, 30 s in the end. */
  pollMs?: number | undefined;
}

const ENDED = new Set(['SUCCESS', 'FAILED', 'CANCELLED']);

/**
 * Whether nothing more will happen to a job, in success or not.
 *
 * @example
 * ```ts
 * import { hasEnded } from 'gs-repartition/upstream';
 *
 * console.log(hasEnded({ state: 'RUNNING' }), hasEnded({ state: 'FAILED' }));
 * // false true
 * ```
 */
export function hasEnded(job: Pick<JobRun, 'state'>): boolean {
  return ENDED.has(job.state ?? '');
}

/**
 * Looks at the job until it has ended, in success or not.
 * @throws RepartitionError `interrupted` when the signal fires (the job goes on), `not-found`, `access`, `aws`
 *
 * @example
 * ```ts no-run
 * import { AwsSession, followJob } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const job = await followJob(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' }, {
 *   onUpdate: ({ state, elapsedSeconds }) => console.log(state, elapsedSeconds),
 * });
 * console.log(job.state);
 * ```
 */
export async function followJob(
  session: AwsSession,
  id: JobId,
  options: FollowOptions = {},
): Promise<JobRun> {
  let seen = '';
  for (;;) {
    const job = await getJob(session, id, options);
    const update = jobUpdate(job);
    const isNews = update.state !== seen;
    seen = update.state;
    if (isNews && (seen === 'RUNNING' || hasEnded(job))) {
      const url = await dashboardUrl(session, id, options);
      if (url !== undefined) update.dashboardUrl = url;
    }
    options.onUpdate?.(update);
    if (hasEnded(job)) return job;
    await pauseFor(options.pollMs ?? pollAfter(update.elapsedSeconds), options.signal);
    throwIfStopped(options.signal, `following the job ${id.jobRunId}`);
  }
}

/** Short jobs are watched closely; long ones are asked no more than the service likes. */
function pollAfter(elapsedSeconds: number): number {
  if (elapsedSeconds < 30) return 2_000;
  if (elapsedSeconds < 120) return 5_000;
  return elapsedSeconds < 3_600 ? 15_000 : 30_000;
}

/**
 * Looks at a job once.
 * @throws RepartitionError `not-found`, `access`, `aws`
 *
 * @example
 * ```ts no-run
 * import { AwsSession, getJob, jobUpdate } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * console.log(jobUpdate(await getJob(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' })));
 * ```
 */
export async function getJob(session: AwsSession, id: JobId, options: PersistOptions = {}): Promise<JobRun> {
  return persist(
    session,
    `looking at the job ${id.jobRunId} of the application ${id.applicationId}`,
    async () => {
      const emr = await session.client('emr-serverless');
      const { jobRun } = await emr.getJobRun({ ...id }, abortable(options.signal));
      if (jobRun === undefined) throw new Error('GetJobRun answered without a job');
      return jobRun;
    },
    options,
  );
}

/**
 * How far a job is, from what the service says of it.
 *
 * @example
 * ```ts no-run
 * import { AwsSession, getJob, jobUpdate } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const { state, elapsedSeconds, used } = jobUpdate(
 *   await getJob(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' }),
 * );
 * console.log(state, elapsedSeconds, used?.vCpuHours);
 * ```
 */
export function jobUpdate(job: JobRun, now = new Date()): JobUpdate {
  const { state = 'UNKNOWN', stateDetails, createdAt, updatedAt, totalResourceUtilization: used } = job;
  const end = hasEnded(job) ? (job.endedAt ?? updatedAt ?? now) : now;
  const elapsed = createdAt === undefined ? 0 : (end.getTime() - createdAt.getTime()) / 1000;
  return {
    state,
    ...(stateDetails === undefined || stateDetails === '' ? {} : { stateDetails }),
    elapsedSeconds: Math.max(0, elapsed),
    ...(used === undefined
      ? {}
      : {
          used: {
            vCpuHours: used.vCPUHour ?? 0,
            memoryGbHours: used.memoryGBHour ?? 0,
            storageGbHours: used.storageGBHour ?? 0,
          },
        }),
  };
}

/**
 * Where Spark’s interface of a job is, if the service tells.
 * A convenience: without it the job goes on just the same.
 *
 * @example
 * ```ts no-run
 * import { AwsSession, dashboardUrl } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * console.log(await dashboardUrl(session, { applicationId: '00f1r2s3t4', jobRunId: '00a1b2c3d4' }, {}));
 * ```
 */
export async function dashboardUrl(
  session: AwsSession,
  id: JobId,
  { log, signal }: PersistOptions,
): Promise<string | undefined> {
  try {
    const emr = await session.client('emr-serverless');
    return (await emr.getDashboardForJobRun({ ...id }, abortable(signal))).url;
  } catch (error) {
    log?.debug(`no dashboard: ${messageOf(error)}`);
    return undefined;
  }
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
