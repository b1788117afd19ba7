/** What all jobs of SageMaker Processing need: the image in their region, a role, room in the account's quotas, one start. */
import type { CreateProcessingJobCommandInput } from '@aws-sdk/client-sagemaker';
import { RepartitionError } from '../errors.js';
import { failureOf } from '../s3/errors.js';
import { kindOf, throwIfStopped, toAwsError } from './errors.js';
import { parseImageUri, parseRole } from './names.js';
import { type Log, type Patience, persist, type PersistOptions } from './persist.js';
import type { Step } from './requests.js';
import { findRole, requireOwn } from './roles.js';
import { type AwsSession, callerAccount } from './session.js';

/** How {@link submitProcessingJob} and {@link submitPartitionJob} go about it. */
export interface ProcessingCallOptions {
  /** Look and plan, but start nothing. */
  dryRun?: boolean | undefined;
  onStep?: ((step: Step) => void) | undefined;
  signal?: AbortSignal | undefined;
  log?: Log | undefined;
  patience?: Patience | undefined;
  /** For the job's name. */
  now?: Date | undefined;
}

/** @throws RepartitionError `usage` when SageMaker would have to pull the image from another region */
export function requireImageIn(region: string, imageUri: string): void {
  const image = parseImageUri(imageUri);
  if (image.region === region) return;
  throw new RepartitionError('usage', `the image is in ${image.region}, the job would be in ${region}`, {
    hint: `Use \`region\` ${image.region}, or push the image to ${region}.`,
  });
}

/** A job's name is its token: when an answer was lost, the second call finds the name taken by our own job. */
export async function startProcessing(
  session: AwsSession,
  input: CreateProcessingJobCommandInput,
  { log, patience }: ProcessingCallOptions,
): Promise<void> {
  const jobName = input.ProcessingJobName ?? '';
  let calls = 0;
  await persist(
    session,
    `starting the job ${jobName}`,
    async () => {
      calls++;
      try {
        await (await session.client('sagemaker')).createProcessingJob(input);
      } catch (error) {
        // The SDK asks again by itself, too.
        const isFirst = calls === 1 && (failureOf(error).attempts ?? 1) === 1;
        if (kindOf(error) !== 'conflict' || isFirst) throw error;
      }
    },
    { log, patience },
  );
}

/**
 * The ARN of a role that is given by its name or its ARN.
 * @throws RepartitionError `not-found`, `usage`
 */
export async function processingRole(
  session: AwsSession,
  given: string,
  { dryRun = false, signal }: ProcessingCallOptions,
): Promise<string> {
  const role = parseRole(given);
  // When a job starts, SageMaker says so itself.
  if (dryRun && role.arn !== undefined) requireOwn(role, await callerAccount(session, signal));
  if (role.arn !== undefined) return role.arn;
  const found = await findRole(session, given, signal);
  if (found !== undefined) return found.arn;
  throw new RepartitionError('not-found', `no such role: ${given}`, {
    hint: 'Give the name or the ARN of a role that SageMaker may take on.',
  });
}

/** GB. What accounts have before they ask for more. */
const DEFAULT_VOLUME_QUOTA = 1024;

/**
 * The volume that the account may have for an instance, in GB.
 * @throws RepartitionError `aws` when it may not use so many instances of the type
 */
export async function readVolumeQuota(
  session: AwsSession,
  { instanceType, count }: { instanceType: string; count: number },
  { log, signal }: PersistOptions,
): Promise<number> {
  const instances = `${instanceType} for processing job usage`;
  const volume = 'Size of EBS volume for a processing job instance';
  let found: Map<string, number>;
  try {
    found = await quotasNamed(session, [instances, volume], signal);
  } catch (error) {
    log?.warn(`the quotas are not known: ${toAwsError(error, 'reading quotas', signal).message}`);
    return DEFAULT_VOLUME_QUOTA;
  }
  const most = found.get(instances);
  if (most === undefined) log?.warn(`there is no quota "${instances}": is it an instance type of SageMaker?`);
  if (most !== undefined && most < count) {
    const may = most < 1 ? `no ${instanceType}` : `${most} ${instanceType}`;
    const wanted = count === 1 ? '' : `, and ${count} are wanted`;
    throw new RepartitionError('aws', `the account may use ${may} for processing jobs${wanted}`, {
      hint: `Ask for more of "${instances}" in Service Quotas, or use another \`instanceType\`.`,
    });
  }
  return found.get(volume) ?? DEFAULT_VOLUME_QUOTA;
}

async function quotasNamed(
  session: AwsSession,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  const client = await session.client('service-quotas');
  const found = new Map<string, number>();
  let NextToken: string | undefined;
  do {
    throwIfStopped(signal, 'reading quotas');
    const page = await client.listServiceQuotas({ ServiceCode: 'sagemaker', MaxResults: 100, NextToken });
    for (const { QuotaName = '', Value } of page.Quotas ?? []) {
      if (Value !== undefined && names.includes(QuotaName)) found.set(QuotaName, Value);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined && found.size < names.length);
  return found;
}
