/** Waiting for a job: what is told on the way, what Ctrl-C means, what happens at its end. */
import { createInterface, type Interface } from 'node:readline/promises';
import {
  alignmentConf,
  type AwsSession,
  cancelJob,
  type Fallback,
  finishJob,
  followJob,
  type JobId,
  type JobUpdate,
  type Outcome,
  type ProcessingJobOptions,
  type ProcessingUpdate,
  requireSuccess,
} from '../aws/index.js';
import { RepartitionError } from '../errors.js';
import type { PlanDocument } from '../repartition/index.js';
import { alignAdvice } from './align-advice.js';
import { jobEngine } from './aws-options.js';
import type { Session } from './command.js';
import { versioned } from './documents.js';
import { formatDuration } from './format.js';
import { choice, text, withDefault } from './options.js';
import { readS3Options } from './s3-options.js';
import { EXIT, type World } from './world.js';

export const interruptOption = {
  'on-interrupt': choice('What Ctrl-C does to the job (asked on a terminal, leave elsewhere, unless given)', [
    'leave',
    'cancel',
  ]),
};

export const waitOptions = {
  fallback: withDefault(
    choice('Where alignment runs when Spark’s own failed', ['here', 'sagemaker', 'emr-serverless', 'none']),
    'here',
  ),
  'sagemaker-role': text('For --fallback sagemaker: the execution role'),
  'sagemaker-image-uri': text('For --fallback sagemaker: the image with gs-repartition'),
  'sagemaker-instance-type': text('For --fallback sagemaker: the instance (ml.r5.4xlarge unless given)'),
  ...interruptOption,
};

export interface WaitValues {
  fallback: Fallback;
  'sagemaker-role': string | undefined;
  'sagemaker-image-uri': string | undefined;
  'sagemaker-instance-type': string | undefined;
  'on-interrupt': 'leave' | 'cancel' | undefined;
  json: boolean;
}

const WHERE = { here: 'here', sagemaker: 'on SageMaker', 'emr-serverless': 'in a job of its own' };

/** What the fallback on SageMaker needs, if all of it is given. */
export function sagemakerOptions(
  values: WaitValues,
): Omit<ProcessingJobOptions, 's3InputPrefix'> | undefined {
  const { 'sagemaker-role': role, 'sagemaker-image-uri': imageUri } = values;
  if (role === undefined || imageUri === undefined) return undefined;
  return { role, imageUri, instanceType: values['sagemaker-instance-type'] };
}

/**
 * Follows a job to its end and has its output aligned if need be.
 * @returns the exit code
 */
export async function waitForJob(
  aws: AwsSession,
  id: JobId,
  values: WaitValues,
  session: Session,
): Promise<number> {
  const { log, signal, print, printDocument } = session;
  const again = `gs-repartition emr-serverless status --application-id ${id.applicationId} --job-run-id ${id.jobRunId}${await aws.wayWords()} --wait`;
  let job;
  try {
    job = await followJob(aws, id, { signal, log, onUpdate: jobTeller(log) });
  } catch (error) {
    if (signal.aborted) return await leaveOrCancel(aws, id, again, values, session);
    const isThere = !(error instanceof RepartitionError && error.code === 'not-found');
    if (isThere) log.warn(`the job itself goes on; follow it again with: ${again}`);
    throw error;
  }
  await requireSuccess(aws, job, { log, signal });
  const outcome = await finishJob(aws, job, {
    engine: jobEngine(session, values as unknown as Record<string, unknown>),
    fallback: values.fallback,
    sagemaker: sagemakerOptions(values),
    signal,
    log,
    onFallback: (reason, fallback) =>
      log.info(fallback === 'none' ? reason : `${reason}: aligning ${WHERE[fallback]}`),
    sparkConf: (prefix) => alignmentConfFor(prefix, values as unknown as Record<string, unknown>, session),
    onAlignmentUpdate: jobTeller(log),
    onSageMakerUpdate: processingTeller(log),
  });
  if (values.json) {
    const ended = { status: 'succeeded', ...id, state: job.state, ...outcome };
    printDocument(versioned('emr-serverless-submit', ended));
  } else
    for (const line of describeOutcome(outcome, values as unknown as Record<string, unknown>)) print(line);
  return outcome.alignedBy === 'nobody' ? EXIT.notAligned : EXIT.success;
}

/** The size of the job, by what is to be done. A plan reads the metadata and all footers, and writes nothing. */
export async function alignmentConfFor(
  inputPrefix: string,
  values: Readonly<Record<string, unknown>>,
  { world, log, signal, progress }: Session,
): Promise<Record<string, string>> {
  const s3 = readS3Options({ ...values, region: undefined });
  const onProgress = progress.report.bind(progress);
  const plan = await world.engine.plan({ inputPrefix, ...(s3 && { s3 }), signal, log, onProgress });
  progress.stop();
  return alignmentConf(workOf(plan));
}

function workOf({ totals: { parts, bytes } }: PlanDocument): Parameters<typeof alignmentConf>[0] {
  return {
    parts: parts.before,
    tasks: parts.spliced + parts.reencoded,
    bytes: bytes.spliced + bytes.reencoded,
  };
}

function describeOutcome(outcome: Outcome, values: Readonly<Record<string, unknown>>): string[] {
  const { outputPrefix } = outcome;
  const metadata = `${outputPrefix.replace(/\/$/, '')}/updated_row_counts_metadata.json`;
  switch (outcome.alignedBy) {
    case 'job':
      return [
        'The job succeeded, and its output is aligned: it passes verification.',
        `  metadata  ${metadata}`,
      ];
    case 'here':
      return [
        `The job succeeded; its output was aligned here (${outcome.reason}).`,
        `  metadata  ${metadata}`,
      ];
    case 'sagemaker':
      return [
        `The job succeeded; its output was aligned by the SageMaker job ${outcome.sagemakerJobName} (${outcome.reason}).`,
        `  metadata  ${metadata}`,
      ];
    case 'emr-serverless':
      return [
        `The job succeeded; its output was aligned by the job ${outcome.alignmentJobRunId} (${outcome.reason}).`,
        `  metadata  ${metadata}`,
      ];
    case 'nobody':
      return [
        `The job succeeded; its output is not aligned (${outcome.reason}).`,
        alignAdvice(outputPrefix, { ...values, region: undefined }),
      ];
  }
}

/** Between two lines in one state. */
const TELL_EVERY_SECONDS = 60;

/** A line at every change of state, and one a minute. */
export function jobTeller(log: Session['log']): (update: JobUpdate) => void {
  let last: JobUpdate | undefined;
  return (update) => {
    const isNews = update.state !== last?.state;
    if (last && !isNews && update.elapsedSeconds - last.elapsedSeconds < TELL_EVERY_SECONDS) return;
    last = update;
    log.info(describeUpdate(update));
    if (update.dashboardUrl !== undefined) log.info(`dashboard: ${update.dashboardUrl}`);
  };
}

/** `RUNNING after 3 min 5 s, 0.5 vCPU hours, 2 GB hours of memory, 1 of storage used` */
export function describeUpdate({ state, stateDetails, elapsedSeconds, used }: JobUpdate): string {
  const hours = (value: number): string => String(Math.round(value * 100) / 100);
  const usage =
    used === undefined
      ? ''
      : `, used ${hours(used.vCpuHours)} vCPU hours, ${hours(used.memoryGbHours)} GB hours of memory, ` +
        `${hours(used.storageGbHours)} GB hours of storage`;
  const details = stateDetails === undefined ? '' : ` (${stateDetails})`;
  return `${state}${details} after ${formatDuration(elapsedSeconds)}${usage}`;
}

/** The status when it changes, and every line of the log. */
export function processingTeller(log: Session['log']): (update: ProcessingUpdate) => void {
  let last = '';
  return ({ status, elapsedSeconds, lines }) => {
    for (const line of lines) log.info(`container: ${line}`);
    if (status !== last) log.info(`SageMaker: ${status} after ${formatDuration(elapsedSeconds)}`);
    last = status;
  };
}

async function leaveOrCancel(
  aws: AwsSession,
  id: JobId,
  again: string,
  values: WaitValues,
  session: Session,
): Promise<number> {
  const { log } = session;
  const answer = values['on-interrupt'] ?? (await askOnTerminal(session)) ?? 'leave';
  if (answer === 'leave') {
    log.warn(`the job goes on; follow it again with: ${again}`);
    return EXIT.interrupted;
  }
  await cancelJob(aws, id, { log });
  log.info('cancelling the job');
  const job = await followJob(aws, id, { log, onUpdate: jobTeller(log) });
  log.warn(`the job ended as ${job.state ?? 'UNKNOWN'}`);
  return EXIT.interrupted;
}

/** @returns `undefined` when there is nobody to ask */
export async function askOnTerminal({ world }: Session): Promise<'leave' | 'cancel' | undefined> {
  if (world.stdin?.isTTY !== true || world.stderr.isTTY !== true) return undefined;
  const asking = openQuestion(world.stdin, world.stderr);
  if (!asking) return undefined;
  // Ctrl-C and Ctrl-D close the question, and a terminal that goes away is an error; left alone, it would never be
  // answered.
  const closed = new Promise<string>((resolve) => {
    for (const end of ['close', 'error']) asking.once(end, () => resolve('leave'));
  });
  try {
    const answered = asking.question('Leave the job running or cancel it? [leave/cancel] ');
    return /^c/i.test((await Promise.race([answered, closed])).trim()) ? 'cancel' : 'leave';
  } finally {
    asking.close();
  }
}

/** Undefined where the terminal has gone: then it takes no mode any more. */
function openQuestion(input: NonNullable<World['stdin']>, output: World['stderr']): Interface | undefined {
  try {
    return createInterface({ input, output });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EIO') return undefined;
    throw error;
  }
}
