/**
 * From an account with a pushed image to an application that can run it: the job runtime role, the application, the
 * repository's policy. Looks first, makes only what is missing, and can be run again after any failure.
 */
import { randomUUID } from 'node:crypto';
import { RepartitionError } from '../errors.js';
import { failureOf } from '../s3/errors.js';
import { applicationsNamed, getApplication } from './applications.js';
import { ask, askFor, kindOf, throwIfStopped } from './errors.js';
import { applicationArn, repositoryArn } from './names.js';
import { type Log, type Patience, pauseFor, persist } from './persist.js';
import {
  bucketAccessPolicy,
  imageReaderPolicy,
  jobRuntimeTrustPolicy,
  mergeRepositoryPolicy,
  operatorPolicy,
  parsePolicy,
  type PolicyDocument,
  repositoryPolicy,
} from './policies.js';
import type { Request, Step } from './requests.js';
import { findRole } from './roles.js';
import { type AwsSession, callerAccount } from './session.js';
import { type SetupOptions, type SetupSettings, setupSettings } from './setup-options.js';
import { accessPolicyName, APPLICATION_ID, planSetup, type SetupFacts } from './setup-plan.js';

/** How {@link setup} goes about it. */
export interface SetupCallOptions {
  /** Look and plan, but change nothing. */
  dryRun?: boolean | undefined;
  /** Told of each step before it is done; in a dry run, of each that would be. */
  onStep?: ((step: Step) => void) | undefined;
  signal?: AbortSignal | undefined;
  log?: Log | undefined;
  patience?: Patience | undefined;
}

/** What is set up. */
export interface SetupResult {
  account: string;
  region: string;
  roleArn: string;
  applicationName: string;
  /** `<application-id>` in a dry run that would make the application. */
  applicationId: string;
  applicationArn: string;
  /** What was done; in a dry run, what would be. Empty when all was there already. */
  steps: Step[];
  warnings: string[];
}

/**
 * Makes or adopts what jobs need.
 * @throws RepartitionError `usage`, `not-found`, `access`, or `aws` when something of the same name is in the way
 *
 * @example
 * ```ts no-run
 * import { AwsSession, setupEmrServerless } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1' });
 * const asked = {
 *   bucket: 'graphs',
 *   imageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/graphstorm:0.2.2-x86_64',
 * };
 * // First what it would do, then all of it.
 * const { steps } = await setupEmrServerless(session, asked, { dryRun: true });
 * for (const { title } of steps) console.log(title);
 * const { applicationId, roleArn } = await setupEmrServerless(session, asked);
 * ```
 */
export async function setup(
  session: AwsSession,
  options: SetupOptions,
  call: SetupCallOptions = {},
): Promise<SetupResult> {
  const settings = setupSettings(options);
  const facts = await look(session, settings, call.signal);
  const plan = planSetup(settings, facts);
  for (const warning of plan.warnings) call.log?.warn(warning);

  let applicationId = plan.applicationId ?? APPLICATION_ID;
  // A run that was stopped may have left it so.
  const isBeingMade = facts.applications.some(
    (one) => one.applicationId === applicationId && one.state === 'CREATING',
  );
  if (isBeingMade && !call.dryRun) await whenMade(session, applicationId, call);
  const steps: Step[] = [];
  for (const planned of plan.steps) {
    throwIfStopped(call.signal, 'setting up');
    const arn = applicationArn(facts.region, facts.account, applicationId);
    const step = call.dryRun ? planned : await asSent(session, planned, arn);
    if (step === undefined) continue;
    call.onStep?.(step);
    steps.push(step);
    if (call.dryRun) continue;
    applicationId = (await carryOut(session, step.request, call)) ?? applicationId;
  }
  return {
    account: facts.account,
    region: facts.region,
    roleArn: plan.roleArn,
    applicationName: settings.application.name,
    applicationId,
    applicationArn: applicationArn(facts.region, facts.account, applicationId),
    steps,
    warnings: plan.warnings,
  };
}

/**
 * A step with what the plan could not know: the application's id, and what others have made of the repository's policy
 * since. `undefined` when the policy says it all by now.
 */
async function asSent(session: AwsSession, step: Step, arn: string): Promise<Step | undefined> {
  const { request } = step;
  if (request.operation !== 'SetRepositoryPolicy') return step;
  const merged = mergeRepositoryPolicy(await readRepositoryPolicy(session, request.input), arn);
  if (merged === undefined) return undefined;
  return {
    ...step,
    request: { ...request, input: { ...request.input, policyText: JSON.stringify(merged) } },
  };
}

/** Does one step; gives the application's id when the step makes it. */
async function carryOut(
  session: AwsSession,
  request: Request,
  call: SetupCallOptions,
): Promise<string | undefined> {
  switch (request.operation) {
    case 'CreateRole': {
      const iam = await session.client('iam');
      await ask(`making the role ${request.input.RoleName ?? ''}`, async () => {
        try {
          await iam.createRole(request.input);
        } catch (error) {
          // The role was not there a moment ago: when an answer was lost, the SDK's second call finds our own.
          if (kindOf(error) !== 'conflict' || (failureOf(error).attempts ?? 1) === 1) throw error;
        }
      });
      return undefined;
    }
    case 'PutRolePolicy': {
      const iam = await session.client('iam');
      await ask(`giving the role ${request.input.RoleName ?? ''} its policy`, () =>
        iam.putRolePolicy(request.input),
      );
      return undefined;
    }
    case 'CreateApplication': {
      const emr = await session.client('emr-serverless');
      // One token for all attempts: a retried call never makes two applications.
      const input = { ...request.input, clientToken: randomUUID() };
      const doing = `making the application ${input.name ?? ''}`;
      const { applicationId: id = '' } = await ask(doing, () => emr.createApplication(input));
      await whenMade(session, id, call);
      return id;
    }
    case 'SetRepositoryPolicy': {
      const ecr = await session.client('ecr');
      await ask(`setting the policy of the repository ${request.input.repositoryName ?? ''}`, () =>
        ecr.setRepositoryPolicy(request.input),
      );
      return undefined;
    }
    default:
      throw new Error(`no step of a set-up: ${request.operation}`);
  }
}

async function whenMade(session: AwsSession, id: string, call: SetupCallOptions): Promise<void> {
  const doing = `waiting for the application ${id}`;
  for (;;) {
    const application = await persist(session, doing, () => getApplication(session, id), call);
    if (application.state !== 'CREATING') {
      if (application.state !== 'TERMINATED') return;
      throw new RepartitionError(
        'aws',
        `the application ${id} was not made: ${application.stateDetails ?? ''}`,
        {
          hint: 'Correct what it complains about and run the same command again.',
        },
      );
    }
    await pauseFor(call.patience?.firstPauseMs ?? 1_000, call.signal);
    throwIfStopped(call.signal, doing);
  }
}

/** Everything the plan wants to know; only reads. */
async function look(
  session: AwsSession,
  settings: SetupSettings,
  signal: AbortSignal | undefined,
): Promise<SetupFacts> {
  const region = await session.region();
  const account = await callerAccount(session, signal);
  const bucket = await session.bucket(settings.bucket, signal);
  bucket.close();
  // Asking another region's registry from here would only fail; the plan says it better.
  const here = settings.image.region === region;
  return {
    account,
    region,
    bucketRegion: bucket.region,
    role: await lookAtRole(session, settings, signal),
    applications: await applicationsNamed(session, settings.application.name, signal),
    ...(here ? await lookAtImage(session, settings, signal) : {}),
  };
}

async function lookAtRole(
  session: AwsSession,
  { role, bucket }: SetupSettings,
  signal: AbortSignal | undefined,
): Promise<SetupFacts['role']> {
  const found = await findRole(session, role.name, signal);
  if (found === undefined) return undefined;
  const iam = await session.client('iam');
  const own = await askFor(
    `looking at the policies of the role ${role.name}`,
    () => iam.getRolePolicy({ RoleName: role.name, PolicyName: accessPolicyName(bucket) }),
    signal,
  );
  const access =
    own?.PolicyDocument === undefined
      ? undefined
      : parsePolicy(decodeURIComponent(own.PolicyDocument), `the policy ${accessPolicyName(bucket)}`);
  return { ...found, ...(access === undefined ? {} : { access }) };
}

async function lookAtImage(
  session: AwsSession,
  { image }: SetupSettings,
  signal: AbortSignal | undefined,
): Promise<Pick<SetupFacts, 'imageBytes' | 'repositoryPolicy'>> {
  const ecr = await session.client('ecr');
  const repository = { registryId: image.account, repositoryName: image.repository };
  const imageId = image.digest === undefined ? { imageTag: image.tag } : { imageDigest: image.digest };
  const described = await askFor(
    `looking at the image ${image.uri}`,
    () => ecr.describeImages({ ...repository, imageIds: [imageId] }),
    signal,
  );
  const [details] = described?.imageDetails ?? [];
  if (details === undefined) {
    throw new RepartitionError('not-found', `no such image: ${image.uri}`, {
      hint: 'Push it first, for example with GSProcessing’s docker/push_gsprocessing_image.sh.',
    });
  }
  const policy = await readRepositoryPolicy(session, repository, signal);
  return {
    ...(details.imageSizeInBytes === undefined ? {} : { imageBytes: details.imageSizeInBytes }),
    ...(policy === undefined ? {} : { repositoryPolicy: policy }),
  };
}

async function readRepositoryPolicy(
  session: AwsSession,
  { registryId, repositoryName }: { registryId?: string | undefined; repositoryName: string | undefined },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const ecr = await session.client('ecr');
  const doing = `reading the policy of the repository ${repositoryName ?? ''}`;
  const found = await askFor(doing, () => ecr.getRepositoryPolicy({ registryId, repositoryName }), signal);
  return found?.policyText;
}

/**
 * All policies of a set-up by whom or what they are for: what an administrator applies by hand. Calls nothing.
 *
 * @example
 * ```ts
 * import { setupPolicies } from 'gs-repartition/upstream';
 *
 * const policies = setupPolicies({
 *   bucket: 'graphs',
 *   imageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/graphstorm:0.2.2-x86_64',
 * });
 * console.log(Object.keys(policies).join(', '));
 * // jobRuntimeRoleTrust, jobRuntimeRoleAccess, applicationCreator, imageRepository, operator
 * ```
 */
export function setupPolicies(
  options: SetupOptions & { applicationId?: string | undefined; sagemakerRoleArn?: string | undefined },
): Record<
  'jobRuntimeRoleTrust' | 'jobRuntimeRoleAccess' | 'applicationCreator' | 'imageRepository' | 'operator',
  PolicyDocument
> {
  const { image, bucket, partition, kmsKeyArn, role } = setupSettings(options);
  const { region, account } = image;
  const application = applicationArn(region, account, options.applicationId ?? APPLICATION_ID);
  return {
    jobRuntimeRoleTrust: jobRuntimeTrustPolicy(),
    jobRuntimeRoleAccess: bucketAccessPolicy({ bucket, partition, kmsKeyArn }),
    applicationCreator: imageReaderPolicy(repositoryArn(image)),
    imageRepository: repositoryPolicy(application),
    operator: operatorPolicy({
      region,
      account,
      partition,
      bucket,
      roleName: role.name,
      repositoryArn: repositoryArn(image),
      kmsKeyArn,
      sagemakerRoleArn: options.sagemakerRoleArn,
    }),
  };
}
