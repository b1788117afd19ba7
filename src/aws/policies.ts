/**
 * Every policy that the way from an account to an aligned graph needs, as data: who may run the job, where the job may
 * reach, who may pull the image.
 *
 * Sources: GraphStorm's guide to EMR Serverless (the repository's policy and the one of who creates applications), and
 * https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/getting-started.html (the job runtime role).
 */
import { isDeepStrictEqual } from 'node:util';
import { RepartitionError } from '../errors.js';
import { bucketArn } from './names.js';

export const EMR_SERVERLESS = 'emr-serverless.amazonaws.com';
const SAGEMAKER = 'sagemaker.amazonaws.com';
/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html */
const PUSH = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:CompleteLayerUpload',
  'ecr:InitiateLayerUpload',
  'ecr:PutImage',
  'ecr:UploadLayerPart',
];
/** Whose image GSProcessing's for SageMaker is built on, and where: build_gsprocessing_image.sh logs in there. */
const SAGEMAKER_SPARK = {
  region: 'us-west-2',
  account: '153931337802',
  repository: 'sagemaker-spark-processing',
};
/** The repositories that GSProcessing's scripts push to. */
const PROCESSING_IMAGES = 'graphstorm-processing-*';
const REPOSITORY_SID = 'Emr Serverless Custom Image Support';
/** What pulling an image takes; also what EMR Serverless looks at before it accepts one. */
const PULL = ['ecr:BatchGetImage', 'ecr:DescribeImages', 'ecr:GetDownloadUrlForLayer'];

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export interface PolicyDocument {
  Version: string;
  Id?: string;
  Statement: Statement[];
}

/** One statement of a policy. */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: '*' | Record<string, string | string[]>;
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
  /** What else the grammar allows stays as it is. */
  [other: string]: unknown;
}

const policy = (...statements: Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

/**
 * Who may take on the job runtime role: EMR Serverless.
 *
 * @example
 * ```ts
 * import { jobRuntimeTrustPolicy } from 'gs-repartition/upstream';
 *
 * console.log(jobRuntimeTrustPolicy().Statement[0]?.Principal);
 * // { Service: 'emr-serverless.amazonaws.com' }
 * ```
 */
export function jobRuntimeTrustPolicy(): PolicyDocument {
  return policy({
    Sid: 'EMRServerlessTrustPolicy',
    Effect: 'Allow',
    Principal: { Service: EMR_SERVERLESS },
    Action: 'sts:AssumeRole',
  });
}

/** The bucket that a job may reach. */
export interface BucketAccess {
  bucket: string;
  /** Default `aws`. */
  partition?: string;
  /** The key that encrypts the objects, where a customer-managed one does. */
  kmsKeyArn?: string | undefined;
}

/**
 * Where a job may reach: the named bucket and nothing more.
 *
 * @example
 * ```ts
 * import { bucketAccessPolicy } from 'gs-repartition/upstream';
 *
 * for (const { Sid, Resource } of bucketAccessPolicy({ bucket: 'graphs' }).Statement) console.log(Sid, Resource);
 * // ListTheBucket [ 'arn:aws:s3:::graphs' ]
 * // ReadAndWriteItsObjects [ 'arn:aws:s3:::graphs/*' ]
 * ```
 */
export function bucketAccessPolicy({ bucket, partition, kmsKeyArn }: BucketAccess): PolicyDocument {
  const arn = bucketArn(bucket, partition);
  return policy(
    {
      Sid: 'ListTheBucket',
      Effect: 'Allow',
      Action: ['s3:ListBucket', 's3:GetBucketLocation', 's3:ListBucketMultipartUploads'],
      Resource: [arn],
    },
    {
      Sid: 'ReadAndWriteItsObjects',
      Effect: 'Allow',
      // Spark's committers and GSProcessing's own check of the output prefix delete what they wrote.
      Action: [
        's3:GetObject',
        's3:PutObject',
        's3:DeleteObject',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
      ],
      Resource: [`${arn}/*`],
    },
    ...(kmsKeyArn === undefined
      ? []
      : [
          {
            Sid: 'UseTheKey',
            Effect: 'Allow' as const,
            Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
            Resource: [kmsKeyArn],
          },
        ]),
  );
}

/**
 * For whoever creates the application, so that EMR Serverless can look at the image in their name.
 * @param repository an ARN. GraphStorm's guide writes the registry's address here, which IAM does not accept.
 *
 * @example
 * ```ts
 * import { imageReaderPolicy } from 'gs-repartition/upstream';
 *
 * const policy = imageReaderPolicy('arn:aws:ecr:us-east-1:123456789012:repository/graphstorm');
 * console.log(policy.Statement[0]?.Action);
 * // [
 * //   'ecr:GetDownloadUrlForLayer',
 * //   'ecr:BatchGetImage',
 * //   'ecr:DescribeImages'
 * // ]
 * ```
 */
export function imageReaderPolicy(repository: string): PolicyDocument {
  return policy({
    Sid: 'ECRRepositoryListGetPolicy',
    Effect: 'Allow',
    Action: ['ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage', 'ecr:DescribeImages'],
    Resource: repository,
  });
}

/**
 * The image repository's policy: EMR Serverless may pull for one application.
 *
 * @example
 * ```ts
 * import { repositoryPolicy } from 'gs-repartition/upstream';
 *
 * const policy = repositoryPolicy('arn:aws:emr-serverless:us-east-1:123456789012:/applications/00f1r2s3t4');
 * console.log(policy.Statement[0]?.Principal);
 * // { Service: 'emr-serverless.amazonaws.com' }
 * ```
 */
export function repositoryPolicy(applicationArn: string): PolicyDocument {
  return policy({
    Sid: REPOSITORY_SID,
    Effect: 'Allow',
    Principal: { Service: EMR_SERVERLESS },
    Action: PULL,
    Condition: { StringEquals: { 'aws:SourceArn': applicationArn } },
  });
}

/**
 * A repository's policy with the application's access in it; `undefined` when it is there already. No statement is
 * lost: where ours stands for other applications, this one joins them.
 * @param existing the policy's text, if the repository has one
 * @throws RepartitionError `aws` when the text is not a policy
 *
 * @example
 * ```ts
 * import { mergeRepositoryPolicy } from 'gs-repartition/upstream';
 *
 * const application = 'arn:aws:emr-serverless:us-east-1:123456789012:/applications/00f1r2s3t4';
 * const merged = mergeRepositoryPolicy('{ "Version": "2012-10-17", "Statement": [] }', application);
 * console.log(merged?.Statement.length);
 * console.log(mergeRepositoryPolicy(JSON.stringify(merged), application));
 * // 1
 * // undefined
 * ```
 */
export function mergeRepositoryPolicy(
  existing: string | undefined,
  applicationArn: string,
): PolicyDocument | undefined {
  if (existing === undefined) return repositoryPolicy(applicationArn);
  const document = parsePolicy(existing, "the repository's policy");
  const granted = document.Statement.map(pullers);
  if (granted.some((arns) => arns?.includes(applicationArn))) return undefined;
  const joined = granted.findIndex((arns) => arns !== undefined);
  if (joined >= 0) {
    const arns = [...(granted[joined] ?? []), applicationArn];
    const statement = {
      ...document.Statement[joined]!,
      Condition: { StringEquals: { 'aws:SourceArn': arns } },
    };
    return { ...document, Statement: document.Statement.with(joined, statement) };
  }
  const [ours] = repositoryPolicy(applicationArn).Statement as [Statement];
  const taken = document.Statement.some(({ Sid }) => Sid === ours.Sid);
  const id = applicationArn.slice(applicationArn.lastIndexOf('/') + 1);
  return {
    ...document,
    Statement: [...document.Statement, taken ? { ...ours, Sid: `${REPOSITORY_SID} ${id}` } : ours],
  };
}

/** The applications that a statement lets pull, if it is one like ours; whatever its Sid. */
function pullers(statement: Statement): string[] | undefined {
  const arns = statement.Condition?.['StringEquals']?.['aws:SourceArn'];
  if (arns === undefined) return undefined;
  const ours = { ...repositoryPolicy('').Statement[0]!, Sid: statement.Sid };
  const same = { ...statement, Condition: { StringEquals: { 'aws:SourceArn': '' } } };
  const isOnlyThat = isDeepStrictEqual(statement.Condition, { StringEquals: { 'aws:SourceArn': arns } });
  return isOnlyThat && isDeepStrictEqual(canonical(same), canonical(ours)) ? listOf(arns) : undefined;
}

/** Where an operator may act, and on what. */
export interface OperatorAccess {
  region: string;
  account: string;
  partition: string;
  bucket: string;
  roleName: string;
  repositoryArn: string;
  kmsKeyArn?: string | undefined;
  /** The execution role of SageMaker jobs. Unless given, they may have any role of the account. */
  sagemakerRoleArn?: string | undefined;
}

/**
 * For whoever builds and pushes images, runs `setup`, `submit`, `status`, `cancel` and `list`, and has graphs aligned and
 * partitioned on SageMaker, where that is not an administrator.
 *
 * @example
 * ```ts
 * import { operatorPolicy } from 'gs-repartition/upstream';
 *
 * const policy = operatorPolicy({
 *   region: 'us-east-1',
 *   account: '123456789012',
 *   partition: 'aws',
 *   bucket: 'graphs',
 *   roleName: 'gsprocessing-emr-serverless',
 *   repositoryArn: 'arn:aws:ecr:us-east-1:123456789012:repository/graphstorm',
 * });
 * console.log(policy.Statement.map(({ Sid }) => Sid).join(', '));
 * // MakeAndFindApplications, RunJobs, MakeTheJobRuntimeRole, GiveTheRoleToJobs, …
 * ```
 */
export function operatorPolicy(access: OperatorAccess): PolicyDocument {
  const { region, account, partition, roleName, repositoryArn } = access;
  const role = `arn:${partition}:iam::${account}:role/${roleName}`;
  const sagemakerRole = access.sagemakerRoleArn ?? `arn:${partition}:iam::${account}:role/*`;
  const registry = `arn:${partition}:ecr:${region}:${account}:repository`;
  const applications = `arn:${partition}:emr-serverless:${region}:${account}:/applications`;
  const linkedService = 'ops.emr-serverless.amazonaws.com';
  return policy(
    {
      Sid: 'MakeAndFindApplications',
      Effect: 'Allow',
      Action: [
        'emr-serverless:CreateApplication',
        'emr-serverless:ListApplications',
        'emr-serverless:TagResource',
      ],
      Resource: ['*'],
    },
    {
      Sid: 'RunJobs',
      Effect: 'Allow',
      Action: [
        'emr-serverless:GetApplication',
        'emr-serverless:StartApplication',
        'emr-serverless:StartJobRun',
        'emr-serverless:GetJobRun',
        'emr-serverless:ListJobRuns',
        'emr-serverless:CancelJobRun',
        'emr-serverless:GetDashboardForJobRun',
      ],
      Resource: [`${applications}/*`],
    },
    {
      Sid: 'MakeTheJobRuntimeRole',
      Effect: 'Allow',
      Action: ['iam:GetRole', 'iam:CreateRole', 'iam:TagRole', 'iam:GetRolePolicy', 'iam:PutRolePolicy'],
      Resource: [role],
    },
    {
      Sid: 'GiveTheRoleToJobs',
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: [role],
      Condition: { StringEquals: { 'iam:PassedToService': EMR_SERVERLESS } },
    },
    {
      Sid: 'LetTheFirstApplicationMakeItsServiceRole',
      Effect: 'Allow',
      Action: ['iam:CreateServiceLinkedRole'],
      Resource: [
        `arn:${partition}:iam::${account}:role/aws-service-role/${linkedService}/AWSServiceRoleForAmazonEMRServerless`,
      ],
      Condition: { StringEquals: { 'iam:AWSServiceName': linkedService } },
    },
    {
      Sid: 'ReadTheImageAndShareIt',
      Effect: 'Allow',
      Action: [...PULL, 'ecr:GetRepositoryPolicy', 'ecr:SetRepositoryPolicy'],
      Resource: [repositoryArn],
    },
    {
      Sid: 'MakeRepositoriesAndPushImages',
      Effect: 'Allow',
      Action: ['ecr:CreateRepository', 'ecr:DescribeRepositories', ...PULL, ...PUSH],
      Resource: [...new Set([repositoryArn, `${registry}/${PROCESSING_IMAGES}`])],
    },
    {
      Sid: 'LogInToRegistries',
      Effect: 'Allow',
      // The base images of EMR Serverless are public, but counted by account.
      Action: ['ecr:GetAuthorizationToken', 'ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'],
      Resource: ['*'],
    },
    {
      Sid: 'PullTheBaseImageOfSageMaker',
      Effect: 'Allow',
      Action: PULL.filter((action) => action !== 'ecr:DescribeImages'),
      Resource: [
        `arn:${partition}:ecr:${SAGEMAKER_SPARK.region}:${SAGEMAKER_SPARK.account}:repository/${SAGEMAKER_SPARK.repository}`,
      ],
    },
    {
      Sid: 'RunProcessingJobs',
      Effect: 'Allow',
      Action: [
        'sagemaker:AddTags',
        'sagemaker:CreateProcessingJob',
        'sagemaker:DescribeProcessingJob',
        'sagemaker:StopProcessingJob',
      ],
      Resource: [`arn:${partition}:sagemaker:${region}:${account}:processing-job/*`],
    },
    {
      Sid: 'FindProcessingJobs',
      Effect: 'Allow',
      Action: ['sagemaker:ListProcessingJobs'],
      Resource: ['*'],
    },
    {
      Sid: 'FindTheRoleOfProcessingJobs',
      Effect: 'Allow',
      Action: ['iam:GetRole'],
      Resource: [sagemakerRole],
    },
    {
      Sid: 'GiveTheRoleToProcessingJobs',
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: [sagemakerRole],
      Condition: { StringEquals: { 'iam:PassedToService': SAGEMAKER } },
    },
    {
      Sid: 'ReadTheLogsOfProcessingJobs',
      Effect: 'Allow',
      Action: ['logs:DescribeLogStreams', 'logs:GetLogEvents'],
      Resource: [`arn:${partition}:logs:${region}:${account}:log-group:/aws/sagemaker/ProcessingJobs:*`],
    },
    {
      Sid: 'ReadTheQuotas',
      Effect: 'Allow',
      Action: ['servicequotas:ListServiceQuotas'],
      Resource: ['*'],
    },
    ...bucketAccessPolicy(access).Statement,
  );
}

/** Whether a role's trust policy lets a service take the role on. */
export function trusts(trust: PolicyDocument, service: string): boolean {
  return trust.Statement.some(({ Effect, Principal, Action }) => {
    const services = typeof Principal === 'object' ? listOf(Principal['Service'] ?? []) : [];
    const actions = listOf(Action ?? []).map((action) => action.toLowerCase());
    return (
      Effect === 'Allow' &&
      services.includes(service) &&
      actions.some((action) => action === 'sts:assumerole' || action === 'sts:*' || action === '*')
    );
  });
}

/** Whether two policies say the same, in whatever order and with one-item lists or without. */
export function samePolicy(a: PolicyDocument, b: PolicyDocument): boolean {
  return isDeepStrictEqual(canonical(a), canonical(b));
}

/** @throws RepartitionError `aws` */
export function parsePolicy(text: string, what: string): PolicyDocument {
  try {
    const value = JSON.parse(text) as { Version?: unknown; Statement?: unknown } | null;
    const statements = value?.Statement;
    if (typeof statements === 'object' && statements !== null) {
      const Statement = (Array.isArray(statements) ? statements : [statements]) as Statement[];
      return { ...(value as PolicyDocument), Statement };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RepartitionError('aws', `${what} is not a policy document`, {
    hint: 'Look at it in the console; nothing was changed.',
  });
}

function listOf(value: string | string[]): string[] {
  return Array.isArray(value) ? value : [value];
}

/** Lists sorted, one-item lists opened, keys in order: equal policies become equal values. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items: unknown[] = value.map(canonical);
    if (items.length === 1) return items[0];
    const keyed = items.map((item) => [JSON.stringify(item), item] as const);
    return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item)]));
  }
  return value;
}
