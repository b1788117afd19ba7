/** `gs-repartition partition`: the hand-over to GraphStorm's partitioning. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AwsSession,
  type PartitionCallOptions,
  type PartitionJob,
  partitionJobRequest,
  type PartitionOptions,
} from '../../src/aws/index.js';
import { partitionJobStem } from '../../src/aws/partition-plan.js';
import { Account, ACCOUNT, QUICK } from './account.js';
import { aws, engine } from './built.js';
import { command } from './cli.js';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/service-role/sagemaker`;
const IMAGE = `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/graphstorm:sagemaker-cpu`;
const QUOTA = 'ml.m5.12xlarge for processing job usage';
const asked: PartitionOptions = {
  inputPrefix: 's3a://bucket/graph/',
  outputPrefix: 's3://bucket/partitioned/',
  numParts: 2,
  role: ROLE,
  imageUri: IMAGE,
};

describe('the request', () => {
  const facts = {
    roleArn: ROLE,
    entryPointUrl: 's3://bucket/sagemaker-scripts/partition_entry.py',
    inputBytes: 100 * 1024 ** 3,
    volumeQuota: 1024,
    stem: 'gs-partition-nightly-0a1b2c3d',
    now: new Date('2024-05-01T12:34:56.789Z'),
  };

  it('is what the launcher and SageMaker’s ScriptProcessor make of the guide’s command, but for the disk', () => {
    expect(partitionJobRequest(asked, facts)).toEqual({
      ProcessingJobName: 'gs-partition-nightly-0a1b2c3d-2024-05-01-12-34-56',
      ProcessingInputs: [
        {
          InputName: 'code',
          AppManaged: false,
          S3Input: {
            S3Uri: 's3://bucket/sagemaker-scripts/partition_entry.py',
            LocalPath: '/opt/ml/processing/input/code',
            S3DataType: 'S3Prefix',
            S3InputMode: 'File',
            S3DataDistributionType: 'FullyReplicated',
            S3CompressionType: 'None',
          },
        },
      ],
      RoleArn: ROLE,
      AppSpecification: {
        ImageUri: IMAGE,
        ContainerEntrypoint: ['python3', '/opt/ml/processing/input/code/partition_entry.py'],
        ContainerArguments: [
          '--graph-data-s3',
          's3://bucket/graph',
          '--metadata-filename',
          'updated_row_counts_metadata.json',
          '--num-parts',
          '2',
          '--output-data-s3',
          's3://bucket/partitioned',
          '--skip-partitioning',
          'false',
          '--log-level',
          'INFO',
          '--partition-algorithm',
          'random',
        ],
      },
      ProcessingResources: {
        ClusterConfig: { InstanceCount: 2, InstanceType: 'ml.m5.12xlarge', VolumeSizeInGB: 200 },
      },
      Tags: [
        { Key: 'GraphStorm', Value: 'beta' },
        { Key: 'GraphStorm_Task', Value: 'Partition' },
      ],
    });
  });

  it('takes parameters of the processor, and tags beside the launcher’s', () => {
    const smEstimatorParameters = "volume_size_in_gb=64 tags=[{'Key':'team','Value':'graphs'}]";
    const request = partitionJobRequest({ ...asked, smEstimatorParameters }, facts);
    expect(request.ProcessingResources?.ClusterConfig?.VolumeSizeInGB).toBe(64);
    expect(request.Tags?.map(({ Key }) => Key)).toEqual(['GraphStorm', 'GraphStorm_Task', 'team']);
    expect(() => partitionJobRequest({ ...asked, smEstimatorParameters: 'colour=1' }, facts)).toThrow(
      '`smEstimatorParameters` knows no colour',
    );
  });

  it('jobs of one hand-over have one beginning of their names, whatever they run on', () => {
    const stem = partitionJobStem(asked, '"etag"');
    const onOther = {
      ...asked,
      inputPrefix: 's3://bucket/graph',
      instanceType: 'ml.r5.4xlarge',
      role: 'other',
    };
    expect(partitionJobStem(onOther, '"etag"')).toBe(stem);
    expect(partitionJobStem(asked, '"later"')).not.toBe(stem);
    expect(partitionJobStem({ ...asked, numParts: 3 }, '"etag"')).not.toBe(stem);
    const longest = { ...asked, taskName: 'a'.repeat(21) };
    const name = partitionJobRequest(longest, {
      ...facts,
      stem: partitionJobStem(longest, '1'),
    }).ProcessingJobName;
    expect(name).toMatch(/^gs-partition-a{21}-[0-9a-f]{8}-2024-05-01-12-34-56$/);
    expect(name).toHaveLength(63);
  });
});

describe('in an account', () => {
  let account: Account;
  let session: AwsSession;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gs-partition-'));
    writeFileSync(join(folder, 'partition_entry.py'), '# stands for GraphStorm’s\n');
    account = await Account.open();
    session = new aws.AwsSession();
    await account.writeRatings('raw');
    await account.writeRatings('graph');
    await engine.align(account.url('graph'));
  });
  beforeEach(() => {
    account.reset();
    account.front.quotas.clear();
    account.front.quotas.set(QUOTA, 4);
  });
  afterAll(async () => {
    await session.close();
    await account.close();
    rmSync(folder, { recursive: true });
  });

  const toPartition = (output: string, more: Partial<PartitionOptions> = {}): PartitionOptions => ({
    ...asked,
    inputPrefix: account.url('graph'),
    outputPrefix: account.url(output),
    entryPoint: join(folder, 'partition_entry.py'),
    ...more,
  });
  const call: PartitionCallOptions = {
    patience: QUICK,
    // As the command does it.
    verify: (prefix, names) => engine.verify(prefix, names),
  };
  const line = (output: string, more = ''): string =>
    `partition --input-prefix ${account.url('graph')} --output-prefix ${account.url(output)} --num-parts 2 ` +
    `--role ${ROLE} --image-uri ${IMAGE} --entry-point ${join(folder, 'partition_entry.py')} ${more}`.trim();
  const writeParts = (output: string, parts = 2): Promise<void> => account.writePartitions(output, parts);
  const follow = async (job: PartitionJob, options: PartitionOptions): Promise<void> => {
    await aws.followProcessingJob(session, job.jobName, { patience: QUICK, pollMs: 5 });
    await aws.checkPartitions(session, job.jobName, options);
  };

  it('a dry run prints the requests, and changes nothing', async () => {
    const { code, stdout, stderr } = await command(line('dry', '--instance-count 3 --dry-run'));
    expect(stderr).toContain('WARN: --num-parts 2 needs as many instances: --instance-count is not 3\n');
    expect(code).toBe(0);
    const { status, steps } = JSON.parse(stdout) as { status: string; steps: { request: object }[] };
    expect(status).toBe('planned');
    expect(steps.map(({ request }) => request)).toMatchObject([
      {
        operation: 'PutObject',
        input: { Bucket: account.bucket, Key: 'sagemaker-scripts/partition_entry.py' },
      },
      {
        operation: 'CreateProcessingJob',
        input: { ProcessingResources: { ClusterConfig: { InstanceCount: 2 } } },
      },
    ]);
    expect(account.front.writes).toEqual([]);

    const foreign = ROLE.replace(/\d{12}/, '999999999999');
    const other = await command(line('dry', '--dry-run').replace(ROLE, foreign));
    expect(other.stderr).toMatch(
      /^gs-repartition: the role \S+ is of account 999999999999, but we are in \d{12}\. /,
    );
    expect(other).toMatchObject({ code: 2, stdout: '' });
  });

  it('a command that it advises has the options that were typed', async () => {
    const way = `--endpoint-url ${account.front.endpoint} --max-attempts 3`;
    const raw = account.url('raw');
    const align = `gs-repartition --input-prefix ${raw} ${way}`;
    const asRaw = (more: string): string => line('advised', more).replace(account.url('graph'), raw);
    const never = await command(asRaw(way));
    expect(never.stderr).toContain(`. Align the graph first: ${align}.\n`);
    const named = await command(asRaw(`${way} --metadata-filename other.json`));
    expect(named.stderr).toContain(
      `. Align the graph first: ${align.replace(raw, `${raw} --updated-metadata-file-name other.json`)}.\n`,
    );
    const unfit = await command(asRaw(`${way} --metadata-filename metadata.json`));
    expect(unfit.stderr).toContain(`. Align it: ${align}.\n`);

    await writeParts('advised');
    const theirs = await command(line('advised', `${way} --wait`));
    const graph = account.url('advised/dist_graph');
    expect(theirs.stderr).toContain(
      `, or remove it: aws s3 rm --recursive ${graph} --endpoint-url ${account.front.endpoint}.\n`,
    );
    expect(account.front.writes).toEqual([]);
  });

  it('follows the job, looks at what it left, and starts it once', async () => {
    account.reset({ onProcessingJob: () => writeParts('out') });
    const first = await command(line('out', '--wait-for-job'));
    expect(first.stdout).toMatch(
      /^The graph is partitioned: the job gs-partition-[0-9a-f]{8}-\d{4}(-\d\d){5} has made it\.\n {2}graph {2}s3:.*\/out\/dist_graph\n$/,
    );
    expect(first.code).toBe(0);
    expect(account.front.writes).toEqual(['s3:PutObject', 'sagemaker:CreateProcessingJob']);

    account.reset();
    const second = await command(line('out', '--wait-for-job --instance-type ml.r5.4xlarge'));
    expect(second.stdout).toBe(first.stdout);
    expect(second.code).toBe(0);
    expect(account.front.writes).toEqual([]);
  });

  it('a job that succeeds and leaves too little: exit code 4', async () => {
    account.reset({ onProcessingJob: () => writeParts('little', 1) });
    const way = `--endpoint-url ${account.front.endpoint}`;
    const { code, stderr } = await command(line('little', `--wait ${way}`));
    expect(stderr).toMatch(
      /the job gs-partition-\S+ succeeded, but left 1 of 2 parts at s3:\S+\/little\/dist_graph\. Look at its log: aws logs tail \S+ /,
    );
    expect(stderr).toContain(` --region us-east-1 ${way}.\n`);
    expect(code).toBe(4);
  });

  it('joins a job that is at work on the same graph', async () => {
    const options = toPartition('joined');
    account.reset({ onProcessingJob: () => writeParts('joined') });
    const started = await aws.submitPartitionJob(session, options, call);
    expect(started).toMatchObject({ state: 'started', graph: account.url('joined/dist_graph') });
    const joined = await aws.submitPartitionJob(session, options, call);
    expect(joined).toMatchObject({ state: 'running', jobName: started.jobName, steps: [] });
    expect(account.front.writes.filter((one) => one.startsWith('sagemaker'))).toHaveLength(1);
    await follow(joined, options);
    expect(await aws.submitPartitionJob(session, options, call)).toMatchObject({ state: 'done', steps: [] });
  });

  it('starts another job when the last one failed, or when its graph is gone', async () => {
    const options = toPartition('again');
    account.reset({
      onProcessingJob: async () => {
        await writeParts('again', 1);
        throw new Error('AlgorithmError: exit code 1');
      },
    });
    const failed = await aws.submitPartitionJob(session, options, { ...call, now: new Date('2026-01-01') });
    await expect(follow(failed, options)).rejects.toMatchObject({ code: 'job' });

    account.reset({ onProcessingJob: () => writeParts('again') });
    const second = await aws.submitPartitionJob(session, options, { ...call, now: new Date('2026-01-02') });
    expect(second.state).toBe('started');
    await follow(second, options);
    await account.remove('again/dist_graph/metadata.json');
    const third = await aws.submitPartitionJob(session, options, { ...call, dryRun: true });
    expect(third.state).toBe('planned');
  });

  it.each<[string, Partial<PartitionOptions>, string | RegExp]>([
    [
      'a graph that was never aligned',
      { inputPrefix: 'raw' },
      /^no updated_row_counts_metadata\.json under s3:/,
    ],
    [
      'metadata of parts that are not aligned',
      { inputPrefix: 'raw', metadataFilename: 'metadata.json' },
      /^the graph is not ready for 2 parts: metadata\.json fails verification \(/,
    ],
    [
      'more parts than a type has rows',
      { numParts: 90, instanceType: 'ml.r5.4xlarge' },
      /^the graph is not ready for 90 parts: updated_row_counts_metadata\.json fails verification \(/,
    ],
    [
      'too few instances in the account',
      { instanceType: 'ml.t3.xlarge' },
      'the account may use 1 ml.t3.xlarge for processing jobs, and 2 are wanted',
    ],
    [
      'no script',
      { entryPoint: '/nowhere/partition_entry.py' },
      'cannot read the entry point /nowhere/partition_entry.py: there is no such file',
    ],
    [
      'an image elsewhere',
      { imageUri: IMAGE.replace('us-east-1', 'eu-west-1') },
      'the image is in eu-west-1, the job would be in us-east-1',
    ],
    ['too many parts', { numParts: 101 }, '`numParts` must be a whole number from 1 to 100, not 101'],
    ['a task’s name that is none', { taskName: 'under_score' }, 'not a name for a task: "under_score"'],
    [
      'an algorithm that SageMaker’s job does not know',
      { partitionAlgorithm: 'metis' },
      'GraphStorm partitions on SageMaker by the algorithm random, not metis',
    ],
    [
      'a partitioned graph of another hand-over',
      { outputPrefix: 'theirs' },
      /^there is another partitioned graph at s3:\S+\/theirs\/dist_graph already$/,
    ],
  ])('%s: nothing is started', async (_name, more, message) => {
    account.front.quotas.set('ml.t3.xlarge for processing job usage', 1);
    await writeParts('theirs');
    const options = toPartition('refused', more);
    for (const prefix of ['inputPrefix', 'outputPrefix'] as const) {
      if (more[prefix] !== undefined) options[prefix] = account.url(more[prefix]);
    }
    await expect(aws.submitPartitionJob(session, options, call)).rejects.toMatchObject({
      message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
    });
    expect(account.front.writes).toEqual([]);
  });

  it('in a bucket of another region: one line that says where to put the script', async () => {
    await account.makeBucket(`${account.bucket}-eu`, 'eu-west-1');
    const outputPrefix = `s3://${account.bucket}-eu/out`;
    await expect(
      aws.submitPartitionJob(session, toPartition('', { outputPrefix }), call),
    ).rejects.toMatchObject({
      message: `s3://${account.bucket}-eu is in eu-west-1, the job would be in us-east-1`,
      hint: 'Use a bucket in us-east-1, or give `entryPointUrl` one.',
    });
  });
});
