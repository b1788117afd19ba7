import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsSession, ProcessingJobOptions, ProcessingUpdate } from '../../src/aws/index.js';
import { processingJobName, processingJobRequest, volumeSize } from '../../src/aws/index.js';
import { parseLiteral, parseParameters } from '../../src/aws/python-literal.js';
import { Account, ACCOUNT, IMAGE, QUICK, REGION } from './account.js';
import { aws, engine } from './built.js';

const GIB = 1024 ** 3;
const NOW = new Date('2024-05-01T12:34:56.789Z');
const ROLE = `arn:aws:iam::${ACCOUNT}:role/service-role/sagemaker`;

describe('the job’s name', () => {
  it('is the name and the time', () => {
    expect(processingJobName('gsprocessing-repartitioning', NOW)).toBe(
      'gsprocessing-repartitioning-2024-05-01-12-34-56',
    );
  });
  it('is cut to 63 characters', () => {
    const name = processingJobName('a'.repeat(50), NOW);
    expect(name).toBe(`${'a'.repeat(43)}-2024-05-01-12-34-56`);
    expect(name).toHaveLength(63);
  });
  it.each(['under_score', '-first', 'a b', ''])('refuses %j', (name) => {
    expect(() => processingJobName(name, NOW)).toThrow(`not a name for a SageMaker job: "${name}"`);
  });
});

it.each([
  ['nothing', 0, 1024, undefined, 30],
  ['a small graph', 10 * GIB, 1024, undefined, 30],
  ['twice the input', 100 * GIB, 1024, undefined, 200],
  ['whole GB, rounded down', 100.9 * GIB, 1024, undefined, 200],
  ['at most the quota', 4000 * GIB, 1024, undefined, 1024],
  ['what is asked for', 100 * GIB, 1024, 50, 50],
  ['at least 30', 100 * GIB, 1024, 10, 30],
  ['at least 30, whatever the quota', 100 * GIB, 20, undefined, 30],
])('the volume for %s', (_name, bytes, quota, asked, expected) => {
  expect(volumeSize(bytes, quota, asked)).toBe(expected);
});

describe('the parameters of SageMaker’s Processor', () => {
  it.each([
    ["'a'", 'a'],
    ['"it\'s"', "it's"],
    ["'a\\'b'", "a'b"],
    ['12', 12],
    ['-1.5e3', -1500],
    ['1_000', 1000],
    ['True', true],
    ['None', null],
    ["['a','b',]", ['a', 'b']],
    ["('a',)", ['a']],
    ['[]', []],
    ["{'a':{'b':[1,2]}}", { a: { b: [1, 2] } }],
  ])('%s', (text, value) => {
    expect(parseLiteral(text)).toEqual(value);
  });
  it.each(['a', "'a", '[1', '1 2', '{1:2}', '', '[,]', '__import__("os")'])('%j is no literal', (text) => {
    expect(() => parseLiteral(text)).toThrow(`not a Python literal: ${text}`);
  });
  it('several, with spaces between them', () => {
    expect(parseParameters(" volume_size_in_gb=100  subnets=['a','b'] ", 'x')).toEqual({
      volume_size_in_gb: 100,
      subnets: ['a', 'b'],
    });
    expect(() => parseParameters('volume', 'x')).toThrow('`x`: "volume" is not key=value');
  });

  const request = (smProcessorParameters: string): unknown =>
    processingJobRequest(
      { s3InputPrefix: 's3://b/g/', role: ROLE, imageUri: IMAGE, smProcessorParameters },
      { roleArn: ROLE, inputBytes: 0, volumeQuota: 1024, now: NOW },
    );
  it('arrive in the request', () => {
    expect(
      request(
        "volume_size_in_gb=64 max_runtime_in_seconds=3600 env={'A':'b'} tags=[{'Key':'k','Value':'v'}] " +
          "subnets=['s-1'] security_group_ids=['sg-1'] volume_kms_key='key'",
      ),
    ).toMatchObject({
      ProcessingResources: { ClusterConfig: { VolumeSizeInGB: 64, VolumeKmsKeyId: 'key' } },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
      Environment: { A: 'b' },
      Tags: [{ Key: 'k', Value: 'v' }],
      NetworkConfig: { VpcConfig: { Subnets: ['s-1'], SecurityGroupIds: ['sg-1'] } },
    });
  });
  it.each([
    ['colour=1', '`smProcessorParameters` knows no colour'],
    ['constructor=1', '`smProcessorParameters` knows no constructor'],
    ["volume_size_in_gb='big'", '`smProcessorParameters`: a bad value for volume_size_in_gb: "big"'],
    ["subnets=['s']", '`smProcessorParameters`: a network needs subnets and security_group_ids'],
  ])('%s', (text, message) => {
    expect(() => request(text)).toThrow(message);
  });
});

it('the request is that of the reference’s launcher', () => {
  expect(
    processingJobRequest(
      { s3InputPrefix: 's3://bucket/graph/', role: ROLE, imageUri: IMAGE },
      { roleArn: ROLE, inputBytes: 100 * GIB, volumeQuota: 1024, now: NOW },
    ),
  ).toEqual({
    ProcessingJobName: 'gsprocessing-repartitioning-2024-05-01-12-34-56',
    RoleArn: ROLE,
    AppSpecification: {
      ImageUri: IMAGE,
      ContainerEntrypoint: ['gs-repartition'],
      ContainerArguments: [
        '--input-prefix',
        's3://bucket/graph',
        '--streaming-repartitioning',
        'False',
        '--input-metadata-file-name',
        'metadata.json',
        '--log-level',
        'INFO',
        '--updated-metadata-file-name',
        'updated_row_counts_metadata.json',
      ],
    },
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.r5.4xlarge', VolumeSizeInGB: 200 },
    },
  });
});

describe('on SageMaker', () => {
  let account: Account;
  let session: AwsSession;
  const call = { patience: QUICK, pollMs: 5 };

  beforeAll(async () => {
    account = await Account.open();
    await account.pushImage();
    session = new aws.AwsSession();
  });
  beforeEach(() => {
    account.reset();
    account.front.quotas.clear();
    account.front.quotas.set('ml.r5.4xlarge for processing job usage', 4);
    account.front.quotas.set('Size of EBS volume for a processing job instance', 500);
  });
  afterAll(async () => {
    await session.close();
    await account.close();
  });
  const asked = (more: Partial<ProcessingJobOptions> = {}): ProcessingJobOptions => ({
    s3InputPrefix: account.url('graph/'),
    role: ROLE,
    imageUri: IMAGE,
    ...more,
  });
  /** What the container does: the very arguments that the job was given, on the real engine. */
  const container = async (request: Record<string, unknown>): Promise<void> => {
    const { ContainerArguments } = request['AppSpecification'] as { ContainerArguments: string[] };
    await engine.align(ContainerArguments[1]!);
  };

  it('aligns a graph and shows the container’s log', async () => {
    await account.writeRatings('graph');
    account.front.options = { onProcessingJob: container };
    const { jobName } = await aws.submitProcessingJob(session, asked(), call);
    const logs = new CloudWatchLogs({ region: REGION });
    const stream = { logGroupName: '/aws/sagemaker/ProcessingJobs', logStreamName: `${jobName}/algo-1-123` };
    await logs.createLogGroup({ logGroupName: stream.logGroupName });
    await logs.createLogStream(stream);
    const events = ['one', 'two', 'three'].map((message, i) => ({ message, timestamp: Date.now() + i }));
    await logs.putLogEvents({ ...stream, logEvents: events });
    const updates: ProcessingUpdate[] = [];
    await aws.followProcessingJob(session, jobName, { ...call, onUpdate: (update) => updates.push(update) });
    expect(updates.map(({ status }) => status)).toEqual(['InProgress', 'InProgress', 'Completed']);
    expect(updates.flatMap(({ lines }) => lines)).toEqual(['one', 'two', 'three']);
    expect(await engine.verify(account.url('graph'))).toMatchObject({ ready: true });
  });

  it('a dry run starts nothing', async () => {
    const { steps } = await aws.submitProcessingJob(session, asked(), { dryRun: true, now: NOW });
    expect(account.front.writes).toEqual([]);
    expect(steps[0]?.title).toBe(
      'start the job gsprocessing-repartitioning-2024-05-01-12-34-56 on one ml.r5.4xlarge',
    );
  });

  it('starts one job when the answer is lost', async () => {
    account.front.faults.push({ call: /CreateProcessingJob/, times: 1, reply: 'cut-answer' });
    const { jobName } = await aws.submitProcessingJob(session, asked(), {
      ...call,
      now: new Date('2024-01-01'),
    });
    expect((await aws.followProcessingJob(session, jobName, call)).ProcessingJobStatus).toBe('Completed');
  });

  it.each([
    [
      'an image in another region',
      { imageUri: IMAGE.replace(REGION, 'eu-west-1') },
      'the image is in eu-west-1, the job would be in us-east-1',
    ],
    ['no such role', { role: 'nobody' }, 'no such role: nobody'],
    [
      'an instance type without a quota',
      { instanceType: 'ml.p4d.24xlarge' },
      'the account may use no ml.p4d.24xlarge for processing jobs',
    ],
    ['a prefix without metadata', { configFilename: 'other.json' }, /^no other\.json under s3:/],
  ])('%s', async (_name, more, message) => {
    account.front.quotas.set('ml.p4d.24xlarge for processing job usage', 0);
    await expect(aws.submitProcessingJob(session, asked(more), call)).rejects.toMatchObject({
      message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
    });
    expect(account.front.writes).toEqual([]);
  });

  it('without access to quotas it warns and goes on', async () => {
    account.front.faults.push({
      call: /ListServiceQuotas/,
      times: 1,
      reply: { status: 400, type: 'AccessDeniedException', message: 'no' },
    });
    const warnings: string[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (line: string) => warnings.push(line),
    };
    await aws.submitProcessingJob(session, asked({ jobName: 'no-quotas' }), { ...call, log });
    expect(warnings).toEqual([
      'the quotas are not known: access denied while reading quotas (AccessDeniedException: no)',
    ]);
  });

  it('a container that fails: one line with its reason and the way to its log', async () => {
    account.front.options = {
      onProcessingJob: () => Promise.reject(new Error('AlgorithmError: exit code 1')),
    };
    const { jobName } = await aws.submitProcessingJob(session, asked({ jobName: 'fails' }), call);
    await expect(aws.followProcessingJob(session, jobName, call)).rejects.toMatchObject({
      code: 'job',
      message: `the SageMaker job ${jobName} ended as Failed: AlgorithmError: exit code 1`,
      hint: expect.stringContaining('aws logs tail') as string,
    });
  });

  it('is the fallback of a job on EMR Serverless', async () => {
    await account.put('input/config.json', '{}');
    await account.put('entry.py', 'pass');
    account.front.options = {
      onRun: async () => {
        await account.remove('out/updated_row_counts_metadata.json');
        await account.writeRatings('out');
        return undefined;
      },
      onProcessingJob: container,
    };
    const { applicationId } = await aws.setupEmrServerless(
      session,
      { bucket: account.bucket, imageUri: IMAGE },
      call,
    );
    const { jobRunId } = await aws.submitJob(
      session,
      {
        applicationId,
        executionRole: 'gsprocessing-emr-serverless',
        entryPoint: account.url('entry.py'),
        inputPrefix: account.url('input'),
        outputPrefix: account.url('out'),
        configFilename: 'config.json',
      },
      call,
    );
    const job = await aws.followJob(session, { applicationId, jobRunId }, call);
    const outcome = await aws.finishJob(session, job, {
      ...call,
      engine,
      fallback: 'sagemaker',
      sagemaker: { role: ROLE, imageUri: IMAGE, jobName: 'fallback' },
    });
    expect(outcome).toMatchObject({
      alignedBy: 'sagemaker',
      sagemakerJobName: expect.stringMatching(/^fallback-/) as string,
    });
  });
});
