/** The commands as processes: what a person reads, and the exit codes that scripts go by. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { askOnTerminal } from '../../src/cli/emr-serverless-wait.js';
import { repositoryRoot } from '../support/paths.js';
import { type Account, REGION } from './account.js';
import { command, onTerminal, runProgram } from './cli.js';
import { type ReadyForJobs, readyForJobs } from './ready.js';

let ready: ReadyForJobs;
let account: Account;
let applicationId: string;

beforeAll(async () => {
  ready = await readyForJobs();
  ({ account, applicationId } = ready);
});
beforeEach(() => account.reset());
afterAll(() => ready.close());

const submit = (more = ''): string =>
  `emr-serverless submit --application-id ${applicationId} --execution-role gsprocessing-emr-serverless ` +
  `--entry-point ${ready.entryPoint} --input-prefix ${account.url('input')} ` +
  `--output-prefix ${account.url('output')} --config-filename config.json ${more}`.trim();

/** Sends SIGINT once, when the job is seen to run. */
function interrupter(): (stderr: string, child: ChildProcess) => void {
  let sent = false;
  return (stderr, child) => {
    if (sent || !stderr.includes('RUNNING after')) return;
    sent = true;
    child.kill('SIGINT');
  };
}

const lastJob = (): string => [...account.front.jobs.keys()].at(-1) ?? '';

it('a job that fails: its reason, the driver’s last lines, where to look further, exit code 4', async () => {
  account.reset({
    script: ['RUNNING'],
    onRun: async (job) => {
      const key = `logs/applications/${job.applicationId}/jobs/${job.jobRunId}/SPARK_DRIVER/stderr.gz`;
      await account.put(
        key,
        gzipSync('INFO hello\nTraceback (most recent call last):\n  x\nValueError: bad graph\n'),
      );
      return { state: 'FAILED', details: 'Job failed, exit code 1' };
    },
  });
  const { code, stdout, stderr } = await command(submit(`--log-uri ${account.url('logs')} --wait`));
  expect(code).toBe(4);
  expect(stdout).toBe('');
  expect(stderr).toContain('driver: ValueError: bad graph');
  expect(stderr).toContain(
    `look further: gs-repartition emr-serverless status --application-id ${applicationId} --job-run-id ${lastJob()} --region ${REGION}`,
  );
  expect(stderr).toContain(
    `gs-repartition: the job ${lastJob()} ended as FAILED: Job failed, exit code 1. Correct the cause and submit it again.`,
  );
});

it('a job whose output is not aligned, with the fallback none: exit code 3', async () => {
  account.reset({
    script: ['RUNNING', 'SUCCESS'],
    onRun: async () => {
      await account.writeRatings('output');
      return undefined;
    },
  });
  const { code, stdout } = await command(submit('--wait --fallback none --json'));
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toEqual({
    document: 'gs-repartition/emr-serverless-submit',
    version: 1,
    status: 'succeeded',
    applicationId,
    jobRunId: lastJob(),
    state: 'SUCCESS',
    alignedBy: 'nobody',
    outputPrefix: account.url('output'),
    reason: 'the job left no updated_row_counts_metadata.json',
  });
});

it('Ctrl-C leaves the job, and says how to go on', async () => {
  account.reset({ script: ['RUNNING', 'hold'] });
  const { code, stderr } = await command(submit('--wait'), { watch: interrupter() });
  expect(code).toBe(130);
  expect(stderr).toContain(
    `the job goes on; follow it again with: gs-repartition emr-serverless status --application-id ${applicationId} --job-run-id ${lastJob()} --region ${REGION} --wait`,
  );
  expect(account.front.jobs.get(lastJob())?.state).toBe('RUNNING');
});

it('Ctrl-C with --on-interrupt cancel cancels it', async () => {
  account.reset({ script: ['RUNNING', 'hold'] });
  const { code, stderr } = await command(submit('--wait --on-interrupt cancel'), {
    watch: interrupter(),
  });
  expect(code).toBe(130);
  expect(stderr).toContain('the job ended as CANCELLED');
  expect(account.front.jobs.get(lastJob())?.state).toBe('CANCELLED');
});

it.each([
  [
    '--fallback sagemaker --wait',
    '--fallback sagemaker needs a role and an image. Give --sagemaker-role and --sagemaker-image-uri.',
  ],
  ['--spark-conf a=1 --spark-conf a=2', '--spark-conf a was given twice.'],
  ['--spark-conf a', '--spark-conf must be key=value, not "a".'],
  ['--num-output-files -2', '--num-output-files must be a whole number of at least -1, not "-2".'],
  [
    '--fallback elsewhere',
    '--fallback must be one of here, sagemaker, emr-serverless, none, not "elsewhere".',
  ],
])('submit %s is a mistake, and starts nothing', async (more, message) => {
  expect(await command(submit(more))).toEqual({
    code: 2,
    stdout: '',
    stderr: `gs-repartition: ${message}\n`,
  });
  expect(account.front.calls).toEqual([]);
});

it('list and status, for people and for programs', async () => {
  account.reset({ script: ['RUNNING', 'hold'] });
  expect((await command(submit('--job-name nightly --json'))).code).toBe(0);
  const applications = await command('emr-serverless list');
  expect(applications.stdout).toMatch(
    new RegExp(`^${applicationId}  STARTED  emr-6\\.13\\.0  .*  gsprocessing-0\\.2\\.2$`, 'm'),
  );
  const jobs = await command(`emr-serverless list --application-id ${applicationId} --json`);
  expect((JSON.parse(jobs.stdout) as { jobs: unknown[] }).jobs).toContainEqual(
    expect.objectContaining({ id: lastJob(), name: 'nightly' }),
  );
  const status = await command(
    `emr-serverless status --application-id ${applicationId} --job-run-id ${lastJob()} --json`,
  );
  expect(JSON.parse(status.stdout)).toMatchObject({
    jobRunId: lastJob(),
    state: 'RUNNING',
    outputPrefix: account.url('output'),
    dashboardUrl: `https://dashboard.example/${lastJob()}`,
  });
  const missing = await command(
    `emr-serverless status --application-id ${applicationId} --job-run-id 00none`,
  );
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain(
    `not found while looking at the job 00none of the application ${applicationId}`,
  );
});

it.each([
  ['cancel', 'cancel\r', 'the job ended as CANCELLED', 'CANCELLED'],
  ['c', 'c\r', 'the job ended as CANCELLED', 'CANCELLED'],
  ['leave', 'leave\r', 'the job goes on; follow it again with', 'RUNNING'],
  ['nothing', '\r', 'the job goes on; follow it again with', 'RUNNING'],
  ['Ctrl-C again', '\x03', 'the job goes on; follow it again with', 'RUNNING'],
  ['Ctrl-D', '\x04', 'the job goes on; follow it again with', 'RUNNING'],
])('on a terminal Ctrl-C asks; the answer %s', async (_name, typed, told, state) => {
  account.reset({ script: ['RUNNING', 'hold'] });
  const { code, stdout } = await onTerminal(submit('--wait'), [
    ['RUNNING after', '\x03'],
    ['Leave the job running or cancel it? [leave/cancel]', typed],
  ]);
  expect(stdout).toContain(told);
  expect(code).toBe(130);
  expect(account.front.jobs.get(lastJob())?.state).toBe(state);
});

it('without a terminal nobody is asked', async () => {
  expect(
    await askOnTerminal({ world: { stdin: new PassThrough(), stderr: new PassThrough() } } as never),
  ).toBeUndefined();
});

it('every command is also in the library, as the documentation has it; it loads no SDK before it is needed', async () => {
  const page = readFileSync(join(repositoryRoot, 'docs', 'emr-serverless.md'), 'utf8');
  const table = page.slice(page.indexOf('| command '));
  const names = [...table.matchAll(/`([a-z]+[A-Z]\w+)`/g)].map(([, name]) => name);
  expect(names).toEqual([
    'setupEmrServerless',
    'setupPolicies',
    'submitJob',
    'followJob',
    'finishJob',
    'driverErrorLines',
    'getJob',
    'jobUpdate',
    'dashboardUrl',
    'cancelJob',
    'listApplications',
    'listJobs',
    'buildImage',
    'pushImage',
    'submitPartitionJob',
    'followProcessingJob',
    'checkPartitions',
    'submitProcessingJob',
    'followProcessingJob',
    'checkAlignment',
    'stopProcessingJob',
  ]);
  const script = `import * as all from 'gs-repartition/upstream'; console.log(${JSON.stringify(names)}.filter((name) => typeof all[name] !== 'function'));`;
  const { stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', script], {
    cwd: repositoryRoot,
    env: { NODE_DEBUG: 'esm' },
  });
  expect(stdout).toBe('[]\n');
  expect(stderr).toContain('dist/bin/upstream.js');
  expect(stderr).not.toMatch(/node_modules\/@aws-sdk|dist\/bin\/(client-|sdk)/);
});

it('submit --dry-run prints the requests and calls nothing that writes', async () => {
  await account.remove('emr-serverless-scripts/entry.py');
  const { code, stdout } = await command(submit('--dry-run --client-token mine'));
  expect(code).toBe(0);
  const { status, steps } = JSON.parse(stdout) as {
    status: string;
    steps: { request: Record<string, unknown> }[];
  };
  expect(status).toBe('planned');
  expect(steps.map(({ request }) => [request['service'], request['operation']])).toEqual([
    ['s3', 'PutObject'],
    ['emr-serverless', 'StartJobRun'],
  ]);
  expect(account.front.writes).toEqual([]);

  // What is sent is what was printed.
  const [, start] = steps;
  expect((await command(submit('--client-token mine'))).code).toBe(0);
  expect({ applicationId, ...account.front.jobs.get(lastJob())?.request }).toEqual(start?.request['input']);
});
