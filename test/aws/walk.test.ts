/** `gs-repartition run`: the whole walk from an empty account, and on from wherever it was left. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { WalkReport, WalkStepName } from '../../src/aws/index.js';
import { readWalk } from '../../src/cli/walk-file.js';
import { walkSettings } from '../../src/cli/walk-options.js';
import { repositoryRoot } from '../support/paths.js';
import { Account, QUICK } from './account.js';
import type { FrontOptions } from './front.js';
import { aws, engine } from './built.js';
import { command, type Ran } from './cli.js';

const OUTPUT = 's3://my-bucket/gsprocessing/emr-s/small-graph';
const validate = new Ajv2020({ strict: true }).compile(
  JSON.parse(readFileSync(join(repositoryRoot, 'schemas', 'run.v1.json'), 'utf8')) as object,
);

let account: Account;
let folder: string;

beforeAll(async () => {
  account = await Account.open();
  await account.pushImage();
  await account.nameBucket('my-bucket');
  // The example as it is, with what it names beside it.
  folder = mkdtempSync(join(tmpdir(), 'gs-walk-'));
  cpSync(join(repositoryRoot, 'docs', 'walk.yaml'), join(folder, 'walk.yaml'));
  mkdirSync(join(folder, 'tables'));
  writeFileSync(join(folder, 'tables', 'movie.csv'), 'id\n1\n');
  writeFileSync(join(folder, 'tables', 'gconstruct-config.json'), '{"nodes":[{"files":["movie.csv"]}]}');
  const scripts = join(folder, 'graphstorm', 'graphstorm-processing', 'graphstorm_processing');
  mkdirSync(scripts, { recursive: true });
  writeFileSync(join(scripts, 'distributed_executor.py'), '# stands for GSProcessing\n');
  const launched = join(folder, 'graphstorm', 'sagemaker', 'run');
  mkdirSync(launched, { recursive: true });
  writeFileSync(join(launched, 'partition_entry.py'), '# stands for GraphStorm\n');
  account.front.quotas.set('ml.m5.4xlarge for processing job usage', 2);
});
afterAll(async () => {
  await account.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => account.reset(good()));

const good = (): FrontOptions => ({
  script: ['RUNNING', 'SUCCESS'],
  onRun: writeGraph,
  onProcessingJob: () => account.writePartitions('partitioned/small-graph', 2),
});

const writeGraph = async (): Promise<undefined> => {
  await account.writeRatings('gsprocessing/emr-s/small-graph');
  return undefined;
};

const run = (more = ''): Promise<Ran> =>
  command(`run --file ${join(folder, 'walk.yaml')} ${more}`.trim(), { cwd: tmpdir() });

/** The same walk from a program, which need not wait for a job as long as a person does. */
async function states(until?: WalkStepName): Promise<Record<string, string>> {
  const { values } = readWalk(readFileSync(join(folder, 'walk.yaml'), 'utf8'));
  const session = new aws.AwsSession();
  const call = {
    engine: { ...engine, check: (prefix: string) => engine.verify(prefix) },
    pollMs: 5,
    patience: QUICK,
    until,
  };
  const report = await aws.runWalk(session, walkSettings(values!, folder), call);
  await session.close();
  expect(validate(report) ? [] : validate.errors).toEqual([]);
  return Object.fromEntries(report.steps.map(({ step, state }) => [step, state]));
}

const startedJobs = (): number => account.front.writes.filter((call) => call.endsWith(':StartJobRun')).length;

it('a dry run of an empty account prints each step’s requests, and changes nothing', async () => {
  const { code, stdout } = await run('--dry-run');
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as WalkReport;
  expect(validate(report) ? [] : validate.errors).toEqual([]);
  expect(report.status).toBe('planned');
  expect(
    report.steps.map(({ step, state, requests }) => [step, state, requests.map((one) => one.operation)]),
  ).toEqual([
    ['upload', 'to-do', ['PutObject', 'PutObject']],
    ['setup', 'to-do', ['CreateRole', 'PutRolePolicy', 'CreateApplication', 'SetRepositoryPolicy']],
    ['submit', 'to-do', ['PutObject', 'StartJobRun']],
    ['wait', 'to-do', ['GetJobRun']],
    ['align', 'to-do', ['Run']],
    ['verify', 'to-do', ['Run']],
    ['partition', 'to-do', ['PutObject', 'CreateProcessingJob']],
  ]);
  expect(report.steps.find(({ step }) => step === 'verify')?.requests).toEqual([
    {
      service: 'this machine',
      operation: 'Run',
      input: { command: ['gs-repartition', 'verify', '--input-prefix', OUTPUT] },
    },
  ]);
  expect(account.front.writes).toEqual([]);
});

it('walks from an empty account to a graph that is ready', async () => {
  const { code, stdout, stderr } = await run();
  expect(stderr).not.toContain('gs-repartition: ');
  expect(code).toBe(0);
  expect(stdout.split('\n').map((line) => line.slice(0, 22).trimEnd())).toEqual([
    'upload     done',
    'setup      done',
    'submit     done',
    'wait       done',
    'align      done',
    'verify     done',
    'partition  done',
    '',
  ]);
  expect(stdout).toContain('was aligned here (the job left no updated_row_counts_metadata.json)');
  const [job] = [...account.front.jobs.values()].slice(-1);
  expect(job?.request).toMatchObject({
    name: expect.stringMatching(/^gs-processing-[0-9a-f]{8}$/) as string,
    jobDriver: {
      sparkSubmit: {
        entryPointArguments: expect.arrayContaining(['small-graph', '--add-reverse-edges']) as string[],
        sparkSubmitParameters: '--conf spark.executor.memory=16g --conf spark.executor.cores=4',
      },
    },
  });
  expect(await engine.verify(OUTPUT)).toMatchObject({ ready: true });
}, 180_000);

it('again: every step is found done, and nothing is written', async () => {
  expect(await states()).toEqual({
    upload: 'done-before',
    setup: 'done-before',
    submit: 'done-before',
    wait: 'done-before',
    align: 'done-before',
    verify: 'done',
    partition: 'done-before',
  });
  expect(account.front.writes).toEqual([]);
  const dry = JSON.parse((await run('--dry-run')).stdout) as WalkReport;
  expect(dry.steps.filter(({ state }) => state === 'to-do').map(({ step }) => step)).toEqual(['verify']);
}, 180_000);

it('what is missing is done again: an alignment that somebody removed', async () => {
  await account.remove('gsprocessing/emr-s/small-graph/updated_row_counts_metadata.json');
  expect(await states()).toMatchObject({
    submit: 'done-before',
    wait: 'done-before',
    align: 'done',
    // The same graph again.
    partition: 'done-before',
  });
  expect(startedJobs()).toBe(0);
}, 180_000);

it('tables that have changed ask for another job, and an output that was removed too', async () => {
  writeFileSync(join(folder, 'tables', 'movie.csv'), 'id\n2\n');
  expect(await states('wait')).toEqual({
    upload: 'done',
    setup: 'done-before',
    submit: 'done',
    wait: 'done',
  });
  account.reset(good());
  await account.remove('gsprocessing/emr-s/small-graph/metadata.json');
  expect(await states('wait')).toMatchObject({ upload: 'done-before', submit: 'done', wait: 'done' });
  expect(startedJobs()).toBe(1);
}, 180_000);

it('a job that runs is followed, not started again; Ctrl-C leaves it', async () => {
  writeFileSync(join(folder, 'tables', 'movie.csv'), 'id\n3\n');
  account.reset({ script: ['RUNNING', 'hold'] });
  let sent = false;
  const interrupted = await command(`run --file ${join(folder, 'walk.yaml')}`, {
    watch: (stderr, child) => {
      if (sent || !stderr.includes('RUNNING after')) return;
      sent = true;
      child.kill('SIGINT');
    },
  });
  expect(interrupted.code).toBe(130);
  const [job] = [...account.front.jobs.values()].slice(-1);
  expect(job?.state).toBe('RUNNING');
  const dry = JSON.parse((await run('--dry-run')).stdout) as WalkReport;
  expect(dry.steps.find(({ step }) => step === 'wait')).toMatchObject({ state: 'under-way' });
  expect(startedJobs()).toBe(1);

  await writeGraph();
  // One look when it is found, one when it is waited for.
  account.front.release(job!, 'RUNNING', 'SUCCESS');
  expect(await states()).toMatchObject({
    submit: 'done-before',
    wait: 'done',
    align: 'done',
    verify: 'done',
  });
  expect(startedJobs()).toBe(1);
}, 180_000);

it('a job that fails: its error, and the same call starts another', async () => {
  writeFileSync(join(folder, 'tables', 'movie.csv'), 'id\n4\n');
  account.reset({ script: ['RUNNING', 'FAILED'] });
  await expect(states()).rejects.toMatchObject({
    code: 'job',
    message: expect.stringMatching(/^the job \w+ ended as FAILED/) as string,
  });
  account.reset(good());
  expect(await states()).toMatchObject({ submit: 'done', wait: 'done', verify: 'done' });
}, 180_000);

it('a graph that another job on the application aligns', async () => {
  await account.remove('gsprocessing/emr-s/small-graph/updated_row_counts_metadata.json');
  account.reset({
    script: ['RUNNING', 'SUCCESS'],
    onRun: () => engine.align(OUTPUT).then(() => undefined),
  });
  const text = readFileSync(join(folder, 'walk.yaml'), 'utf8').replace(
    /fallback: here.*/,
    'fallback: emr-serverless',
  );
  writeFileSync(join(folder, 'spark.yaml'), text);
  const line = `run --file ${join(folder, 'spark.yaml')} --until verify`;
  const dry = JSON.parse((await command(`${line} --dry-run`)).stdout) as WalkReport;
  expect(dry.steps.find(({ step }) => step === 'align')).toMatchObject({
    state: 'to-do',
    requests: [{ operation: 'Run' }],
  });
  const { code, stdout } = await command(line);
  expect(stdout).toMatch(/\nalign {6}done {7}\S+ was aligned by the job \w+ \(the job left no updated_row/);
  expect(code).toBe(0);
  const [job] = [...account.front.jobs.values()].slice(-1);
  expect(job?.request).toMatchObject({
    name: 'gs-repartition',
    jobDriver: { sparkSubmit: { entryPointArguments: ['--input-prefix', OUTPUT] } },
  });
  expect((await command(line)).stdout).toMatch(/\nalign {6}was done /);
  expect(startedJobs()).toBe(1);
}, 180_000);

it('a graph that nobody aligns: exit code 3, and the walk ends there', async () => {
  await account.remove('gsprocessing/emr-s/small-graph/updated_row_counts_metadata.json');
  const text = readFileSync(join(folder, 'walk.yaml'), 'utf8').replace('fallback: here', 'fallback: none');
  writeFileSync(join(folder, 'none.yaml'), text);
  const { code, stdout } = await command(`run --file ${join(folder, 'none.yaml')}`);
  expect(code).toBe(3);
  expect(stdout).toContain(`align      not aligned  ${OUTPUT} is not aligned`);
  expect(stdout).toContain(`  align it with: gs-repartition --input-prefix ${OUTPUT}\n`);
  expect(stdout).not.toContain('verify');
}, 180_000);
