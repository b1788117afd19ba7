/** Runs the chapter on EMR Serverless, block by block, from an empty account; then once more. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { Account, IMAGE, REPOSITORY } from './account.js';
import { aws, engine } from './built.js';

const CHAPTER = readFileSync(join(repositoryRoot, 'docs', 'emr-serverless.md'), 'utf8');
const MAIN = join(repositoryRoot, 'dist', 'cli', 'main.js');
const OUTPUT = 'gsprocessing/emr-s/small-graph';

/** What people are told to type. */
const blocks = [...CHAPTER.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text = '']) => text);

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

let account: Account;
let folder: string;

beforeAll(async () => {
  account = await Account.open();
  await account.pushImage(REPOSITORY, '0.2.2-x86_64');
  await account.nameBucket('my-bucket');
  await account.put('gsprocessing-input/gconstruct-config.json', '{}');
  account.front.quotas.set('ml.t3.xlarge for processing job usage', 2);
  account.front.quotas.set('Size of EBS volume for a processing job instance', 500);

  folder = mkdtempSync(join(tmpdir(), 'gs-chapter-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(
    join(folder, 'bin', 'gs-repartition'),
    `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`,
  );
  chmodSync(join(folder, 'bin', 'gs-repartition'), 0o755);
  const scripts = join(folder, 'graphstorm', 'graphstorm-processing', 'graphstorm_processing');
  mkdirSync(scripts, { recursive: true });
  writeFileSync(join(scripts, 'distributed_executor.py'), '# stands for GSProcessing\n');
});
afterAll(async () => {
  await account.close();
  rmSync(folder, { recursive: true });
});

/** Runs blocks in one shell, as a person would; the variables they set live on in the next call. */
async function run(...which: string[]): Promise<Ran> {
  const state = join(folder, 'state');
  const script = `set -euo pipefail\ntest -f ${state} && . ${state}\n${which.join('\n')}\ndeclare -p ACCOUNT AWS_REGION MY_BUCKET IMAGE GSP_HOME INPUT_PREFIX OUTPUT_PREFIX $(compgen -v | grep -E '^(APPLICATION_ID|ROLE|JOB_RUN_ID)$') > ${state}\n`;
  const { PATH = '', ...rest } = process.env;
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    env: { ...rest, PATH: `${join(folder, 'bin')}:${PATH}`, GS_REPARTITION_NO_PROGRESS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout: out.join(''), stderr: err.join('') };
}

const block = (i: number): string => {
  const text = blocks[i];
  if (text === undefined) throw new Error(`the chapter has no block ${i}`);
  return text;
};

describe.each([['from an empty account'], ['a second time, which makes nothing anew']])('%s', (round) => {
  const isFirst = round === 'from an empty account';

  it('the names, and a dry run that changes nothing', async () => {
    expect(blocks).toHaveLength(10);
    account.reset();
    const { code, stdout } = await run(block(0), block(1));
    expect(code).toBe(0);
    const { steps } = JSON.parse(stdout) as { steps: { request: { operation: string } }[] };
    expect(steps.map(({ request }) => request.operation)).toEqual(
      isFirst ? ['CreateRole', 'PutRolePolicy', 'CreateApplication', 'SetRepositoryPolicy'] : [],
    );
    expect(account.front.writes).toEqual([]);
  });

  it('the set-up, and again', async () => {
    account.reset();
    const { code, stdout } = await run(block(2), block(3));
    expect(code).toBe(0);
    expect(account.front.writes).toEqual(
      isFirst
        ? [
            'iam:CreateRole',
            'iam:PutRolePolicy',
            'emr-serverless:CreateApplication',
            'ecr:SetRepositoryPolicy',
          ]
        : [],
    );
    expect(stdout).toMatch(
      /^Everything is set up already\.\n {2}role {9}arn:aws:iam::123456789012:role\/gsprocessing-emr-serverless\n {2}application {2}\w+ \(gsprocessing-0\.2\.2\)\n/,
    );
  });

  it('the policies for an administrator', async () => {
    account.reset();
    const { code, stdout } = await run(block(4));
    expect(code).toBe(0);
    expect(account.front.calls).toEqual([]);
    expect(Object.keys(JSON.parse(stdout) as object)).toContain('imageRepository');
  });

  it('a job that leaves the movies graph misaligned, and is aligned here', async () => {
    account.reset({
      script: ['RUNNING', 'SUCCESS'],
      onRun: async () => {
        await account.writeMovies(OUTPUT);
        await account.remove(`${OUTPUT}/updated_row_counts_metadata.json`);
        return undefined;
      },
    });
    const { code, stdout, stderr } = await run(block(5));
    expect(stderr).toContain('aligning here');
    expect(stderr).toMatch(/dashboard: https:\/\/dashboard\.example\//);
    expect(stderr).toMatch(
      /RUNNING after [\d.]+ s, used 0\.5 vCPU hours, 2 GB hours of memory, 1 GB hours of storage/,
    );
    expect(code).toBe(0);
    expect(stdout).toBe(
      'The job succeeded; its output was aligned here (the job left no updated_row_counts_metadata.json).\n' +
        `  metadata  s3://my-bucket/${OUTPUT}/updated_row_counts_metadata.json\n`,
    );
    const [job] = [...account.front.jobs.values()].slice(-1);
    expect(job?.request).toMatchObject({
      name: 'gs-processing',
      jobDriver: {
        sparkSubmit: {
          entryPoint: 's3://my-bucket/emr-serverless-scripts/distributed_executor.py',
          entryPointArguments: [
            '--input-prefix',
            's3://my-bucket/gsprocessing-input',
            '--output-prefix',
            `s3://my-bucket/${OUTPUT}/`,
            '--config-filename',
            'gconstruct-config.json',
            '--num-output-files',
            '-1',
            '--graph-name',
            'small-graph',
            '--do-repartition',
            'true',
          ],
        },
      },
    });
    // The entry point did not change between the rounds.
    const uploads = account.front.writes.filter((one) => one === 's3:PutObject');
    expect(uploads.length > 0 && account.front.writes[0] === 's3:PutObject').toBe(isFirst);
    expect(await engine.verify(`s3://my-bucket/${OUTPUT}`)).toMatchObject({ ready: true });
  }, 120_000);

  it('a job that is started now and waited for later, and aligned its output itself', async () => {
    account.reset({
      script: ['RUNNING', 'SUCCESS'],
      onRun: async () => {
        await account.writeRatings(OUTPUT);
        await engine.align(`s3://my-bucket/${OUTPUT}`);
        return undefined;
      },
    });
    const { code, stdout } = await run(block(6));
    expect(code).toBe(0);
    expect(stdout).toContain('The job succeeded and aligned its output itself; it passes verification.');
    const token = [...account.front.jobs.values()].find(
      ({ request }) => request['clientToken'] === 'nightly-2024-05-01',
    );
    expect(JSON.stringify(token?.request)).toContain(
      '--conf spark.executor.memory=16g --conf spark.executor.cores=4',
    );
    expect(JSON.stringify(token?.request)).toContain('"--add-reverse-edges","true"');
  }, 120_000);

  it('a job that is cancelled', async () => {
    account.reset({ script: ['RUNNING', 'hold'] });
    const { code, stdout } = await run(block(7));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The job \w+ is CANCELLED\.\n$/);
  }, 60_000);

  it('alignment by hand', async () => {
    account.reset();
    const { code, stdout } = await run(block(8));
    expect(code).toBe(0);
    expect(stdout).toContain('Ready for DistPartitioning');
  }, 60_000);

  it('alignment on SageMaker', async () => {
    let asked: Record<string, unknown> = {};
    account.reset({
      onProcessingJob: (request) => {
        asked = request;
        return Promise.resolve();
      },
    });
    const { code, stdout } = await run(block(9));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The job gsprocessing-repartitioning-\d{4}(-\d\d){5} succeeded\.\n$/);
    expect(asked).toMatchObject({
      RoleArn: 'arn:aws:iam::123456789012:role/service-role/sagemaker-execution',
      ProcessingResources: { ClusterConfig: { InstanceType: 'ml.t3.xlarge', VolumeSizeInGB: 30 } },
    });
  }, 60_000);
});

it('needs no permission that the policies for an administrator do not give', () => {
  const { operator } = aws.setupPolicies({ bucket: 'my-bucket', imageUri: IMAGE });
  const given = new Set(operator.Statement.flatMap(({ Action = [] }) => Action));
  const sent = [...account.front.kinds].filter((call) => /^(emr-serverless|iam|ecr):/.test(call));
  expect(sent).toContain('emr-serverless:CancelJobRun');
  expect(sent.filter((call) => !given.has(call))).toEqual([]);
});
