import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AwsSession, setupEmrServerless as setup, type SetupOptions } from '../../src/aws/index.js';
import { Account, ACCOUNT, IMAGE, QUICK, REGION, REPOSITORY } from './account.js';

let account: Account;
let session: AwsSession;
const call = { patience: QUICK };

beforeAll(async () => {
  account = await Account.open();
  await account.pushImage();
  await account.pushImage(REPOSITORY, '0.2.2-arm64');
  session = new AwsSession();
});
beforeEach(() => account.reset());
afterAll(async () => {
  await session.close();
  await account.close();
});

const asked = (more: Partial<SetupOptions> = {}): SetupOptions => ({
  bucket: account.bucket,
  imageUri: IMAGE,
  ...more,
});

describe('setting up an empty account', () => {
  it('a dry run prints the requests and calls nothing that writes', async () => {
    const titles: string[] = [];
    const { steps, applicationId } = await setup(session, asked(), {
      dryRun: true,
      onStep: (s) => titles.push(s.title),
    });
    expect(account.front.writes).toEqual([]);
    expect(applicationId).toBe('<application-id>');
    expect(titles).toEqual([
      'make the role gsprocessing-emr-serverless, which EMR Serverless may take on',
      `give the role gsprocessing-emr-serverless access to s3://${account.bucket} and nothing more`,
      `make the application gsprocessing-0.2.2 with the image ${REPOSITORY}:0.2.2-x86_64`,
      `let the application gsprocessing-0.2.2 pull from the repository ${REPOSITORY}`,
    ]);
    expect(steps[2]?.request).toEqual({
      service: 'emr-serverless',
      operation: 'CreateApplication',
      input: {
        name: 'gsprocessing-0.2.2',
        type: 'SPARK',
        releaseLabel: 'emr-6.13.0',
        architecture: 'X86_64',
        imageConfiguration: { imageUri: IMAGE },
      },
    });
  });

  it('asks for network, capacity limits, auto-stop and architecture where they are given', async () => {
    const { steps } = await setup(
      session,
      asked({
        imageUri: IMAGE.replace('x86_64', 'arm64'),
        subnetIds: ['subnet-1', 'subnet-2'],
        securityGroupIds: ['sg-1'],
        maximumVcpu: 400,
        maximumMemoryGb: 1600,
        maximumDiskGb: 2000,
        autoStopMinutes: 5,
      }),
      { dryRun: true },
    );
    expect(steps.find(({ request }) => request.operation === 'CreateApplication')?.request.input).toEqual({
      name: 'gsprocessing-0.2.2',
      type: 'SPARK',
      releaseLabel: 'emr-6.13.0',
      architecture: 'ARM64',
      imageConfiguration: { imageUri: IMAGE.replace('x86_64', 'arm64') },
      networkConfiguration: { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'] },
      maximumCapacity: { cpu: '400 vCPU', memory: '1600 GB', disk: '2000 GB' },
      autoStopConfiguration: { enabled: true, idleTimeoutMinutes: 5 },
    });
  });

  it('a run that was cut short is finished by the next, and a third changes nothing', async () => {
    account.front.faults.push({
      call: /CreateApplication/,
      times: 1,
      reply: { status: 400, type: 'ValidationException', message: 'no such release' },
    });
    await expect(setup(session, asked(), call)).rejects.toMatchObject({
      code: 'aws',
      message: 'AWS refused making the application gsprocessing-0.2.2 (ValidationException: no such release)',
    });
    expect(account.front.writes).toEqual([
      'iam:CreateRole',
      'iam:PutRolePolicy',
      'emr-serverless:CreateApplication',
    ]);

    account.reset();
    const second = await setup(session, asked(), call);
    expect(account.front.writes).toEqual(['emr-serverless:CreateApplication', 'ecr:SetRepositoryPolicy']);
    expect(second.roleArn).toBe(`arn:aws:iam::${ACCOUNT}:role/gsprocessing-emr-serverless`);
    expect(second.applicationId).toMatch(/^[0-9a-z]{16}$/);

    account.reset();
    const third = await setup(session, asked(), call);
    expect(account.front.writes).toEqual([]);
    expect(third).toEqual({ ...second, steps: [] });
  });

  it('leaves role, application and repository policy as the guide has them', async () => {
    const { applicationId } = await setup(session, asked(), call);
    const { Role } = await account.iam.getRole({ RoleName: 'gsprocessing-emr-serverless' });
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toMatchObject({
      Statement: [
        { Effect: 'Allow', Principal: { Service: 'emr-serverless.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ],
    });
    const { policyText = '' } = await account.ecr.getRepositoryPolicy({ repositoryName: REPOSITORY });
    expect(JSON.parse(policyText)).toMatchObject({
      Statement: [
        {
          Condition: {
            StringEquals: {
              'aws:SourceArn': `arn:aws:emr-serverless:${REGION}:${ACCOUNT}:/applications/${applicationId}`,
            },
          },
        },
      ],
    });
  });

  it('tells the requests as they were sent, with the id of the application', async () => {
    await account.ecr.deleteRepositoryPolicy({ repositoryName: REPOSITORY }).catch(() => undefined);
    const told: string[] = [];
    const { applicationId, steps } = await setup(session, asked({ applicationName: 'told' }), {
      ...call,
      onStep: ({ request }) => told.push(JSON.stringify(request)),
    });
    expect(told).toEqual(steps.map(({ request }) => JSON.stringify(request)));
    const { policyText = '' } = await account.ecr.getRepositoryPolicy({ repositoryName: REPOSITORY });
    const policy = steps.map(({ request }) => request).find((one) => one.operation === 'SetRepositoryPolicy');
    expect(policyText).toContain(`/applications/${applicationId}`);
    expect(policy?.input.policyText).toBe(policyText);
  });

  it('makes one role when the answer to the first call is lost', async () => {
    account.front.faults.push({ call: /CreateRole/, times: 1, reply: 'cut-answer' });
    const { roleArn } = await setup(session, asked({ roleName: 'lost-answer' }), call);
    expect((await account.iam.getRole({ RoleName: 'lost-answer' })).Role?.Arn).toBe(roleArn);
  });

  it('makes one application when the answer to the first call is lost', async () => {
    account.front.faults.push({ call: /CreateApplication/, times: 1, reply: 'cut-answer' });
    const { applicationId } = await setup(session, asked({ applicationName: 'lost-answer' }), call);
    const again = await setup(session, asked({ applicationName: 'lost-answer' }), call);
    expect(again.applicationId).toBe(applicationId);
  });

  it('adds to a repository policy that already exists without losing its statements', async () => {
    await account.pushImage('shared', '0.2.2-x86_64');
    const theirs = {
      Version: '2008-10-17',
      Statement: [{ Sid: 'theirs', Effect: 'Allow', Principal: '*', Action: ['ecr:BatchGetImage'] }],
    };
    await account.ecr.setRepositoryPolicy({ repositoryName: 'shared', policyText: JSON.stringify(theirs) });
    const imageUri = IMAGE.replace(REPOSITORY, 'shared');
    const one = await setup(session, asked({ imageUri, applicationName: 'one' }), call);
    const two = await setup(session, asked({ imageUri, applicationName: 'two' }), call);
    const { policyText = '' } = await account.ecr.getRepositoryPolicy({ repositoryName: 'shared' });
    expect(JSON.parse(policyText)).toMatchObject({
      Version: '2008-10-17',
      Statement: [
        theirs.Statement[0],
        { Condition: { StringEquals: { 'aws:SourceArn': [one.applicationArn, two.applicationArn] } } },
      ],
    });
  });

  it('waits for an application that is still being made', async () => {
    account.reset({ applicationStates: ['CREATING', 'CREATING', 'CREATED'] });
    await setup(session, asked({ applicationName: 'slow' }), call);
    expect(account.front.calls.filter((one) => one === 'emr-serverless:GetApplication')).toHaveLength(3);
  });

  it('says so when the service gives an application up', async () => {
    account.reset({ applicationStates: ['CREATING', 'TERMINATED'] });
    await expect(setup(session, asked({ applicationName: 'given-up' }), call)).rejects.toMatchObject({
      message: expect.stringMatching(/^the application \w+ was not made: gone$/) as string,
    });
  });
});

describe('a set-up that something is in the way of', () => {
  it('no credentials', async () => {
    const { AWS_ACCESS_KEY_ID } = process.env;
    delete process.env['AWS_ACCESS_KEY_ID'];
    try {
      await expect(setup(new AwsSession(), asked())).rejects.toMatchObject({
        code: 'access',
        message: expect.stringContaining('no credentials while asking who we are: ') as string,
        hint: expect.stringContaining('`profile`') as string,
      });
    } finally {
      process.env['AWS_ACCESS_KEY_ID'] = AWS_ACCESS_KEY_ID;
    }
  });

  it('no region', async () => {
    const { AWS_REGION } = process.env;
    delete process.env['AWS_REGION'];
    try {
      await expect(setup(new AwsSession(), asked())).rejects.toMatchObject({
        code: 'usage',
        message: 'no AWS region is set',
      });
    } finally {
      process.env['AWS_REGION'] = AWS_REGION;
    }
  });

  it('access denied, with who is denied what', async () => {
    account.front.faults.push({
      call: /CreateRole/,
      times: 1,
      reply: {
        status: 403,
        type: 'AccessDenied',
        message: 'User: u is not authorized to perform: iam:CreateRole.',
      },
    });
    await expect(setup(session, asked({ roleName: 'denied' }), call)).rejects.toMatchObject({
      code: 'access',
      message:
        'access denied while making the role denied (AccessDenied: User: u is not authorized to perform: iam:CreateRole)',
      hint: expect.stringContaining('`setupPolicies`') as string,
    });
  });

  it.each([
    {
      name: 'an image in another region',
      more: { imageUri: IMAGE.replace(REGION, 'eu-west-1') },
      message: 'the image is in eu-west-1, the application would be in us-east-1',
    },
    {
      name: 'an image that was not pushed',
      more: { imageUri: IMAGE.replace('0.2.2', '0.4.0') },
      message: `no such image: ${IMAGE.replace('0.2.2', '0.4.0')}`,
    },
    {
      name: 'a repository that does not exist',
      more: { imageUri: IMAGE.replace(REPOSITORY, 'nowhere') },
      message: `no such image: ${IMAGE.replace(REPOSITORY, 'nowhere')}`,
    },
    {
      name: 'an image without a tag',
      more: { imageUri: IMAGE.replace(/:.*/, '') },
      message: `the image has no tag: ${IMAGE.replace(/:.*/, '')}`,
    },
    {
      name: 'a directory bucket',
      more: { bucket: 's3a://papers--use1-az4--x-s3/graph' },
      message:
        'papers--use1-az4--x-s3 is a directory bucket of S3 Express One Zone, not the name of a bucket',
    },
    {
      name: 'a public image',
      more: { imageUri: 'public.ecr.aws/emr-serverless/spark/emr-6.13.0:latest' },
      message:
        'not an image of a private ECR registry: public.ecr.aws/emr-serverless/spark/emr-6.13.0:latest',
    },
    {
      name: 'an architecture that is not the image’s',
      more: { architecture: 'ARM64' as const },
      message: `\`architecture\` ARM64 does not fit the image ${REPOSITORY}:0.2.2-x86_64`,
    },
    {
      name: 'a role that does not exist',
      more: { roleArn: `arn:aws:iam::${ACCOUNT}:role/none` },
      message: `no such role: arn:aws:iam::${ACCOUNT}:role/none`,
    },
    {
      name: 'half a network',
      more: { subnetIds: ['subnet-1'] },
      message: 'a network needs subnets and security groups',
    },
    {
      name: 'half a limit',
      more: { maximumVcpu: 16 },
      message: 'a capacity limit needs vCPUs and memory',
    },
  ])('$name', async ({ more, message }) => {
    await expect(setup(session, asked(more), call)).rejects.toMatchObject({ message });
    expect(account.front.writes).toEqual([]);
  });

  it('a bucket in another region', async () => {
    await account.makeBucket('bucket-far-away', 'eu-west-1');
    await expect(setup(session, asked({ bucket: 'bucket-far-away' }), call)).rejects.toMatchObject({
      code: 'usage',
      message: 's3://bucket-far-away is in eu-west-1, the application would be in us-east-1',
    });
    expect(account.front.writes).toEqual([]);
  });

  it('a bucket that does not exist', async () => {
    await expect(setup(session, asked({ bucket: 'bucket-nowhere' }), call)).rejects.toMatchObject({
      code: 'not-found',
      message: 'no such bucket: s3://bucket-nowhere',
    });
  });

  it('a role of that name that trusts another service', async () => {
    await account.iam.createRole({
      RoleName: 'of-lambda',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ],
      }),
    });
    await expect(setup(session, asked({ roleName: 'of-lambda' }), call)).rejects.toMatchObject({
      message: 'the role of-lambda exists, but does not trust emr-serverless.amazonaws.com',
      hint: expect.stringContaining('"Service":"emr-serverless.amazonaws.com"') as string,
    });
  });

  it('an application of that name with another configuration, shown as a difference', async () => {
    const { applicationId } = await setup(
      session,
      asked({ applicationName: 'taken', maximumVcpu: 16, maximumMemoryGb: 64 }),
      call,
    );
    account.reset();
    await expect(
      setup(
        session,
        asked({
          applicationName: 'taken',
          releaseLabel: 'emr-7.0.0',
          maximumVcpu: 32,
          maximumMemoryGb: 64,
          autoStopMinutes: 5,
        }),
        call,
      ),
    ).rejects.toMatchObject({
      code: 'aws',
      message:
        `the application taken exists in us-east-1 with another configuration (${applicationId}: ` +
        'releaseLabel is emr-6.13.0 instead of emr-7.0.0, maximumCapacity cpu is 16 vCPU instead of 32 vCPU, ' +
        'auto-stop minutes is 15 instead of 5)',
    });
    expect(account.front.writes).toEqual([]);
  });

  it('an application of that name that was terminated is not in the way', async () => {
    const { applicationId } = await setup(session, asked({ applicationName: 'ended' }), call);
    account.front.overrides.set(applicationId, { state: 'TERMINATED' });
    const again = await setup(session, asked({ applicationName: 'ended' }), call);
    expect(again.applicationId).not.toBe(applicationId);
  });

  it('a release label that does not fit the image is a warning', async () => {
    const { warnings } = await setup(session, asked({ applicationName: 'odd', releaseLabel: 'emr-7.0.0' }), {
      ...call,
      dryRun: true,
    });
    expect(warnings).toEqual([
      'GSProcessing 0.2.2 is built on emr-6.13.0, which does not fit the release label emr-7.0.0',
    ]);
  });
});
