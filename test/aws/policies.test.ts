import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bucketAccessPolicy,
  imageReaderPolicy,
  jobRuntimeTrustPolicy,
  mergeRepositoryPolicy,
  operatorPolicy,
  type PolicyDocument,
  repositoryPolicy,
  setupPolicies,
} from '../../src/aws/index.js';
import { samePolicy, trusts } from '../../src/aws/policies.js';
import { python } from '../support/paths.js';
import { ACCOUNT, IMAGE, REGION, REPOSITORY } from './account.js';

const APPLICATION = `arn:aws:emr-serverless:${REGION}:${ACCOUNT}:/applications/00abc`;
const REPOSITORY_ARN = `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${REPOSITORY}`;

/** The two policies of GraphStorm's guide to EMR Serverless, as they stand there. */
const GUIDE = {
  creator: {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'ECRRepositoryListGetPolicy',
        Effect: 'Allow',
        Action: ['ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage', 'ecr:DescribeImages'],
        Resource: '<ACCOUNT>.dkr.ecr.<REGION>.amazonaws.com/graphstorm-processing-emr-serverless',
      },
    ],
  },
  repository: {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Emr Serverless Custom Image Support',
        Effect: 'Allow',
        Principal: { Service: 'emr-serverless.amazonaws.com' },
        Action: ['ecr:BatchGetImage', 'ecr:DescribeImages', 'ecr:GetDownloadUrlForLayer'],
        Condition: {
          StringEquals: {
            'aws:SourceArn':
              'arn:aws:emr-serverless:<region>:<aws-account-id>:/applications/<application-id>',
          },
        },
      },
    ],
  },
};

describe('the policies of the guide', () => {
  it('the repository’s policy is the guide’s, word for word', () => {
    const arn = 'arn:aws:emr-serverless:<region>:<aws-account-id>:/applications/<application-id>';
    expect(repositoryPolicy(arn)).toEqual(GUIDE.repository);
  });

  it('the creator’s policy is the guide’s, but names the repository by its ARN', () => {
    expect(imageReaderPolicy(GUIDE.creator.Statement[0]!.Resource)).toEqual(GUIDE.creator);
    expect(imageReaderPolicy(REPOSITORY_ARN).Statement[0]?.Resource).toBe(
      'arn:aws:ecr:us-east-1:123456789012:repository/graphstorm-processing-emr-serverless',
    );
  });

  it('the job runtime role reaches the named bucket and nothing more', () => {
    const { Statement } = bucketAccessPolicy({ bucket: 'my-bucket' });
    expect(Statement.flatMap(({ Resource }) => Resource)).toEqual([
      'arn:aws:s3:::my-bucket',
      'arn:aws:s3:::my-bucket/*',
    ]);
    expect(Statement.flatMap(({ Action }) => Action).every((action) => action?.startsWith('s3:'))).toBe(true);
  });

  it('in China the ARNs are China’s', () => {
    const imageUri = `${ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn/${REPOSITORY}:0.2.2-arm64`;
    const text = JSON.stringify(setupPolicies({ bucket: 'my-bucket', imageUri }));
    expect(text).toContain('arn:aws-cn:s3:::my-bucket');
    expect(text).toContain(
      'arn:aws-cn:emr-serverless:cn-north-1:123456789012:/applications/<application-id>',
    );
    expect(text).not.toContain('arn:aws:');
  });
});

describe('merging into a repository policy', () => {
  const theirs = {
    Sid: 'theirs',
    Effect: 'Allow' as const,
    Principal: '*' as const,
    Action: 'ecr:BatchGetImage',
  };
  const other = APPLICATION.replace('00abc', '00other');
  const text = (...statements: unknown[]): string =>
    JSON.stringify({ Version: '2008-10-17', Statement: statements });

  it('none: the guide’s', () => {
    expect(mergeRepositoryPolicy(undefined, APPLICATION)).toEqual(repositoryPolicy(APPLICATION));
  });

  it('others’ statements stay as and where they are', () => {
    expect(mergeRepositoryPolicy(text(theirs), APPLICATION)).toEqual({
      Version: '2008-10-17',
      Statement: [theirs, repositoryPolicy(APPLICATION).Statement[0]],
    });
  });

  it('a single statement without a list is one too', () => {
    expect(mergeRepositoryPolicy(JSON.stringify({ Statement: theirs }), APPLICATION)?.Statement).toHaveLength(
      2,
    );
  });

  it('ours is there: nothing to do', () => {
    expect(
      mergeRepositoryPolicy(text(theirs, repositoryPolicy(APPLICATION).Statement[0]), APPLICATION),
    ).toBeUndefined();
  });

  it('ours for another application: this one joins it', () => {
    const merged = mergeRepositoryPolicy(text(repositoryPolicy(other).Statement[0], theirs), APPLICATION);
    expect(merged?.Statement).toHaveLength(2);
    expect(merged?.Statement[0]?.Condition).toEqual({
      StringEquals: { 'aws:SourceArn': [other, APPLICATION] },
    });
    expect(mergeRepositoryPolicy(JSON.stringify(merged), APPLICATION)).toBeUndefined();
    expect(mergeRepositoryPolicy(JSON.stringify(merged), other)).toBeUndefined();
  });

  it('our name on a statement that says something else: a second one under another name', () => {
    const taken = { ...theirs, Sid: 'Emr Serverless Custom Image Support' };
    expect(mergeRepositoryPolicy(text(taken), APPLICATION)?.Statement.map(({ Sid }) => Sid)).toEqual([
      'Emr Serverless Custom Image Support',
      'Emr Serverless Custom Image Support 00abc',
    ]);
  });

  it('a stricter condition is not loosened', () => {
    const [ours] = repositoryPolicy(other).Statement;
    const strict = {
      ...ours,
      Condition: { ...ours?.Condition, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    };
    const merged = mergeRepositoryPolicy(text(strict), APPLICATION);
    expect(merged?.Statement[0]).toEqual(strict);
    expect(merged?.Statement).toHaveLength(2);
  });

  it('something that is no policy is an error, and nothing is replaced', () => {
    expect(() => mergeRepositoryPolicy('[]', APPLICATION)).toThrow(
      "the repository's policy is not a policy document",
    );
    expect(() => mergeRepositoryPolicy('{"Sta', APPLICATION)).toThrow('is not a policy document');
  });
});

describe('comparing', () => {
  it('lists of one and their order make no difference', () => {
    const one: PolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['b', 'a'], Resource: 'x' }],
    };
    const two: PolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Resource: ['x'], Action: ['a', 'b'], Effect: 'Allow' }],
    };
    expect(samePolicy(one, two)).toBe(true);
    expect(samePolicy(one, { ...two, Statement: [{ ...two.Statement[0]!, Effect: 'Deny' }] })).toBe(false);
  });

  it('a role trusts a service that is one of several', () => {
    const trust = jobRuntimeTrustPolicy();
    trust.Statement[0]!.Principal = { Service: ['ec2.amazonaws.com', 'emr-serverless.amazonaws.com'] };
    expect(trusts(trust, 'emr-serverless.amazonaws.com')).toBe(true);
    trust.Statement[0]!.Effect = 'Deny';
    expect(trusts(trust, 'emr-serverless.amazonaws.com')).toBe(false);
  });
});

describe('as a linter sees them', () => {
  const kmsKeyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/k`;
  const operator = operatorPolicy({
    region: REGION,
    account: ACCOUNT,
    partition: 'aws',
    bucket: 'my-bucket',
    roleName: 'r',
    repositoryArn: REPOSITORY_ARN,
    kmsKeyArn,
  });
  /** A template is what cfn-lint reads; it knows the grammar of policies, and every action there is. */
  const template = (policies: { repository: unknown; creator: unknown }): unknown => ({
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: { AssumeRolePolicyDocument: jobRuntimeTrustPolicy() },
      },
      Access: managed(bucketAccessPolicy({ bucket: 'my-bucket', kmsKeyArn })),
      Operator: managed(operator),
      Creator: managed(policies.creator),
      Repository: { Type: 'AWS::ECR::Repository', Properties: { RepositoryPolicyText: policies.repository } },
    },
  });
  const managed = (PolicyDocument: unknown): unknown => ({
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: { PolicyDocument },
  });

  it('every document passes', () => {
    const merged = mergeRepositoryPolicy(
      JSON.stringify(repositoryPolicy(APPLICATION)),
      APPLICATION.replace('00abc', '00other'),
    );
    expect(lint(template({ repository: merged, creator: imageReaderPolicy(REPOSITORY_ARN) }))).toEqual([]);
    expect(
      lint(
        template({ repository: repositoryPolicy(APPLICATION), creator: imageReaderPolicy(REPOSITORY_ARN) }),
      ),
    ).toEqual([]);
  });

  it('and the linter does look: the registry address that the guide has for a resource does not', () => {
    const problems = lint(template({ repository: repositoryPolicy(APPLICATION), creator: GUIDE.creator }));
    expect(problems).toEqual([expect.stringContaining('Resources/Creator') as string]);
  });

  it('and an action that does not exist does not', () => {
    const [statement] = repositoryPolicy(APPLICATION).Statement;
    const repository = { Version: '2012-10-17', Statement: [{ ...statement, Action: ['ecr:PullImage'] }] };
    const problems = lint(template({ repository, creator: imageReaderPolicy(REPOSITORY_ARN) }));
    expect(problems).toEqual([expect.stringContaining('pullimage') as string]);
  });
});

/** cfn-lint's complaints, a line each. */
function lint(document: unknown): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  try {
    const file = join(folder, 'template.json');
    writeFileSync(file, JSON.stringify(document));
    const { stdout, stderr } = spawnSync(
      python,
      [
        '-c',
        'import sys; from cfnlint.runner import main; sys.exit(main())',
        '--format',
        'json',
        '--regions',
        REGION,
        '--',
        file,
      ],
      {
        encoding: 'utf8',
      },
    );
    if (stderr !== '') throw new Error(stderr);
    const found = JSON.parse(stdout) as { Location: { Path: string[] }; Message: string }[];
    return found.map(({ Location, Message }) => `${Location.Path.join('/')}: ${Message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('prints all policies for an administrator, and calls nothing for it', () => {
  expect(
    Object.keys(setupPolicies({ bucket: 'my-bucket', imageUri: IMAGE, applicationId: '00abc' })),
  ).toEqual([
    'jobRuntimeRoleTrust',
    'jobRuntimeRoleAccess',
    'applicationCreator',
    'imageRepository',
    'operator',
  ]);
});
