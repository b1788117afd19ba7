/** The walk with real Spark: starting the job runs the entry point with local PySpark, which writes to the S3 server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { Account, IMAGE } from './account.js';
import { engine } from './built.js';
import { command, MAIN, type Ran } from './cli.js';
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
const endAll = (): void => {
  for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  running.clear();
};
process.once('exit', endAll);
afterAll(async () => {
  endAll();
  await account.close();
  rmSync(folder, { recursive: true });
});

/** What EMR Serverless does with a job, as far as it can be done here: fetch the entry point, run it, keep its log. */
async function runSpark(job: JobRun): Promise<{ state: string; details: string }> {
  const { sparkSubmit } = job.request['jobDriver'] as {
    sparkSubmit: { entryPoint: string; entryPointArguments: string[]; sparkSubmitParameters?: string };
  };
  // Executors find the command on their PATH, as in the image.
  const command = `spark.gsRepartition.command=${process.execPath} ${MAIN}`;
  const local = ['--master', 'local[2]', '--conf', `'${command}'`, '--conf', 'spark.ui.enabled=false'];
  const script = join(folder, `${job.jobRunId}.py`);
  writeFileSync(script, await account.get(sparkSubmit.entryPoint.replace(`s3://${account.bucket}/`, '')));
  const child = spawn(PYTHON!, [script, ...sparkSubmit.entryPointArguments], {
    env: { ...process.env, PYSPARK_SUBMIT_ARGS: [...local, 'pyspark-shell'].join(' ') },
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

/** Sets up the account if need be and submits the job, as a person does. */
async function submit(configFilename: string): Promise<Ran> {
  const setup = await command(`emr-serverless setup --bucket ${account.bucket} --image-uri ${IMAGE}`);
  expect(setup.code).toBe(0);
  return command(
    'emr-serverless submit --wait --application-name gsprocessing-0.2.2 --execution-role gsprocessing-emr-serverless ' +
      `--entry-point ${join(repositoryRoot, 'spark', 'distributed_executor.py')} ` +
      `--input-prefix ${account.url('gsprocessing-input')} --output-prefix ${account.url('gsprocessing/movies/')} ` +
      `--config-filename ${configFilename} --log-uri ${account.url('logs/')}`,
  );
}

it('Spark writes a misaligned graph; the submitter sees success, finds no updated metadata, and aligns', async () => {
  const { code, stdout, stderr } = await submit('config.json');
  const prefix = account.url('gsprocessing/movies');
  expect(stderr).toContain('SUCCESS after');
  expect(stdout).toBe(
    'The job succeeded; its output was aligned here (the job left no updated_row_counts_metadata.json).\n' +
      `  metadata  ${prefix}/updated_row_counts_metadata.json\n`,
  );
  expect(code).toBe(0);
  // What Spark left was misaligned indeed.
  const written = JSON.parse(await account.get('gsprocessing/movies/metadata.json')) as {
    node_data: { movie: Record<'gross' | 'rating', { row_counts: number[] }> };
  };
  expect(written.node_data.movie.gross.row_counts).toHaveLength(4);
  expect(written.node_data.movie.rating.row_counts).toHaveLength(3);
  expect(await engine.verify(prefix)).toMatchObject({ ready: true, violations: [] });

  const [job] = [...account.front.jobs.values()];
  const again = await command(
    `emr-serverless status --wait --application-id ${job?.applicationId ?? ''} --job-run-id ${job?.jobRunId ?? ''}`,
  );
  expect(again.stdout).toContain('The job succeeded, and its output is aligned: it passes verification.');
});

it('Spark dies of a broken table; the driver’s last lines say so', async () => {
  await account.put('gsprocessing-input/broken.json', JSON.stringify({ movies: 'not-there.json' }));
  const { code, stderr } = await submit('broken.json');
  expect(code).toBe(4);
  expect(stderr).toContain(
    'driver: botocore.exceptions.ClientError: An error occurred (404) when calling the HeadObject operation: Not Found',
  );
  expect(stderr).toMatch(
    /gs-repartition: the job \w+ ended as FAILED: Job failed: the driver exited with 1\. Correct the cause and submit it again\.\n$/,
  );
});

it('aligns a graph in a job of its own, as large as the plan asks for', async () => {
  await account.writeRatings('graph');
  const { code, stdout, stderr } = await command(
    'emr-serverless submit-alignment --wait --application-name gsprocessing-0.2.2 ' +
      `--execution-role gsprocessing-emr-serverless --input-prefix ${account.url('graph')} --log-uri ${account.url('logs/')}`,
  );
  expect(stderr).toContain('upload the entry point to');
  expect(stdout).toMatch(/^The job \w+ succeeded, and the graph is aligned: it passes verification\.\n$/);
  expect(code).toBe(0);
  const job = [...account.front.jobs.values()].at(-1)!;
  expect(job.request['jobDriver']).toMatchObject({
    sparkSubmit: {
      entryPoint: account.url('emr-serverless-scripts/align_tasks.py'),
      entryPointArguments: ['--input-prefix', account.url('graph')],
      sparkSubmitParameters: expect.stringContaining(
        '--conf spark.dynamicAllocation.maxExecutors=1',
      ) as string,
    },
  });
  const logs = `logs/applications/${job.applicationId}/jobs/${job.jobRunId}/SPARK_DRIVER/stderr.gz`;
  expect(await account.get(logs)).not.toBe('');
});

it('aligns in a job of its own what a job has left misaligned', async () => {
  const { code, stdout } = await submit('config.json --fallback emr-serverless');
  expect(stdout).toMatch(
    /^The job succeeded; its output was aligned by the job \w+ \(updated_row_counts_metadata\.json is a leftover of \S+, older than the job\)\.\n/,
  );
  expect(code).toBe(0);
  expect(await engine.verify(account.url('gsprocessing/movies'))).toMatchObject({ ready: true });
});
