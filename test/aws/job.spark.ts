/** The walk with real Spark: starting the job runs the entry point with local PySpark, which writes to the S3 server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { Account, IMAGE } from './account.js';
import { aws, engine } from './built.js';
import type { JobRun } from './front.js';

const PYTHON = process.env['SPARK_PYTHON'];
if (PYTHON === undefined) throw new Error('run this with npm run test:spark');

let account: Account;
let folder: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gs-spark-'));
  account = await Account.open({ script: ['PENDING', 'SCHEDULED', 'RUNNING'], onRun: runSpark });
  await account.pushImage();
  const movies = join(repositoryRoot, 'node_modules', 'vega-datasets', 'data', 'movies.json');
  await account.put('gsprocessing-input/movies.json', readFileSync(movies));
  await account.put('gsprocessing-input/config.json', JSON.stringify({ movies: 'movies.json' }));
});
afterAll(async () => {
  for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  await account.close();
  rmSync(folder, { recursive: true });
});

/** What EMR Serverless does with a job, as far as it can be done here: fetch the entry point, run it, keep its log. */
async function runSpark(job: JobRun): Promise<{ state: string; details: string }> {
  const { sparkSubmit } = job.request['jobDriver'] as {
    sparkSubmit: { entryPoint: string; entryPointArguments: string[] };
  };
  const script = join(folder, `${job.jobRunId}.py`);
  writeFileSync(script, await account.get(sparkSubmit.entryPoint.replace(`s3://${account.bucket}/`, '')));
  const child = spawn(PYTHON!, [script, ...sparkSubmit.entryPointArguments], {
    // A group of its own, so that Spark's processes end with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let log = '';
  child.stdout.on('data', (text: Buffer) => (log += text.toString()));
  child.stderr.on('data', (text: Buffer) => (log += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  running.delete(child);
  const key = `logs/applications/${job.applicationId}/jobs/${job.jobRunId}/SPARK_DRIVER/stderr.gz`;
  await account.put(key, gzipSync(log));
  return code === 0
    ? { state: 'SUCCESS', details: '' }
    : { state: 'FAILED', details: `Job failed: the driver exited with ${code ?? 'a signal'}` };
}

async function runJob(configFilename: string): Promise<Awaited<ReturnType<typeof aws.followJob>>> {
  const session = new aws.AwsSession();
  const { applicationId } = await aws.setupEmrServerless(session, {
    bucket: account.bucket,
    imageUri: IMAGE,
  });
  const { jobRunId } = await aws.submitJob(session, {
    applicationId,
    executionRole: 'gsprocessing-emr-serverless',
    entryPoint: join(repositoryRoot, 'spark', 'distributed_executor.py'),
    inputPrefix: account.url('gsprocessing-input'),
    outputPrefix: account.url('gsprocessing/movies/'),
    configFilename,
    logUri: account.url('logs/'),
  });
  return aws.followJob(session, { applicationId, jobRunId }, { pollMs: 250 });
}

it('Spark writes a misaligned graph; the submitter sees success, finds no updated metadata, and aligns', async () => {
  const session = new aws.AwsSession();
  const job = await runJob('config.json');
  expect(job.state).toBe('SUCCESS');
  const prefix = account.url('gsprocessing/movies/');
  const written = JSON.parse(await account.get('gsprocessing/movies/metadata.json')) as {
    node_data: { movie: Record<'gross' | 'rating', { row_counts: number[] }> };
  };
  expect(written.node_data.movie.gross.row_counts).toHaveLength(4);
  expect(written.node_data.movie.rating.row_counts).toHaveLength(3);

  const outcome = await aws.finishJob(session, job, { engine });
  expect(outcome).toMatchObject({
    alignedBy: 'here',
    outputPrefix: prefix,
    reason: 'the job left no updated_row_counts_metadata.json',
  });
  expect((outcome as { summary: { types: { aligned: number } } }).summary.types.aligned).toBeGreaterThan(0);
  expect(await engine.verify(prefix)).toMatchObject({ ready: true, violations: [] });
  expect(await aws.finishJob(session, job, { engine })).toEqual({ alignedBy: 'job', outputPrefix: prefix });
});

it('Spark dies of a broken table; the driver’s last lines say so', async () => {
  await account.put('gsprocessing-input/broken.json', JSON.stringify({ movies: 'not-there.json' }));
  const session = new aws.AwsSession();
  const job = await runJob('broken.json');
  expect(job).toMatchObject({ state: 'FAILED', stateDetails: 'Job failed: the driver exited with 1' });
  const lines = await aws.driverErrorLines(session, job);
  expect(lines.at(-1)).toBe(
    'botocore.exceptions.ClientError: An error occurred (404) when calling the HeadObject operation: Not Found',
  );
});
