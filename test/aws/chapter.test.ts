/** Runs the page on EMR Serverless, block by block, from an empty account. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, Account, IMAGE, REPOSITORY } from './account.js';
import { aws, engine } from './built.js';
import { Guide } from './guide.js';
import { permissionsOf } from './permissions.js';

const OUTPUT = 'gsprocessing/emr-s/small-graph';

let guide: Guide;
let account: Account;

beforeAll(async () => {
  guide = await Guide.open('docs/emr-serverless.md', undefined, { withTools: true });
  ({ account } = guide);
});
afterAll(() => guide.close());

it('the names, and the image', async () => {
  account.reset();
  const { code, stdout } = await guide.run(0, 1);
  expect(stdout).toBe(
    `The image ${REPOSITORY}:0.2.2-x86_64 is built.\nThe image is in ECR.\n  image   ${IMAGE}\n` +
      `  digest  ${/sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? ''}\n`,
  );
  expect(code).toBe(0);
  expect(account.front.writes).toEqual(['ecr:CreateRepository', 'ecr:PutImage', 'ecr:PutImage']);
});

it('a dry run of the set-up that changes nothing', async () => {
  account.reset();
  const { code, stdout } = await guide.run(2);
  expect(code).toBe(0);
  const { steps } = JSON.parse(stdout) as { steps: { request: { operation: string } }[] };
  expect(steps.map(({ request }) => request.operation)).toEqual([
    'CreateRole',
    'PutRolePolicy',
    'CreateApplication',
    'SetRepositoryPolicy',
  ]);
  expect(account.front.writes).toEqual([]);
});

it('the set-up, and again', async () => {
  account.reset();
  const { code, stdout } = await guide.run(3, 4);
  expect(code).toBe(0);
  expect(account.front.writes).toEqual([
    'iam:CreateRole',
    'iam:PutRolePolicy',
    'emr-serverless:CreateApplication',
    'ecr:SetRepositoryPolicy',
  ]);
  expect(stdout).toMatch(
    /^Everything is set up already\.\n {2}role {9}arn:aws:iam::123456789012:role\/gsprocessing-emr-serverless\n {2}application {2}\w+ \(gsprocessing-0\.2\.2\)\n/,
  );
});

it('the policies for an administrator', async () => {
  account.reset();
  const { code, stdout } = await guide.run(5);
  expect(code).toBe(0);
  expect(account.front.calls).toEqual([]);
  const policies = JSON.parse(stdout) as Record<string, unknown>;
  const [application] = await aws.listApplications(new aws.AwsSession());
  // The two that GraphStorm's guide has, word for word but for the names in <> and the form of the repository's.
  expect(policies['applicationCreator']).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'ECRRepositoryListGetPolicy',
        Effect: 'Allow',
        Action: ['ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage', 'ecr:DescribeImages'],
        Resource: `arn:aws:ecr:us-east-1:123456789012:repository/${REPOSITORY}`,
      },
    ],
  });
  expect(policies['imageRepository']).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Emr Serverless Custom Image Support',
        Effect: 'Allow',
        Principal: { Service: 'emr-serverless.amazonaws.com' },
        Action: ['ecr:BatchGetImage', 'ecr:DescribeImages', 'ecr:GetDownloadUrlForLayer'],
        Condition: {
          StringEquals: {
            'aws:SourceArn': `arn:aws:emr-serverless:us-east-1:123456789012:/applications/${application?.id ?? ''}`,
          },
        },
      },
    ],
  });
  expect(Object.keys(policies)).toEqual([
    'document',
    'version',
    'jobRuntimeRoleTrust',
    'jobRuntimeRoleAccess',
    'applicationCreator',
    'imageRepository',
    'operator',
  ]);
});

it('a job that leaves the movies graph misaligned, and is aligned here', async () => {
  account.reset({
    script: ['RUNNING', 'SUCCESS'],
    onRun: guide.writeGraph,
  });
  const { code, stdout, stderr } = await guide.run(6);
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
  expect(account.front.writes.slice(0, 2)).toEqual(['s3:PutObject', 'emr-serverless:StartJobRun']);
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
  const { code, stdout } = await guide.run(7);
  expect(code).toBe(0);
  expect(stdout).toContain('The job succeeded, and its output is aligned: it passes verification.');
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
  const { code, stdout } = await guide.run(8);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^The job \w+ is CANCELLED\.\n$/);
}, 60_000);

it('alignment by hand', async () => {
  account.reset();
  const { code, stdout } = await guide.run(9);
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
  const { code, stdout } = await guide.run(10);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^The job gsprocessing-repartitioning-\d{4}(-\d\d){5} succeeded, and the graph is aligned: it passes verification\.\n$/,
  );
  expect(asked).toMatchObject({
    RoleArn: 'arn:aws:iam::123456789012:role/service-role/sagemaker-execution',
    ProcessingResources: { ClusterConfig: { InstanceType: 'ml.t3.xlarge', VolumeSizeInGB: 30 } },
  });
}, 60_000);

it('the hand-over to partitioning', async () => {
  let asked: Record<string, unknown> = {};
  account.reset({
    onProcessingJob: async (request) => {
      asked = request;
      await account.writePartitions('partitioned/small-graph', 2);
    },
  });
  const { code, stdout } = await guide.run(11);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^The graph is partitioned: the job gs-partition-\S+ has made it\.\n {2}graph {2}s3:\/\/my-bucket\/partitioned\/small-graph\/dist_graph\n$/,
  );
  expect(asked).toMatchObject({
    RoleArn: 'arn:aws:iam::123456789012:role/service-role/sagemaker-execution',
    ProcessingResources: { ClusterConfig: { InstanceType: 'ml.t3.xlarge', InstanceCount: 2 } },
  });
}, 60_000);

it('the same from a program, whose types are right', async () => {
  account.reset({ script: ['RUNNING', 'SUCCESS'], onRun: guide.writeGraph });
  const { code, stdout, stderr } = await guide.runTypeScript(12);
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    /^(RUNNING after [\d.]+ s\n)+SUCCESS after [\d.]+ s\ns3:\/\/my-bucket\/gsprocessing\/from-a-program is aligned \(here\)\n$/,
  );
  expect(code).toBe(0);
  expect(await engine.verify('s3://my-bucket/gsprocessing/from-a-program')).toMatchObject({ ready: true });
}, 120_000);

it('every block of the page was run', () => {
  expect(guide.left).toEqual([]);
});

describe('the policies for an administrator', () => {
  const SAGEMAKER_ROLE = `arn:aws:iam::${ACCOUNT}:role/service-role/sagemaker-execution`;
  const policies = (more: object = {}) =>
    aws.setupPolicies({ bucket: 'my-bucket', imageUri: IMAGE, ...more }).operator.Statement;

  it('give every permission that the commands of the page need', () => {
    const sent = [...account.front.kinds].flatMap(permissionsOf);
    for (const call of ['emr-serverless:CancelJobRun', 'sagemaker:CreateProcessingJob', 's3:DeleteObject']) {
      expect(sent).toContain(call);
    }
    const given = new Set(policies().flatMap(({ Action = [] }) => Action));
    expect([...new Set(sent)].filter((call) => !given.has(call))).toEqual([]);
  });

  it('give no permission that they do not, but those of the job and of failures', () => {
    const sent = new Set([...account.front.kinds].flatMap(permissionsOf));
    const given = policies().flatMap(({ Action = [] }) => Action);
    expect(given.filter((action) => !sent.has(action)).sort()).toEqual([
      // Of the commands that start by themselves, and of the failures that the page does not show.
      'ecr-public:GetAuthorizationToken',
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:BatchGetImage',
      'ecr:BatchGetImage',
      'ecr:CompleteLayerUpload',
      'ecr:GetDownloadUrlForLayer',
      'ecr:GetDownloadUrlForLayer',
      'ecr:GetDownloadUrlForLayer',
      'ecr:InitiateLayerUpload',
      'ecr:UploadLayerPart',
      'emr-serverless:StartApplication',
      'emr-serverless:TagResource',
      'iam:CreateServiceLinkedRole',
      'iam:PassRole',
      'iam:PassRole',
      'iam:TagRole',
      'logs:GetLogEvents',
      's3:AbortMultipartUpload',
      's3:GetBucketLocation',
      's3:ListMultipartUploadParts',
      'sagemaker:AddTags',
      'sagemaker:StopProcessingJob',
      'sts:GetServiceBearerToken',
    ]);
  });

  it('let jobs have the roles that the page gives them', () => {
    const isPassed = (role: string, service: string, statements = policies()): boolean =>
      statements.some(
        ({ Action, Resource, Condition }) =>
          [Action].flat().includes('iam:PassRole') &&
          [Resource].flat().some((arn = '') => new RegExp(`^${arn.replaceAll('*', '.*')}$`).test(role)) &&
          Condition?.['StringEquals']?.['iam:PassedToService'] === service,
      );
    expect(
      isPassed(`arn:aws:iam::${ACCOUNT}:role/gsprocessing-emr-serverless`, 'emr-serverless.amazonaws.com'),
    ).toBe(true);
    expect(isPassed(SAGEMAKER_ROLE, 'sagemaker.amazonaws.com')).toBe(true);
    expect(isPassed(SAGEMAKER_ROLE, 'emr-serverless.amazonaws.com')).toBe(false);
    const other = policies({ sagemakerRoleArn: `${SAGEMAKER_ROLE}-2` });
    expect(isPassed(SAGEMAKER_ROLE, 'sagemaker.amazonaws.com', other)).toBe(false);
    expect(isPassed(`${SAGEMAKER_ROLE}-2`, 'sagemaker.amazonaws.com', other)).toBe(true);
  });
});
