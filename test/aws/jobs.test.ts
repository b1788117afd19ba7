import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsSession, JobId, JobUpdate, Outcome, SubmitOptions } from '../../src/aws/index.js';
import { type Account, ACCOUNT, IMAGE, QUICK, REGION } from './account.js';
import { aws, engine } from './built.js';
import type { Fault } from './front.js';
import { type ReadyForJobs, readyForJobs } from './ready.js';

let ready: ReadyForJobs;
let account: Account;
let folder: string;
let applicationId: string;
let session: AwsSession;

beforeAll(async () => {
  ready = await readyForJobs();
  ({ account, folder, applicationId } = ready);
  session = new aws.AwsSession({ maxAttempts: 1 });
});
beforeEach(() => account.reset());
afterAll(async () => {
  await session.close();
  await ready.close();
});

const asked = (more: Partial<SubmitOptions> = {}): SubmitOptions => ({
  applicationId,
  executionRole: 'gsprocessing-emr-serverless',
  entryPoint: ready.entryPoint,
  inputPrefix: account.url('input'),
  outputPrefix: account.url('output/'),
  configFilename: 'config.json',
  graphName: 'movies',
  ...more,
});
const call = { patience: QUICK };

async function start(more: Partial<SubmitOptions> = {}): Promise<JobId> {
  const { jobRunId } = await aws.submitJob(session, asked(more), call);
  return { applicationId, jobRunId };
}

describe('submitting', () => {
  it('a dry run shows both requests and calls nothing that writes', async () => {
    await account.remove('emr-serverless-scripts/entry.py');
    const { steps, jobRunId } = await aws.submitJob(session, asked({ clientToken: 'my-token' }), {
      dryRun: true,
    });
    expect(account.front.writes).toEqual([]);
    expect(jobRunId).toBeUndefined();
    expect(steps.map(({ title }) => title)).toEqual([
      `upload the entry point to s3://${account.bucket}/emr-serverless-scripts/entry.py`,
      `start the job gs-processing on the application ${applicationId}`,
    ]);
    expect(steps[1]?.request.input).toMatchObject({
      clientToken: 'my-token',
      executionRoleArn: `arn:aws:iam::${ACCOUNT}:role/gsprocessing-emr-serverless`,
      jobDriver: {
        sparkSubmit: { entryPoint: `s3://${account.bucket}/emr-serverless-scripts/entry.py` },
      },
    });
  });

  it('uploads the entry point when it changed, and only then', async () => {
    const uploads = (): number => account.front.writes.filter((one) => one === 's3:PutObject').length;
    const entryPoint = join(folder, 'changing.py');
    writeFileSync(entryPoint, 'one');
    await start({ entryPoint });
    await start({ entryPoint });
    expect(uploads()).toBe(1);
    writeFileSync(entryPoint, 'two');
    await start({ entryPoint });
    expect(uploads()).toBe(2);
    expect(await account.get('emr-serverless-scripts/changing.py')).toBe('two');
  });

  it('starts one job when the answer is lost, and one more for a new token', async () => {
    account.front.faults.push({ call: /StartJobRun/, times: 1, reply: 'cut-answer' });
    await start();
    const before = account.front.jobs.size;
    await start();
    expect(account.front.jobs.size).toBe(before + 1);
    expect(account.front.writes.filter((one) => one.endsWith(':StartJobRun'))).toHaveLength(3);
  });

  it('starts one job for two calls with one token', async () => {
    const one = await start({ clientToken: 'the-same' });
    expect(await start({ clientToken: 'the-same' })).toEqual(one);
  });

  it('finds the application by its name', async () => {
    const started = await aws.submitJob(
      session,
      asked({ applicationId: undefined, applicationName: 'gsprocessing-0.2.2' }),
      call,
    );
    expect(started.applicationId).toBe(applicationId);
  });
});

describe('submitting what cannot run', () => {
  const refused = async (more: Partial<SubmitOptions>): Promise<unknown> => {
    const error = await aws.submitJob(session, asked(more), call).catch((one: unknown) => one);
    expect(account.front.writes).toEqual([]);
    return error;
  };

  it.each([
    ['no such role', { executionRole: 'nobody' }, 'not-found', 'no such role: nobody'],
    [
      'a role of another account',
      { executionRole: 'arn:aws:iam::999999999999:role/r' },
      'usage',
      `the role arn:aws:iam::999999999999:role/r is of account 999999999999, but we are in ${ACCOUNT}`,
    ],
    ['no such application', { applicationId: '00none' }, 'not-found', `no application 00none in ${REGION}`],
    [
      'no application of that name',
      { applicationId: undefined, applicationName: 'none' },
      'not-found',
      `no application is named none in ${REGION}`,
    ],
    ['no application', { applicationId: undefined }, 'usage', 'which application?'],
    ['a local prefix', { inputPrefix: '/data' }, 'usage', 'not an S3 prefix: /data'],
    [
      'files that nobody can make',
      { numOutputFiles: 0 },
      'usage',
      '`numOutputFiles` must be a whole number above 0, or -1 to let Spark decide, not 0',
    ],
    [
      'too little time',
      { timeoutMinutes: 2 },
      'usage',
      '`timeoutMinutes` must be 0 (never) or at least 5, not 2',
    ],
  ] as const)('%s', async (_name, more, code, message) => {
    expect(await refused(more)).toMatchObject({ code, message, hint: expect.anything() as string });
  });

  it('an entry point that is not there', async () => {
    const entryPoint = join(folder, 'missing.py');
    expect(await refused({ entryPoint })).toMatchObject({
      message: `cannot read the entry point ${entryPoint}: there is no such file`,
    });
    const url = account.url('missing.py');
    expect(await refused({ entryPoint: url })).toMatchObject({ message: `no entry point at ${url}` });
  });

  it('a configuration that was not uploaded', async () => {
    expect(await refused({ configFilename: 'other.json' })).toMatchObject({
      message: `no configuration at ${account.url('input/other.json')}`,
    });
  });

  it.each([
    ['TERMINATED', {}, /^the application \w+ is terminated$/],
    ['CREATING', {}, /^the application \w+ is still being made$/],
    [
      'STOPPED',
      { autoStartConfiguration: { enabled: false } },
      /^the application \w+ is STOPPED and does not start by itself$/,
    ],
    ['STARTED', { type: 'Hive' }, /^the application \w+ runs Hive, not Spark$/],
  ])('an application that is %s', async (state, more, message) => {
    account.front.overrides.set(applicationId, { state, ...more });
    expect(await refused({})).toMatchObject({
      code: 'aws',
      message: expect.stringMatching(message) as string,
    });
  });

  it('a stopped application that starts by itself is fine', async () => {
    account.front.overrides.set(applicationId, { state: 'STOPPED' });
    expect((await start()).jobRunId).not.toBe('');
  });

  it('a bucket in another region', async () => {
    await account.makeBucket('bucket-in-europe', 'eu-west-1');
    expect(await refused({ outputPrefix: 's3://bucket-in-europe/out' })).toMatchObject({
      message: 's3://bucket-in-europe is in eu-west-1, the application in us-east-1',
    });
  });
});

describe('following', () => {
  const follow = async (id: JobId, updates: JobUpdate[] = []): Promise<string | undefined> => {
    const job = await aws.followJob(session, id, {
      ...call,
      pollMs: 1,
      onUpdate: (update) => updates.push(update),
    });
    return job.state;
  };

  it('tells every state, what the job used, and where to look', async () => {
    const updates: JobUpdate[] = [];
    expect(await follow(await start(), updates)).toBe('SUCCESS');
    expect(updates.map(({ state }) => state)).toEqual(['PENDING', 'SCHEDULED', 'RUNNING', 'SUCCESS']);
    expect(updates[2]?.dashboardUrl).toMatch(/^https:\/\/dashboard\.example\//);
    expect(updates[3]?.used).toEqual({ vCpuHours: 0.5, memoryGbHours: 2, storageGbHours: 1 });
  });

  it.each(['FAILED', 'CANCELLED'])('sees a job that is %s', async (end) => {
    account.reset({ script: ['RUNNING', end] });
    expect(await follow(await start())).toBe(end);
  });

  const fault = (reply: Fault['reply']): Fault => ({ call: /GetJobRun/, times: 3, reply });
  it.each([
    ['throttling', fault({ status: 429, type: 'ThrottlingException', message: 'slow down' })],
    ['a failing service', fault({ status: 500, type: 'InternalServerException', message: 'oops' })],
    ['an unavailable service', fault({ status: 503, type: 'Whatever', message: 'oops' })],
    ['lost connections', fault('cut')],
    ['lost answers', fault('cut-answer')],
  ])('survives %s', async (_name, one) => {
    const id = await start();
    account.front.faults.push(one);
    expect(await follow(id)).toBe('SUCCESS');
    expect(one.times).toBe(0);
  });

  it('survives credentials that expire in the middle: it takes the new ones of the shared file', async () => {
    const id = await start();
    const file = join(folder, 'credentials');
    const write = (key: string): void =>
      writeFileSync(file, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = secret\n`);
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SHARED_CREDENTIALS_FILE } = process.env;
    delete process.env['AWS_ACCESS_KEY_ID'];
    delete process.env['AWS_SECRET_ACCESS_KEY'];
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = file;
    write('OLDKEY');
    const warnings: string[] = [];
    const other = new aws.AwsSession();
    try {
      account.front.release(account.front.jobs.get(id.jobRunId)!, 'RUNNING', 'hold');
      const done = aws.followJob(other, id, {
        ...call,
        pollMs: 1,
        log: { debug: () => undefined, info: () => undefined, warn: (line) => warnings.push(line) },
        onUpdate: ({ state }) => {
          if (state !== 'RUNNING' || account.front.expiredKeys.size > 0) return;
          account.front.expiredKeys.add('OLDKEY');
          setTimeout(() => {
            write('NEWKEY');
            account.front.release(account.front.jobs.get(id.jobRunId)!, 'SUCCESS');
          }, 100);
        },
      });
      expect((await done).state).toBe('SUCCESS');
      expect(warnings).toEqual([
        `the credentials expired while looking at the job ${id.jobRunId} of the application ${applicationId} ` +
          '(ExpiredTokenException: The security token included in the request is expired); looking for new ones',
      ]);
    } finally {
      await other.close();
      Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SHARED_CREDENTIALS_FILE });
    }
  });

  it('gives up when nothing succeeds for long, and says that the job goes on', async () => {
    const id = await start();
    account.front.faults.push({
      call: /GetJobRun/,
      times: 1e6,
      reply: { status: 500, type: 'E', message: 'oops' },
    });
    const error = await aws
      .followJob(session, id, { patience: { ...QUICK, giveUpMs: 50 } })
      .catch((one: unknown) => one);
    expect(error).toMatchObject({
      code: 'aws',
      message: expect.stringContaining('AWS could not answer') as string,
    });
  });

  it('does not insist where access is denied', async () => {
    const id = await start();
    account.front.faults.push({
      call: /GetJobRun/,
      times: 1,
      reply: { status: 403, type: 'AccessDeniedException', message: 'no' },
    });
    await expect(follow(id)).rejects.toMatchObject({ code: 'access' });
  });

  it('stops at once when told to; the job goes on', async () => {
    account.reset({ script: ['RUNNING', 'hold'] });
    const id = await start();
    const stop = new AbortController();
    const following = aws.followJob(session, id, {
      ...call,
      signal: stop.signal,
      onUpdate: () => stop.abort(),
    });
    await expect(following).rejects.toMatchObject({ code: 'interrupted' });
    expect(account.front.jobs.get(id.jobRunId)?.state).toBe('RUNNING');
  });

  it('cancels, and not what has ended', async () => {
    account.reset({ script: ['RUNNING', 'hold'] });
    const id = await start();
    await aws.cancelJob(session, id, call);
    expect(await follow(id)).toBe('CANCELLED');
    await expect(aws.cancelJob(session, id, call)).rejects.toMatchObject({
      code: 'job',
      message: `the job ${id.jobRunId} has ended already: CANCELLED`,
    });
  });

  it('lists applications and jobs, latest first', async () => {
    const applications = await aws.listApplications(session);
    expect(applications.map(({ id }) => id)).toContain(applicationId);
    const first = await start();
    const second = await start();
    const listed = (await aws.listJobs(session, applicationId)).map(({ id }) => id);
    expect(listed.indexOf(second.jobRunId)).toBeLessThan(listed.indexOf(first.jobRunId));
  });

  it('reads the last lines of a dead driver’s log', async () => {
    account.reset({ script: ['RUNNING', 'FAILED'] });
    const id = await start({ logUri: account.url('logs/') });
    const key = `logs/applications/${applicationId}/jobs/${id.jobRunId}/SPARK_DRIVER/stderr.gz`;
    const text =
      'INFO starting\nTraceback (most recent call last):\n  File "x.py", line 1\nRuntimeError: dead\nINFO bye\n';
    await account.put(key, gzipSync(text));
    const job = await aws.followJob(session, id, { ...call, pollMs: 1 });
    expect(await aws.driverErrorLines(session, job)).toEqual([
      'Traceback (most recent call last):',
      '  File "x.py", line 1',
      'RuntimeError: dead',
    ]);
  });
});

describe('what a successful job left', () => {
  const finish = async (
    onRun: () => Promise<undefined>,
    more: Partial<Parameters<typeof aws.finishJob>[2]> = {},
  ): Promise<Outcome> => {
    account.reset({ onRun });
    const job = await aws.followJob(session, await start(), { ...call, pollMs: 1 });
    return aws.finishJob(session, job, { engine, ...call, ...more });
  };
  const misaligned = async (): Promise<undefined> => {
    await account.remove('output/updated_row_counts_metadata.json');
    await account.writeRatings('output');
    return undefined;
  };
  const outputPrefix = (): string => account.url('output/');

  it('no updated metadata: the alignment runs here', async () => {
    const outcome = await finish(misaligned);
    expect(outcome).toMatchObject({
      alignedBy: 'here',
      outputPrefix: outputPrefix(),
      reason: 'the job left no updated_row_counts_metadata.json',
      summary: { status: 'succeeded' },
    });
    expect(await engine.verify(outputPrefix())).toMatchObject({ ready: true, violations: [] });
  });

  it('its own updated metadata, which pass verification: nothing to do', async () => {
    // The leader's alignment is another engine's work, but leaves the same: aligned parts and fresh metadata.
    const outcome = await finish(async () => {
      await misaligned();
      await engine.align(outputPrefix());
      return undefined;
    });
    expect(outcome).toEqual({ alignedBy: 'job', outputPrefix: outputPrefix() });
  });

  it('updated metadata of an earlier job: a leftover, and aligned anew', async () => {
    account.reset();
    await misaligned();
    await engine.align(outputPrefix());
    // S3's clock ticks in seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const outcome = await finish(async () => {
      await account.writeRatings('output');
      return undefined;
    });
    expect(outcome).toMatchObject({
      alignedBy: 'here',
      reason: expect.stringMatching(
        /^updated_row_counts_metadata\.json is a leftover of .*Z, older than the job$/,
      ) as string,
    });
    expect(await engine.verify(outputPrefix())).toMatchObject({ ready: true });
  });

  it('updated metadata that are not aligned at all: they fail verification, and are replaced', async () => {
    const outcome = await finish(async () => {
      await misaligned();
      await account.put('output/updated_row_counts_metadata.json', await account.get('output/metadata.json'));
      return undefined;
    });
    expect(outcome).toMatchObject({
      alignedBy: 'here',
      reason: expect.stringMatching(
        /^updated_row_counts_metadata\.json fails verification \(\d+: /,
      ) as string,
    });
    expect(await engine.verify(outputPrefix())).toMatchObject({ ready: true });
  });

  it('updated metadata that cannot be read: the same', async () => {
    const outcome = await finish(async () => {
      await misaligned();
      await account.put('output/updated_row_counts_metadata.json', '{"half":');
      return undefined;
    });
    expect(outcome).toMatchObject({
      alignedBy: 'here',
      reason: expect.stringContaining('fails verification') as string,
    });
  });

  const SAGEMAKER = {
    role: `arn:aws:iam::${ACCOUNT}:role/service-role/sagemaker`,
    imageUri: IMAGE,
    instanceType: 'ml.m5.large',
  };
  const alignments = (): number =>
    account.front.writes.filter((one) => /:(StartJobRun|CreateProcessingJob)$/.test(one)).length;

  it.each([
    [
      'emr-serverless',
      /^the alignment is the job (\w+) of the application \w+ in us-east-1$/,
      (id: string) =>
        `gs-repartition emr-serverless cancel --application-id ${applicationId} --job-run-id ${id} --region ${REGION}`,
    ],
    [
      'sagemaker',
      /^the alignment is the SageMaker job ([\w-]+) in us-east-1$/,
      (id: string) => `aws sagemaker stop-processing-job --processing-job-name ${id} --region ${REGION}`,
    ],
  ] as const)(
    'the alignment as a job of its own on %s is named at once, whoever leaves it is told how to cancel it, and finds it again',
    async (fallback, named, cancel) => {
      const [stop, said] = [new AbortController(), [] as string[]];
      const log = {
        debug: () => undefined,
        info: (line: string) => void said.push(line),
        warn: (line: string) => void said.push(line),
      };
      const more = { fallback, sagemaker: SAGEMAKER, log, pollMs: 1 };
      account.front.quotas.set('ml.m5.large for processing job usage', 1);
      account.reset({ onRun: misaligned });
      const job = await aws.followJob(session, await start(), { ...call, pollMs: 1 });
      let end: () => void = () => undefined;
      const work = new Promise<undefined>((resolve) => (end = () => resolve(undefined)));
      account.reset({ script: ['RUNNING', 'SUCCESS'], onRun: () => work, onProcessingJob: () => work });
      const left = aws.finishJob(session, job, {
        ...{ engine, ...call, ...more },
        signal: stop.signal,
        onAlignmentUpdate: () => stop.abort(),
        onSageMakerUpdate: () => stop.abort(),
      });
      await expect(left).rejects.toMatchObject({ code: 'interrupted' });
      const id = said.map((line) => named.exec(line)?.[1]).find(Boolean) ?? '';
      expect(id).not.toBe('');
      expect(said.at(-1)).toBe(`the job itself goes on; cancel it with: ${cancel(id)}`);

      const outcome = await aws.finishJob(session, job, {
        ...{ engine, ...call, ...more },
        // What the job does.
        onFallback: () => void engine.align(outputPrefix()).then(end),
      });
      expect(outcome).toMatchObject({ alignedBy: fallback });
      expect(JSON.stringify(outcome)).toContain(id);
      expect(said.filter((line) => named.exec(line)?.[1] === id)).toHaveLength(2);
      expect(alignments()).toBe(1);
    },
    60_000,
  );

  it('with the fallback none, it says so and touches nothing', async () => {
    const outcome = await finish(misaligned, { fallback: 'none' });
    expect(outcome).toEqual({
      alignedBy: 'nobody',
      outputPrefix: outputPrefix(),
      reason: 'the job left no updated_row_counts_metadata.json',
    });
    await expect(engine.verify(outputPrefix())).resolves.toMatchObject({ ready: false });
  });

  it('nothing: the job wrote elsewhere', async () => {
    await account.remove('output/metadata.json');
    await expect(finish(() => Promise.resolve(undefined))).rejects.toMatchObject({
      code: 'job',
      message: `the job succeeded, but left no metadata.json under ${outputPrefix()}`,
    });
  });
});
