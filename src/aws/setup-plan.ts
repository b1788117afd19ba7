/** From what is asked for and what is there to the steps between. Pure: the same facts give the same plan. */
import type { Application, CreateApplicationCommandInput } from '@aws-sdk/client-emr-serverless';
import { RepartitionError } from '../errors.js';
import { applicationArn } from './names.js';
import {
  bucketAccessPolicy,
  EMR_SERVERLESS,
  jobRuntimeTrustPolicy,
  mergeRepositoryPolicy,
  type PolicyDocument,
  samePolicy,
  trusts,
} from './policies.js';
import { releaseWarning } from './release.js';
import type { Step } from './requests.js';
import type { SetupSettings } from './setup-options.js';

/** Stands where the application's id will be known only once it is made. */
export const APPLICATION_ID = '<application-id>';
/** EMR Serverless takes images of at most 5 GB; ECR tells their compressed size. */
const LARGEST_IMAGE = 5 * 1024 ** 3;

/** What is there before the set-up. */
export interface SetupFacts {
  account: string;
  region: string;
  bucketRegion: string;
  role?: { arn: string; trust: PolicyDocument; access?: PolicyDocument } | undefined;
  /** All applications of the name that are not terminated. */
  applications: readonly Application[];
  /** Compressed bytes, where ECR tells them. */
  imageBytes?: number | undefined;
  repositoryPolicy?: string | undefined;
}

export interface SetupPlan {
  roleArn: string;
  /** Missing until the application is made. */
  applicationId?: string;
  steps: Step[];
  warnings: string[];
}

/** The name of the inline policy, one a bucket: a role can serve several. */
export function accessPolicyName(bucket: string): string {
  return `gs-repartition-${bucket}`;
}

/** @throws RepartitionError `usage` or `aws` when the facts are in the way of what is asked for */
export function planSetup(settings: SetupSettings, facts: SetupFacts): SetupPlan {
  checkPlaces(settings, facts);
  const application = planApplication(settings, facts);
  const role = planRole(settings, facts);
  return {
    roleArn: role.arn,
    ...(application.id === undefined ? {} : { applicationId: application.id }),
    steps: [
      ...role.steps,
      ...application.steps,
      ...planRepository(settings, facts, application.id ?? APPLICATION_ID),
    ],
    warnings: [...warnings(settings, facts, application.releaseLabel)],
  };
}

/** Application, image and bucket must be in one region. */
function checkPlaces(
  { image, bucket, application }: SetupSettings,
  { region, bucketRegion }: SetupFacts,
): void {
  if (image.region !== region) {
    throw new RepartitionError(
      'usage',
      `the image is in ${image.region}, the application would be in ${region}`,
      {
        hint: `Use \`region\` ${image.region}, or push the image to ${region}: EMR Serverless pulls only from its own region.`,
      },
    );
  }
  if (bucketRegion !== region && application.network === undefined) {
    throw new RepartitionError(
      'usage',
      `s3://${bucket} is in ${bucketRegion}, the application would be in ${region}`,
      {
        hint: `Use a bucket in ${region}. With a network that has a way out (\`subnetIds\`, \`securityGroupIds\`) jobs can reach other regions too.`,
      },
    );
  }
}

function planRole(settings: SetupSettings, facts: SetupFacts): { arn: string; steps: Step[] } {
  const { role, bucket, partition, kmsKeyArn } = settings;
  const arn = facts.role?.arn ?? `arn:${partition}:iam::${facts.account}:role/${role.name}`;
  const trust = jobRuntimeTrustPolicy();
  const access = bucketAccessPolicy({ bucket, partition, kmsKeyArn });
  if (facts.role === undefined && role.kind === 'given') {
    throw new RepartitionError('not-found', `no such role: ${role.arn}`, {
      hint: 'Check the ARN, or give `roleName` to have a role made.',
    });
  }
  if (facts.role !== undefined && !trusts(facts.role.trust, EMR_SERVERLESS)) {
    throw new RepartitionError('aws', `the role ${role.name} exists, but does not trust ${EMR_SERVERLESS}`, {
      hint: `Give another \`roleName\`, or add to its trust policy: ${JSON.stringify(trust.Statement[0])}`,
    });
  }
  if (role.kind === 'given') return { arn, steps: [] };

  const create: Step = {
    title: `make the role ${role.name}, which EMR Serverless may take on`,
    request: {
      service: 'iam',
      operation: 'CreateRole',
      input: {
        RoleName: role.name,
        AssumeRolePolicyDocument: JSON.stringify(trust),
        Description: 'Job runtime role of GSProcessing on EMR Serverless',
      },
    },
  };
  const grant: Step = {
    title: `give the role ${role.name} access to s3://${bucket} and nothing more`,
    request: {
      service: 'iam',
      operation: 'PutRolePolicy',
      input: {
        RoleName: role.name,
        PolicyName: accessPolicyName(bucket),
        PolicyDocument: JSON.stringify(access),
      },
    },
  };
  if (facts.role === undefined) return { arn, steps: [create, grant] };
  if (facts.role.access === undefined) return { arn, steps: [grant] };
  if (samePolicy(facts.role.access, access)) return { arn, steps: [] };
  throw new RepartitionError(
    'aws',
    `the role ${role.name} has a policy ${accessPolicyName(bucket)} that says something else: ` +
      `it is ${JSON.stringify(facts.role.access)}, asked for was ${JSON.stringify(access)}`,
    { hint: 'Give another `roleName`, or remove that policy from the role.' },
  );
}

function planApplication(
  { application, image }: SetupSettings,
  { applications, region }: SetupFacts,
): { id?: string; releaseLabel: string; steps: Step[] } {
  const { name, architecture, network, maximumCapacity, autoStop } = application;
  const only = applications.length === 1 ? applications[0]?.releaseLabel : undefined;
  const releaseLabel = application.releaseLabel ?? only;
  if (releaseLabel === undefined) {
    throw new RepartitionError(
      'usage',
      `the image's tag does not tell which EMR release it is built on: ${image.uri}`,
      {
        hint: 'Give `releaseLabel`, for example emr-6.13.0 for GSProcessing 0.2.2.',
      },
    );
  }
  const input: CreateApplicationCommandInput = {
    name,
    type: 'SPARK',
    releaseLabel,
    ...(architecture === undefined ? {} : { architecture }),
    imageConfiguration: { imageUri: image.uri },
    ...(network === undefined ? {} : { networkConfiguration: network }),
    ...(maximumCapacity === undefined ? {} : { maximumCapacity }),
    ...(autoStop === undefined ? {} : { autoStopConfiguration: autoStop }),
  };
  const compared = applications.map((has) => ({ has, differences: differences(input, has) }));
  const fitting = compared.find(({ differences }) => differences.length === 0);
  if (fitting?.has.applicationId !== undefined) {
    return { id: fitting.has.applicationId, releaseLabel, steps: [] };
  }
  if (compared.length > 0) {
    const told = compared.map(
      ({ has, differences }) => `${has.applicationId ?? ''}: ${differences.join(', ')}`,
    );
    throw new RepartitionError(
      'aws',
      `the application ${name} exists in ${region} with another configuration (${told.join('; ')})`,
      { hint: 'Give another `applicationName`, or ask for what is there.' },
    );
  }
  return {
    releaseLabel,
    steps: [
      {
        title: `make the application ${name} with the image ${image.repository}:${image.tag ?? image.digest ?? ''}`,
        request: { service: 'emr-serverless', operation: 'CreateApplication', input },
      },
    ],
  };
}

/** Where an application is not what is asked for, as "releaseLabel is emr-6.11.0 instead of emr-6.13.0". */
function differences(asked: CreateApplicationCommandInput, has: Application): string[] {
  const { networkConfiguration: network, autoStopConfiguration: stop, maximumCapacity: most } = asked;
  const differing = (what: string, want: string | undefined, is: string | undefined): string[] =>
    want === undefined || plain(want) === plain(is ?? '')
      ? []
      : [`${what} is ${is ?? 'not set'} instead of ${want}`];
  const list = (items: readonly string[] | undefined): string | undefined =>
    items === undefined ? undefined : [...items].sort().join(' ');
  return [
    ...differing('type', asked.type, has.type),
    ...differing('releaseLabel', asked.releaseLabel, has.releaseLabel),
    ...differing('architecture', asked.architecture, has.architecture ?? 'X86_64'),
    ...differing('imageUri', asked.imageConfiguration?.imageUri, has.imageConfiguration?.imageUri),
    ...differing('subnetIds', list(network?.subnetIds), list(has.networkConfiguration?.subnetIds)),
    ...differing(
      'securityGroupIds',
      list(network?.securityGroupIds),
      list(has.networkConfiguration?.securityGroupIds),
    ),
    ...differing('maximumCapacity cpu', most?.cpu, has.maximumCapacity?.cpu),
    ...differing('maximumCapacity memory', most?.memory, has.maximumCapacity?.memory),
    ...differing('maximumCapacity disk', most?.disk, has.maximumCapacity?.disk),
    ...differing('auto-stop', onOff(stop?.enabled), onOff(has.autoStopConfiguration?.enabled)),
    ...differing(
      'auto-stop minutes',
      stop?.idleTimeoutMinutes?.toString(),
      has.autoStopConfiguration?.idleTimeoutMinutes?.toString(),
    ),
  ];
}

/** The service writes `Spark` for SPARK and `400vCPU` for 400 vCPU. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(' ', '');
}

function onOff(enabled: boolean | undefined): string | undefined {
  return enabled === undefined ? undefined : enabled ? 'on' : 'off';
}

function planRepository(settings: SetupSettings, facts: SetupFacts, id: string): Step[] {
  const { image, application } = settings;
  const merged = mergeRepositoryPolicy(
    facts.repositoryPolicy,
    applicationArn(facts.region, facts.account, id),
  );
  if (merged === undefined) return [];
  return [
    {
      title: `let the application ${application.name} pull from the repository ${image.repository}`,
      request: {
        service: 'ecr',
        operation: 'SetRepositoryPolicy',
        input: {
          registryId: image.account,
          repositoryName: image.repository,
          policyText: JSON.stringify(merged),
        },
      },
    },
  ];
}

function* warnings(settings: SetupSettings, facts: SetupFacts, releaseLabel: string): Iterable<string> {
  const release = releaseWarning(settings.version, releaseLabel);
  if (release !== undefined) yield release;
  if (facts.imageBytes !== undefined && facts.imageBytes > LARGEST_IMAGE) {
    const gb = (facts.imageBytes / 1024 ** 3).toFixed(1);
    yield `the image has ${gb} GB compressed; EMR Serverless takes images of at most 5 GB`;
  }
  if (facts.bucketRegion !== facts.region) {
    yield `s3://${settings.bucket} is in ${facts.bucketRegion}: jobs reach it only if their network has a way there`;
  }
}
