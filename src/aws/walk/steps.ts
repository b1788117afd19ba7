/** The steps of a walk. Each looks first; in a dry run it says what it would do and does nothing. */
import { RepartitionError } from '../../errors.js';
import { parseS3Url } from '../../s3/keys.js';
import { callFor } from '../advice.js';
import { findApplication } from '../applications.js';
import { finishJob, type Outcome } from '../finish.js';
import { followJob, getJob, hasEnded } from '../follow.js';
import { uploadInputs } from '../inputs/upload.js';
import { requireSuccess } from '../job-end.js';
import { startJobRunRequest } from '../job.js';
import { parseRole } from '../names.js';
import { checkOutput } from '../output-check.js';
import { checkPartitions, defaultEntryPointUrl, submitPartitionJob } from '../partition.js';
import { PARTITION_ENTRY_POINT, partitionJobRequest } from '../partition-plan.js';
import type { Request, Step } from '../requests.js';
import { findRole } from '../roles.js';
import { followProcessingJob } from '../sagemaker-follow.js';
import { processingJobRequest } from '../sagemaker-plan.js';
import { setup } from '../setup.js';
import { APPLICATION_ID } from '../setup-plan.js';
import { submit } from '../submit.js';
import { setupOptionsOf } from './check.js';
import {
  entryPointDigest,
  entryPointUrl,
  inputsAt,
  isOnS3,
  jobIdentity,
  jobSettings,
  jobsNamed,
} from './job.js';
import type { StepOutcome, Walk } from './model.js';
import type { WalkStepName } from './settings.js';

/** Stands where the job's id will be known only once it is started. */
const JOB_RUN_ID = '<job-run-id>';
/** Stands where a job's name follows from tables that are not there yet. */
const INPUTS = '<of the inputs>';

export const STEPS: Readonly<Record<WalkStepName, (walk: Walk) => Promise<StepOutcome>>> = {
  upload: uploadStep,
  setup: setupStep,
  submit: submitStep,
  wait: waitStep,
  align: alignStep,
  verify: verifyStep,
  partition: partitionStep,
};

const requestsOf = (steps: readonly Step[]): Request[] => steps.map(({ request }) => request);

/** What is done in this process, as the command that does it by itself. */
function here(...words: string[]): Request {
  return { service: 'this machine', operation: 'Run', input: { command: ['gs-repartition', ...words] } };
}

/** The state of a step that is a list of things to do. */
function stateOf(steps: readonly Step[], dryRun: boolean | undefined): StepOutcome['state'] {
  if (steps.length === 0) return 'done-before';
  return dryRun ? 'to-do' : 'done';
}

async function uploadStep({ session, settings, call, found }: Walk): Promise<StepOutcome> {
  const { upload, inputPrefix, configFilename } = settings;
  if (upload === undefined) {
    found.areInputsThere = true;
    return { state: 'left-out', detail: `the tables are to be under ${inputPrefix}`, requests: [] };
  }
  const { dryRun, signal, log, onUploadProgress: onProgress } = call;
  const { steps, uploaded, there } = await uploadInputs(
    session,
    { from: upload.from, inputPrefix, configFilename },
    { dryRun, signal, log, onProgress },
  );
  found.areInputsThere = steps.length === 0 || !dryRun;
  const verb = dryRun ? 'to upload' : 'uploaded';
  return {
    state: stateOf(steps, dryRun),
    detail: `${uploaded.files} of ${uploaded.files + there.files} files ${verb} to ${inputPrefix}`,
    requests: requestsOf(steps),
  };
}

async function setupStep({ session, settings, call, found }: Walk): Promise<StepOutcome> {
  const { setup: asked, submit: job, outputPrefix } = settings;
  const { dryRun, signal, log, patience, onAction } = call;
  if (asked === undefined) {
    const application = await findApplication(session, job, signal);
    found.applicationId = application.applicationId ?? '';
    found.executionRoleArn = await roleArn(session, job.executionRole ?? '', signal);
    return { state: 'left-out', detail: `jobs run on ${found.applicationId}`, requests: [] };
  }
  const options = setupOptionsOf({ outputPrefix, setup: asked });
  const onStep = ({ title }: Step): void => onAction?.(title);
  const result = await setup(session, options, { dryRun, signal, log, patience, onStep });
  found.applicationId = result.applicationId;
  found.executionRoleArn = result.roleArn;
  return {
    state: stateOf(result.steps, dryRun),
    detail: `the application ${result.applicationId} (${result.applicationName}), the role ${result.roleArn}`,
    requests: requestsOf(result.steps),
  };
}

/** Who may not look at roles can still name one by its ARN. */
async function roleArn(
  session: Walk['session'],
  given: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { arn } = parseRole(given);
  if (arn !== undefined) return arn;
  const role = await findRole(session, given, signal);
  if (role !== undefined) return role.arn;
  throw new RepartitionError('not-found', `no such role: ${given}`, {
    hint: 'Give another `executionRole`, or leave it out and have a `setup` make one.',
  });
}

async function submitStep(walk: Walk): Promise<StepOutcome> {
  const { session, settings, call, found } = walk;
  const { applicationId = '', executionRoleArn = '' } = found;
  const job = jobSettings(settings, { applicationId, executionRoleArn });
  if (applicationId === APPLICATION_ID || found.areInputsThere !== true) return plannedStart(walk, INPUTS);

  const { signal, log, patience } = call;
  const inputs = await inputsAt(session, settings, signal);
  const digest = await entryPointDigest(session, settings.submit.entryPoint, signal);
  const { name, hash } = jobIdentity(job, inputs, digest);
  const earlier = await jobsNamed(session, applicationId, name, { signal, log, patience });
  for (const { id: jobRunId = '', state = '' } of earlier) {
    if (state === 'FAILED' || state === 'CANCELLED' || state === 'CANCELLING') continue;
    found.job = await getJob(session, { applicationId, jobRunId }, { signal, log, patience });
    if (hasEnded(found.job) && !(await isItsOutput(walk))) continue;
    found.jobRunId = jobRunId;
    return {
      state: 'done-before',
      detail: `the job ${jobRunId} (${name}) is ${found.job.state ?? ''}`,
      requests: [],
    };
  }
  found.job = undefined;
  if (call.dryRun) return plannedStart(walk, name);
  const started = await submit(
    session,
    {
      ...settings.submit,
      inputPrefix: settings.inputPrefix,
      outputPrefix: settings.outputPrefix,
      configFilename: settings.configFilename,
      ...{ applicationId, applicationName: undefined, executionRole: executionRoleArn, jobName: name },
      // Two that walk at once start one job; a job that failed is followed by another.
      clientToken: `walk-${hash}-${earlier.length}`,
    },
    { signal, log, patience, onStep: ({ title }) => call.onAction?.(title) },
  );
  found.jobRunId = started.jobRunId;
  return {
    state: 'done',
    detail: `the job ${started.jobRunId} (${name}) is started`,
    requests: requestsOf(started.steps),
  };
}

/** What would be sent, also where the application is not made and the tables are not there. */
function plannedStart({ settings, found }: Walk, name: string): StepOutcome {
  const { applicationId = '', executionRoleArn = '' } = found;
  const { entryPoint } = settings.submit;
  const job = jobSettings(settings, { applicationId, executionRoleArn });
  const url = entryPointUrl(settings);
  const { bucket: Bucket, prefix: Key } = parseS3Url(url);
  const jobName = name === INPUTS ? `${settings.submit.jobName ?? 'gs-processing'}-${INPUTS}` : name;
  const start = startJobRunRequest({ ...job, jobName, clientToken: INPUTS });
  const upload: Request[] = isOnS3(entryPoint)
    ? []
    : [{ service: 's3', operation: 'PutObject', input: { Bucket, Key }, source: entryPoint }];
  return {
    state: 'to-do',
    detail: `start the job ${jobName} on the application ${applicationId}`,
    requests: [...upload, { service: 'emr-serverless', operation: 'StartJobRun', input: start }],
  };
}

/**
 * Whether what lies under the output prefix is what the job wrote: no older than its start, no younger than its end. When
 * somebody has removed it, or another job has written there since, the job has to run again.
 */
async function isItsOutput({ session, settings, call, found }: Walk): Promise<boolean> {
  const { bucket: name, prefix } = parseS3Url(settings.outputPrefix);
  const bucket = await session.bucket(name, call.signal);
  try {
    const key = prefix === '' ? 'metadata.json' : `${prefix}/metadata.json`;
    const metadata = await bucket.stat(key, call.signal);
    if (metadata === undefined) return false;
    const { createdAt, endedAt, updatedAt } = found.job ?? {};
    const written = metadata.lastModified.getTime();
    // S3 cuts off the milliseconds.
    const from = Math.floor((createdAt?.getTime() ?? 0) / 1000) * 1000;
    const to = (endedAt ?? updatedAt)?.getTime() ?? Infinity;
    return written >= from && written <= to;
  } finally {
    bucket.close();
  }
}

async function waitStep({ session, call, found }: Walk): Promise<StepOutcome> {
  const { applicationId = '', jobRunId = JOB_RUN_ID, job } = found;
  const id = { applicationId, jobRunId };
  const requests: Request[] = [{ service: 'emr-serverless', operation: 'GetJobRun', input: id }];
  const told = `the job ${jobRunId}`;
  if (job?.state === 'SUCCESS')
    return { state: 'done-before', detail: `${told} has succeeded`, requests: [] };
  if (call.dryRun) {
    return job === undefined
      ? { state: 'to-do', detail: `wait for ${told}`, requests }
      : { state: 'under-way', detail: `${told} is ${job.state ?? ''}`, requests };
  }
  const { signal, log, patience, pollMs, onJobUpdate: onUpdate } = call;
  found.job = await followJob(session, id, { signal, log, patience, pollMs, onUpdate });
  await requireSuccess(session, found.job, { signal, log });
  return { state: 'done', detail: `${told} has succeeded`, requests };
}

async function alignStep(walk: Walk): Promise<StepOutcome> {
  const { session, settings, call, found } = walk;
  const { outputPrefix, align = {} } = settings;
  const { fallback = 'here', sagemaker } = align;
  if (call.dryRun) return plannedAlignment(walk);
  if (found.job === undefined) throw new Error('there is no job to align the output of');
  const { engine, signal, log, patience, pollMs, onFallback, onSageMakerUpdate } = call;
  const waiting = { signal, log, patience, pollMs };
  const told = { onFallback, onSageMakerUpdate, onAlignmentUpdate: call.onJobUpdate };
  const asked = { engine, fallback, sagemaker, sparkConf: call.sparkConf, ...told };
  const outcome = await finishJob(session, found.job, { ...waiting, ...asked });
  return {
    state:
      outcome.alignedBy === 'job' ? 'done-before' : outcome.alignedBy === 'nobody' ? 'not-aligned' : 'done',
    detail: describeAlignment(outcome, outputPrefix),
    requests: [],
  };
}

function describeAlignment(outcome: Outcome, outputPrefix: string): string {
  switch (outcome.alignedBy) {
    case 'job':
      return `${outputPrefix} is aligned`;
    case 'here':
      return `${outputPrefix} was aligned here (${outcome.reason})`;
    case 'sagemaker':
      return `${outputPrefix} was aligned by the SageMaker job ${outcome.sagemakerJobName} (${outcome.reason})`;
    case 'emr-serverless':
      return `${outputPrefix} was aligned by the job ${outcome.alignmentJobRunId} (${outcome.reason})`;
    case 'nobody':
      return `${outputPrefix} is not aligned (${outcome.reason})`;
  }
}

async function plannedAlignment({ session, settings, call, found }: Walk): Promise<StepOutcome> {
  const { outputPrefix, align = {} } = settings;
  const { fallback = 'here', sagemaker } = align;
  const { job } = found;
  if (job?.state === 'SUCCESS') {
    const verdict = await checkOutput(
      session,
      outputPrefix,
      job.createdAt ?? new Date(0),
      (prefix) => call.engine.verify(prefix),
      call.signal,
    );
    found.isAligned = verdict.aligned;
    if (verdict.aligned) return { state: 'done-before', detail: `${outputPrefix} is aligned`, requests: [] };
  }
  if (fallback === 'emr-serverless') {
    const { applicationId = '', executionRoleArn = '' } = found;
    const role = ['--execution-role', executionRoleArn];
    const job = ['--application-id', applicationId, ...role, '--input-prefix', outputPrefix, '--wait'];
    return {
      state: 'to-do',
      detail: `align ${outputPrefix} in a job of its own, unless Spark’s leader has`,
      requests: [here('emr-serverless', 'submit-alignment', ...job)],
    };
  }
  if (fallback !== 'sagemaker' || sagemaker === undefined) {
    const detail =
      fallback === 'none'
        ? `end with exit code 3 if Spark’s leader has not aligned ${outputPrefix}`
        : `align ${outputPrefix} here, unless Spark’s leader has`;
    return {
      state: 'to-do',
      detail,
      requests: fallback === 'none' ? [] : [here('--input-prefix', outputPrefix)],
    };
  }
  // The volume has twice the bytes of a graph that is not there yet: this is the smallest.
  const input = processingJobRequest(
    { ...sagemaker, s3InputPrefix: outputPrefix },
    { roleArn: sagemaker.role, inputBytes: 0, volumeQuota: Infinity, now: new Date() },
  );
  return {
    state: 'to-do',
    detail: `align ${outputPrefix} on SageMaker, unless Spark’s leader has`,
    requests: [{ service: 'sagemaker', operation: 'CreateProcessingJob', input }],
  };
}

async function verifyStep({ session, settings, call }: Walk): Promise<StepOutcome> {
  const { outputPrefix } = settings;
  const requests = [here('verify', '--input-prefix', outputPrefix)];
  if (call.dryRun) return { state: 'to-do', detail: `verify ${outputPrefix}`, requests };
  const { ready, violations } = await call.engine.check(outputPrefix);
  if (ready) {
    return { state: 'done', detail: `${outputPrefix} is ready for DistPartitioning`, requests };
  }
  const first = violations[0]?.message ?? '';
  throw new RepartitionError(
    'mismatch',
    `${outputPrefix} is not ready for DistPartitioning (${violations.length} violations, the first: ${first})`,
    { hint: `See them all: ${callFor(session, 'verifyPrefix', { inputPrefix: outputPrefix })}` },
  );
}

async function partitionStep(walk: Walk): Promise<StepOutcome> {
  const { session, settings, call, found } = walk;
  const { partition, outputPrefix: inputPrefix } = settings;
  if (partition === undefined) return { state: 'left-out', detail: 'the graph stays whole', requests: [] };
  // What has not been written yet can't be looked at.
  if (call.dryRun && found.isAligned !== true) return plannedPartition(walk, partition);
  const { dryRun, engine, signal, log, patience, pollMs, onAction } = call;
  const options = { ...partition, inputPrefix };
  const { state, jobName, graph, steps } = await submitPartitionJob(session, options, {
    ...{ dryRun, signal, log, patience },
    verify: (prefix, asked) => engine.verify(prefix, asked),
    onStep: ({ title }) => onAction?.(title),
  });
  const requests = requestsOf(steps);
  if (state === 'done') return { state: 'done-before', detail: `${graph} is there (${jobName})`, requests };
  if (dryRun) {
    return state === 'running'
      ? { state: 'under-way', detail: `the job ${jobName} makes ${graph}`, requests }
      : { state: 'to-do', detail: `make ${graph} by the job ${jobName}`, requests };
  }
  const onUpdate = call.onSageMakerUpdate;
  await followProcessingJob(session, jobName, { signal, log, patience, pollMs, onUpdate });
  await checkPartitions(session, jobName, options, signal);
  return { state: 'done', detail: `${graph} was made by the job ${jobName}`, requests };
}

/** The request without what only the graph tells: its version, which is in the job's name, and its bytes. */
function plannedPartition(
  { settings }: Walk,
  partition: NonNullable<Walk['settings']['partition']>,
): StepOutcome {
  const options = { ...partition, inputPrefix: settings.outputPrefix };
  const { entryPoint = PARTITION_ENTRY_POINT } = options;
  const entryPointUrl = isOnS3(entryPoint)
    ? entryPoint
    : (options.entryPointUrl ?? defaultEntryPointUrl(options));
  const facts = { roleArn: options.role, inputBytes: 0, volumeQuota: Infinity, now: new Date() };
  const request = partitionJobRequest(options, { ...facts, entryPointUrl, stem: 'gs-partition' });
  const { bucket: Bucket, prefix: Key } = parseS3Url(entryPointUrl);
  const upload: Request[] = isOnS3(entryPoint)
    ? []
    : [{ service: 's3', operation: 'PutObject', input: { Bucket, Key }, source: entryPoint }];
  const input = { ...request, ProcessingJobName: 'gs-partition-<of the graph>' };
  return {
    state: 'to-do',
    detail: `partition ${settings.outputPrefix} into ${options.numParts} parts under ${options.outputPrefix}`,
    requests: [...upload, { service: 'sagemaker', operation: 'CreateProcessingJob', input }],
  };
}
