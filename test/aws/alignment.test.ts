/** The alignment as a job on EMR Serverless: what is asked of the service, and what becomes of a job that has failed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alignmentConf } from 'gs-repartition/upstream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import type { Account } from './account.js';
import { engine } from './built.js';
import { command } from './cli.js';
import { type ReadyForJobs, readyForJobs } from './ready.js';

describe('the size of a job', () => {
  const most = (parts: number, tasks: number, bytes: number): string | undefined =>
    alignmentConf({ parts, tasks, bytes })['spark.dynamicAllocation.maxExecutors'];

  it('follows from what there is most of', () => {
    expect(most(100, 10, 1e9)).toBe('1');
    expect(most(100_000, 10, 1e9)).toBe('7');
    expect(most(20_000, 20_000, 1e9)).toBe('20');
    expect(most(1_000, 1_000, 3 * 1024 ** 4)).toBe('12');
    expect(most(1e6, 1e6, 1e14)).toBe('100');
    expect(most(0, 0, 0)).toBe('1');
  });
});

describe('submit-alignment', () => {
  let ready: ReadyForJobs;
  let account: Account;
  beforeAll(async () => {
    ready = await readyForJobs();
    ({ account } = ready);
    await account.writeRatings('graph');
  });
  beforeEach(() => account.reset());
  afterAll(() => ready.close());

  const submit = (more: string): string =>
    `emr-serverless submit-alignment --application-id ${ready.applicationId} ` +
    `--execution-role gsprocessing-emr-serverless --input-prefix ${account.url('graph')} ${more}`;
  const script = 'emr-serverless-scripts/align_tasks.py';

  it('with --dry-run prints the requests, and does nothing', async () => {
    const { code, stdout } = await command(
      submit('--dry-run --spark-conf spark.executor.cores=8 --client-token once -- --num-output-files 4'),
    );
    expect(code).toBe(0);
    const { steps } = JSON.parse(stdout) as { steps: { request: { operation: string; input: object } }[] };
    expect(steps.map(({ request }) => request.operation)).toEqual(['PutObject', 'StartJobRun']);
    expect(steps[1]?.request.input).toMatchObject({
      applicationId: ready.applicationId,
      name: 'gs-repartition',
      clientToken: 'once',
      jobDriver: {
        sparkSubmit: {
          entryPoint: account.url(script),
          entryPointArguments: ['--input-prefix', account.url('graph'), '--num-output-files', '4'],
          sparkSubmitParameters: expect.stringMatching(
            /--conf spark\.executor\.cores=8 .*--conf spark\.dynamicAllocation\.maxExecutors=1$/,
          ) as string,
        },
      },
    });
    expect(account.front.writes).toEqual([]);
  });

  it('uploads the driver, follows the job and verifies the graph; a graph that is not aligned is exit code 3', async () => {
    account.reset({ script: ['RUNNING', 'SUCCESS'] });
    const left = await command(submit('--wait'));
    expect(left.stdout).toMatch(/^The job \w+ succeeded, but the graph is not aligned \(/);
    expect(left.code).toBe(3);
    expect(await account.get(script)).toBe(
      readFileSync(join(repositoryRoot, 'spark', 'align_tasks.py'), 'utf8'),
    );

    account.reset({
      script: ['RUNNING', 'SUCCESS'],
      onRun: () => engine.align(account.url('graph')).then(() => undefined),
    });
    const done = await command(submit('--wait --json'));
    expect(JSON.parse(done.stdout)).toMatchObject({ status: 'succeeded', aligned: true });
    expect(done.code).toBe(0);
    // The script was there.
    expect(account.front.writes[0]).toBe('emr-serverless:StartJobRun');
  });

  it.each([
    '--updated-metadata-file-name other.json',
    '--updated_meta=other.json',
    '--metadata-file-name m.json',
    '--dry-run',
  ])('with --wait, a job with %s is refused: it leaves another document than is verified', async (words) => {
    const { code, stderr } = await command(submit(`--wait -- ${words}`));
    expect(stderr).toMatch(
      /^gs-repartition: a job with --(updated-metadata-file-name|metadata-file-name|dry-run) does not leave what --wait verifies\..*\n$/,
    );
    expect(code).toBe(2);
    expect(account.front.writes).toEqual([]);
  });

  it('a job that fails: its reason, exit code 4', async () => {
    account.reset({
      script: ['RUNNING'],
      onRun: () => Promise.resolve({ state: 'FAILED', details: 'Job failed, exit code 1' }),
    });
    const { code, stderr } = await command(submit('--wait'));
    expect(stderr).toMatch(/gs-repartition: the job \w+ ended as FAILED: Job failed, exit code 1\./);
    expect(code).toBe(4);
  });
});
