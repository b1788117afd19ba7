/** `gs-repartition sagemaker submit` as a process. */
import { type ChildProcess } from 'node:child_process';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Account, ACCOUNT, IMAGE, REGION } from './account.js';
import { engine } from './built.js';
import { command } from './cli.js';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/service-role/sagemaker`;
const LOG_GROUP = '/aws/sagemaker/ProcessingJobs';
const VOLUME = 'Size of EBS volume for a processing job instance';

let account: Account;

beforeAll(async () => {
  account = await Account.open();
  await account.writeRatings('graph');
});
beforeEach(() => {
  account.reset();
  account.front.quotas.clear();
  account.front.quotas.set('ml.r5.4xlarge for processing job usage', 1).set(VOLUME, 500);
});
afterAll(() => account.close());

const submit = (more = ''): string =>
  `sagemaker submit --s3-input-prefix ${account.url('graph')} --role ${ROLE} --image-uri ${IMAGE} ${more}`.trim();

it('follows the job with --wait-for-job and shows its log lines', async () => {
  const logs = new CloudWatchLogs({ region: REGION });
  account.reset({
    onProcessingJob: async (request) => {
      const stream = {
        logGroupName: LOG_GROUP,
        logStreamName: `${String(request['ProcessingJobName'])}/algo-1-123`,
      };
      await logs.createLogGroup({ logGroupName: LOG_GROUP });
      await logs.createLogStream(stream);
      await logs.putLogEvents({
        ...stream,
        logEvents: [{ message: 'making 8 parts', timestamp: Date.now() }],
      });
      await engine.align(account.url('graph'));
    },
  });
  const { code, stdout, stderr } = await command(submit('--wait-for-job --job-name movies'));
  expect(stderr).toContain('INFO: container: making 8 parts\n');
  expect(stderr).toContain('SageMaker: Completed after');
  expect(stdout).toMatch(
    /^The job movies-\d{4}(-\d\d){5} succeeded, and the graph is aligned: it passes verification\.\n$/,
  );
  expect(code).toBe(0);
  expect(await engine.verify(account.url('graph'))).toMatchObject({ ready: true });
});

it('a job that succeeds and leaves the graph as it was: exit code 3, and how to go on', async () => {
  await account.writeRatings('left');
  const left = submit('--wait-for-job --job-name idle').replace('/graph ', '/left ');
  const { code, stdout } = await command(left);
  expect(stdout).toMatch(
    /^The job idle-[\d-]+ succeeded, but the graph is not aligned \(updated_row_counts_metadata\.json fails verification \(no .*\)\)\.\n/,
  );
  expect(stdout).toContain(`\n  align it with: gs-repartition --input-prefix ${account.url('left')}\n`);
  expect(code).toBe(3);

  const asJson = await command(`${left} --json`);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ status: 'succeeded', aligned: false });
  expect(asJson.code).toBe(3);

  const named = `${left} --updated-metadata-file-name of_today.json --endpoint-url ${account.front.endpoint} --region us-east-1`;
  expect((await command(named)).stdout).toContain(
    `\n  align it with: gs-repartition --input-prefix ${account.url('left')} --updated-metadata-file-name of_today.json --endpoint-url ${account.front.endpoint}\n`,
  );
});

it('looks at the metadata by the name that the job was given', async () => {
  await account.writeRatings('named');
  account.reset({
    onProcessingJob: () => engine.align(account.url('named')).then(() => undefined),
  });
  const named = submit('--wait-for-job --job-name named --updated-metadata-file-name mine.json');
  const { code, stdout } = await command(named.replace('/graph ', '/named '));
  expect(stdout).toContain('(mine.json fails verification');
  expect(code).toBe(3);
});

it('--host-log-level is the level of its own log, --container-log-level that of the job', async () => {
  const told = await command(submit('--job-name told --dry-run'));
  expect(told.stderr).toContain('INFO: would start the job told-');
  const quiet = await command(
    submit('--job-name quiet --dry-run --host-log-level WARNING --container-log-level DEBUG'),
  );
  expect(quiet.stderr).toBe('');
  const args = (JSON.parse(quiet.stdout) as Planned).steps[0].request.input.AppSpecification
    .ContainerArguments;
  expect(args[args.indexOf('--log-level') + 1]).toBe('DEBUG');
  expect(account.front.writes).toEqual([]);
});

interface Planned {
  steps: [{ request: { input: { AppSpecification: { ContainerArguments: string[] } } } }];
}

it('warns of a volume that the account may not have', async () => {
  account.front.quotas.set(VOLUME, 40);
  const { code, stderr } = await command(
    submit('--job-name large --sm-processor-parameters volume_size_in_gb=100'),
  );
  expect(stderr).toContain('WARN: a volume of 100 GB is wanted; the account may have 40 GB\n');
  expect(stderr).toMatch(/INFO: the graph has 0\.\d{3} GB, the volume 40 GB\n/);
  expect(code).toBe(0);
});

it.each([
  [
    'leave',
    /the job slow-leave-[\d-]+ goes on; stop it with: aws sagemaker stop-processing-job --processing-job-name slow-leave-[\d-]+ --region us-east-1\n$/,
    [],
  ],
  ['cancel', /stopping the job slow-cancel-[\d-]+\n$/, ['sagemaker:StopProcessingJob']],
])('Ctrl-C with --on-interrupt %s', async (answer, told, stops) => {
  let sent = false;
  const { code, stderr } = await command(
    submit(`--wait-for-job --job-name slow-${answer} --on-interrupt ${answer}`),
    {
      watch: (text: string, child: ChildProcess) => {
        if (sent || !text.includes('SageMaker: InProgress')) return;
        sent = true;
        child.kill('SIGINT');
      },
    },
  );
  expect(stderr).toMatch(told);
  expect(code).toBe(130);
  expect(account.front.writes).toEqual(['sagemaker:CreateProcessingJob', ...stops]);
});

it('a container that fails: its reason, where its log is, exit code 4', async () => {
  account.reset({ onProcessingJob: () => Promise.reject(new Error('AlgorithmError: exit code 1')) });
  const { code, stdout, stderr } = await command(submit('--wait-for-job --job-name dies'));
  expect(stderr).toMatch(
    /gs-repartition: the SageMaker job dies-[\d-]+ ended as Failed: AlgorithmError: exit code 1\. Look further: aws logs tail \/aws\/sagemaker\/ProcessingJobs --log-stream-name-prefix dies-[\d-]+ --region us-east-1\.\n$/,
  );
  expect(stdout).toBe('');
  expect(code).toBe(4);
});

it('is where emr-serverless submit --fallback sagemaker has a graph aligned', async () => {
  await account.pushImage();
  await account.put('input/config.json', '{}');
  await account.put('entry.py', 'pass');
  const setup = await command(`emr-serverless setup --bucket ${account.bucket} --image-uri ${IMAGE}`);
  expect(setup.code).toBe(0);
  account.reset({
    script: ['RUNNING', 'SUCCESS'],
    onRun: async () => {
      await account.writeRatings('out');
      return undefined;
    },
    onProcessingJob: () => engine.align(account.url('out')).then(() => undefined),
  });
  const { code, stdout } = await command(
    'emr-serverless submit --application-name gsprocessing-0.2.2 --execution-role gsprocessing-emr-serverless ' +
      `--entry-point ${account.url('entry.py')} --input-prefix ${account.url('input')} --output-prefix ${account.url('out')} ` +
      `--config-filename config.json --wait --fallback sagemaker --sagemaker-role ${ROLE} --sagemaker-image-uri ${IMAGE}`,
  );
  expect(stdout).toMatch(
    /^The job succeeded; its output was aligned by the SageMaker job gsprocessing-repartitioning-[\d-]+ \(the job left no updated_row_counts_metadata\.json\)\.\n/,
  );
  expect(code).toBe(0);
  expect(await engine.verify(account.url('out'))).toMatchObject({ ready: true });
}, 60_000);
