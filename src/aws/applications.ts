/** EMR Serverless's applications: which there are, and which of them a job can run on. */
import type { Application, ApplicationSummary } from '@aws-sdk/client-emr-serverless';
import { RepartitionError } from '../errors.js';
import { ask, askFor, usage } from './errors.js';
import type { AwsSession } from './session.js';

/**
 * All applications of the region.
 *
 * @example
 * ```ts no-run
 * import { AwsSession, listApplications } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * for (const { id, name, state } of await listApplications(session)) console.log(id, name, state);
 * ```
 */
export async function listApplications(
  session: AwsSession,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ApplicationSummary[]> {
  const emr = await session.client('emr-serverless');
  const found: ApplicationSummary[] = [];
  let nextToken: string | undefined;
  do {
    const page = await ask('listing applications', () => emr.listApplications({ nextToken }), signal);
    found.push(...(page.applications ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

export async function getApplication(session: AwsSession, applicationId: string): Promise<Application> {
  const { application } = await (await session.client('emr-serverless')).getApplication({ applicationId });
  if (application === undefined) throw new Error('GetApplication answered without an application');
  return application;
}

/** All applications of a name, in full, but for terminated ones. */
export async function applicationsNamed(
  session: AwsSession,
  name: string,
  signal?: AbortSignal,
): Promise<Application[]> {
  const found: Application[] = [];
  for (const { id, name: is, state } of await listApplications(session, { signal })) {
    if (is !== name || id === undefined || state === 'TERMINATED') continue;
    found.push(await ask(`looking at the application ${id}`, () => getApplication(session, id), signal));
  }
  return found;
}

/**
 * The application that jobs are to run on, by its id or by its name if only one has it.
 * @throws RepartitionError `usage`, `not-found`, or `aws` when no job could start on it
 */
export async function findApplication(
  session: AwsSession,
  options: { applicationId?: string | undefined; applicationName?: string | undefined },
  signal: AbortSignal | undefined,
): Promise<Application> {
  const application =
    options.applicationId === undefined
      ? await byName(session, options.applicationName ?? '', signal)
      : await byId(session, options.applicationId, signal);
  const { applicationId: id = '', state = '', type = '', autoStartConfiguration: autoStart } = application;
  const wrong = (message: string, hint: string): RepartitionError =>
    new RepartitionError('aws', message, { hint });
  if (type.toUpperCase() !== 'SPARK') {
    throw wrong(`the application ${id} runs ${type}, not Spark`, 'Make one with `setupEmrServerless`.');
  }
  if (state === 'TERMINATED') {
    throw wrong(
      `the application ${id} is terminated`,
      'Make a new one with `setupEmrServerless`: it takes the same name.',
    );
  }
  const isDown = state === 'CREATED' || state === 'STOPPED' || state === 'STOPPING';
  if (isDown && autoStart?.enabled === false) {
    throw wrong(
      `the application ${id} is ${state} and does not start by itself`,
      `Start it: aws emr-serverless start-application --application-id ${id}${await session.wayWords()}`,
    );
  }
  if (state === 'CREATING') {
    throw wrong(`the application ${id} is still being made`, 'Wait a moment and run the same command again.');
  }
  return application;
}

async function byId(session: AwsSession, id: string, signal: AbortSignal | undefined): Promise<Application> {
  const emr = await session.client('emr-serverless');
  const found = await askFor(
    `looking at the application ${id}`,
    () => emr.getApplication({ applicationId: id }),
    signal,
  );
  if (found?.application !== undefined) return found.application;
  throw new RepartitionError('not-found', `no application ${id} in ${await session.region()}`, {
    hint: 'Look which there are: `listApplications`',
  });
}

async function byName(
  session: AwsSession,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Application> {
  const [first, ...others] = await applicationsNamed(session, name, signal);
  if (first === undefined) {
    throw new RepartitionError('not-found', `no application is named ${name} in ${await session.region()}`, {
      hint: 'Look which there are: `listApplications`',
    });
  }
  if (others.length === 0) return first;
  const ids = [first, ...others].map(({ applicationId = '' }) => applicationId).join(', ');
  throw usage(`several applications are named ${name}: ${ids}`, 'Say which with `applicationId`.');
}
