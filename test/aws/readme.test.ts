/** The README's chapter on the jobs upstream, block by block: from an empty account to an aligned graph, twice. */
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { REPOSITORY } from './account.js';
import { aws, engine } from './built.js';
import { Guide } from './guide.js';

const ROLE = 'gsprocessing-emr-serverless';
const OUTPUT = 's3://my-bucket/gsprocessing/emr-s/small-graph';

let guide: Guide;

beforeAll(async () => {
  guide = await Guide.open('README.md', '### From an AWS account to an aligned graph');
});
afterAll(() => guide.close());

/** All that the account holds. */
async function holdings(): Promise<Record<string, unknown>> {
  const { account } = guide;
  const session = new aws.AwsSession();
  const applications = await aws.listApplications(session);
  const jobs = await Promise.all(applications.map(({ id = '' }) => aws.listJobs(session, id)));
  await session.close();
  const { Roles = [] } = await account.iam.listRoles({});
  const policies = await Promise.all(
    Roles.map(async ({ RoleName }) => {
      const { PolicyNames = [] } = await account.iam.listRolePolicies({ RoleName });
      return Promise.all(
        PolicyNames.map(
          async (PolicyName) => (await account.iam.getRolePolicy({ RoleName, PolicyName })).PolicyDocument,
        ),
      );
    }),
  );
  const policy = await account.ecr.getRepositoryPolicy({ repositoryName: REPOSITORY }).catch(() => undefined);
  const { Contents = [] } = await account.s3.send(new ListObjectsV2Command({ Bucket: account.bucket }));
  return {
    roles: Roles.map(({ RoleId, RoleName, AssumeRolePolicyDocument }) => [
      RoleId,
      RoleName,
      AssumeRolePolicyDocument,
    ]),
    policies,
    applications: applications.map(({ id, name }) => [id, name]),
    repositoryPolicy: policy?.policyText,
    jobs: jobs.flatMap((some) => some.map(({ id }) => id)),
    objects: Contents.map(({ Key, ETag, LastModified }) => [Key, ETag, LastModified?.getTime()]),
  };
}

const walk = (): ReturnType<Guide['run']> => guide.run(0, 1, 2, 3);

it('from an empty account to an aligned movies graph', async () => {
  const { account } = guide;
  expect(await holdings()).toMatchObject({
    roles: [],
    policies: [],
    applications: [],
    repositoryPolicy: undefined,
    jobs: [],
    objects: [['gsprocessing-input/gconstruct-config.json', expect.anything(), expect.anything()]],
  });
  account.reset({ onRun: guide.writeGraph });

  const { code, stdout, stderr } = await walk();
  expect(code).toBe(0);
  expect(stdout).toMatch(
    new RegExp(
      `^Everything is set up\\.\n {2}role {9}arn:aws:iam::123456789012:role/${ROLE}\n {2}application {2}\\w+ \\(gsprocessing-0\\.2\\.2\\)\n.*\n` +
        'The job succeeded; its output was aligned here \\(the job left no updated_row_counts_metadata\\.json\\)\\.\n' +
        ` {2}metadata {2}${OUTPUT}/updated_row_counts_metadata\\.json\n` +
        'Ready for DistPartitioning: 14 types, ',
    ),
  );
  for (const state of ['PENDING', 'SCHEDULED', 'RUNNING', 'SUCCESS'])
    expect(stderr).toContain(`${state} after`);
  expect(stderr).toMatch(/dashboard: https:\/\/dashboard\.example\/\w+\n/);
  expect(account.front.writes.slice(0, 6)).toEqual([
    'iam:CreateRole',
    'iam:PutRolePolicy',
    'emr-serverless:CreateApplication',
    'ecr:SetRepositoryPolicy',
    's3:PutObject',
    'emr-serverless:StartJobRun',
  ]);
  expect(await engine.verify(OUTPUT)).toMatchObject({ ready: true, violations: [] });
}, 120_000);

it('the same blocks once more change nothing', async () => {
  const { account } = guide;
  const before = await holdings();
  expect(before).toMatchObject({
    roles: [[expect.anything(), ROLE, expect.anything()]],
    applications: [[expect.anything(), 'gsprocessing-0.2.2']],
    jobs: [expect.anything()],
  });
  account.reset({
    onRun: () => Promise.reject(new Error('a second job was started')),
  });

  const { code, stdout } = await walk();
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^Everything is set up already\.\n(.*\n){3}The job succeeded, and its output is aligned: it passes verification\.\n(.*\n)Ready for DistPartitioning: /,
  );
  // Only reads, and the job's start, whose token finds the job that there is.
  expect(account.front.writes).toEqual(['emr-serverless:StartJobRun']);
  expect(await holdings()).toEqual(before);
}, 120_000);

it('the alignment by itself: here, and on SageMaker', async () => {
  let asked: Record<string, unknown> = {};
  guide.account.reset({
    onProcessingJob: (request) => {
      asked = request;
      return Promise.resolve();
    },
  });
  const { code, stdout } = await guide.run(4);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /\nThe job gsprocessing-repartitioning-\d{4}(-\d\d){5} succeeded, and the graph is aligned: it passes verification\.\n$/,
  );
  expect(asked).toMatchObject({
    RoleArn: 'arn:aws:iam::123456789012:role/service-role/sagemaker-execution',
    AppSpecification: {
      ContainerEntrypoint: ['gs-repartition'],
      ContainerArguments: expect.arrayContaining(['--input-prefix', OUTPUT]) as string[],
    },
    ProcessingResources: {
      ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.t3.xlarge', VolumeSizeInGB: 30 },
    },
  });
}, 60_000);

it('every block of the chapter was run', () => {
  expect(guide.left).toEqual([]);
});
