/** What a user says about a set-up, checked, with what follows from it and from the image's name. Pure. */
import { refuseOtherKinds } from '../s3/keys.js';
import { usage } from './errors.js';
import { bucketOf, type ImageName, parseImageUri, parseRole, partitionOf } from './names.js';
import { type Architecture, readTag, releaseFor } from './release.js';

/** What jobs need: a bucket, an image, and what differs from the defaults. */
export interface SetupOptions {
  /** Name of the bucket that jobs read from and write to, or any S3 URL in it. */
  bucket: string;
  /** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<version>-<architecture>` */
  imageUri: string;
  /** Default `gsprocessing-<version>`. */
  applicationName?: string | undefined;
  /** Made when it does not exist. Default `gsprocessing-emr-serverless`. */
  roleName?: string | undefined;
  /** A role to use as it is, instead of `roleName`: looked at, never changed. */
  roleArn?: string | undefined;
  /** Default: the release that the image's GSProcessing version is built on. */
  releaseLabel?: string | undefined;
  /** Default: what the image's tag says. */
  architecture?: Architecture | undefined;
  /** Subnets and security groups, for jobs that need more of the network than S3. */
  subnetIds?: readonly string[] | undefined;
  securityGroupIds?: readonly string[] | undefined;
  /** The most that all jobs together may take: vCPUs, memory and disk in GB. */
  maximumVcpu?: number | undefined;
  maximumMemoryGb?: number | undefined;
  maximumDiskGb?: number | undefined;
  /** The application stops after so many idle minutes; 0 for never. Default: the service's, 15. */
  autoStopMinutes?: number | undefined;
  /** The key that encrypts the bucket's objects, where a customer-managed one does. */
  kmsKeyArn?: string | undefined;
}

export interface SetupSettings {
  bucket: string;
  image: ImageName;
  partition: string;
  role: { kind: 'own'; name: string } | { kind: 'given'; name: string; arn: string };
  kmsKeyArn?: string | undefined;
  /** GSProcessing's version, as far as the tag tells it. */
  version?: string | undefined;
  application: {
    name: string;
    releaseLabel?: string | undefined;
    architecture?: Architecture | undefined;
    network?: { subnetIds: string[]; securityGroupIds: string[] } | undefined;
    maximumCapacity?: { cpu: string; memory: string; disk?: string } | undefined;
    autoStop?: { enabled: boolean; idleTimeoutMinutes?: number } | undefined;
  };
}

const DEFAULT_ROLE = 'gsprocessing-emr-serverless';

/** @throws RepartitionError `usage` naming the option */
export function setupSettings(options: SetupOptions): SetupSettings {
  const image = parseImageUri(options.imageUri);
  const { version, architecture: ofTag } = readTag(image.tag);
  const { architecture = ofTag } = options;
  if (ofTag !== undefined && architecture !== ofTag) {
    throw usage(
      `\`architecture\` ${architecture ?? ''} does not fit the image ${image.repository}:${image.tag ?? ''}`,
      'Leave `architecture` out, or give the image for it.',
    );
  }
  return {
    bucket: bucketName(options.bucket),
    image,
    partition: partitionOf(image.region),
    role: role(options),
    kmsKeyArn: options.kmsKeyArn,
    version,
    application: {
      name: applicationName(options.applicationName ?? `gsprocessing-${version ?? image.tag ?? 'custom'}`),
      releaseLabel: options.releaseLabel ?? releaseFor(version),
      architecture,
      network: network(options),
      maximumCapacity: maximumCapacity(options),
      autoStop: autoStop(options.autoStopMinutes),
    },
  };
}

function bucketName(text: string): string {
  const bucket = bucketOf(text);
  refuseOtherKinds(bucket, bucket);
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return bucket;
  throw usage(`\`bucket\` is not the name of a bucket: "${text}"`, 'Give its name, or an S3 URL in it.');
}

function role({ roleName, roleArn }: SetupOptions): SetupSettings['role'] {
  if (roleArn === undefined) {
    const { name, arn } = parseRole(roleName ?? DEFAULT_ROLE);
    if (arn === undefined) return { kind: 'own', name };
    throw usage(
      '`roleName` is a name, not an ARN',
      'Give the ARN of a role to be used as it is as `roleArn`.',
    );
  }
  if (roleName !== undefined) throw usage('`roleName` and `roleArn` exclude each other', 'Give one of them.');
  const { name, arn } = parseRole(roleArn);
  if (arn !== undefined) return { kind: 'given', name, arn };
  throw usage(`\`roleArn\` is not an ARN: ${roleArn}`, 'Write arn:aws:iam::<account>:role/<name>.');
}

// https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_CreateApplication.html
function applicationName(name: string): string {
  if (/^[A-Za-z0-9._/#-]{1,64}$/.test(name)) return name;
  throw usage(
    `not a name for an application: "${name}"`,
    'Use 1 to 64 letters, digits and . _ / # - for `applicationName`.',
  );
}

function network({
  subnetIds = [],
  securityGroupIds = [],
}: SetupOptions): SetupSettings['application']['network'] {
  if (subnetIds.length === 0 && securityGroupIds.length === 0) return undefined;
  if (subnetIds.length > 0 && securityGroupIds.length > 0) {
    return { subnetIds: [...subnetIds], securityGroupIds: [...securityGroupIds] };
  }
  throw usage('a network needs subnets and security groups', 'Give `subnetIds` and `securityGroupIds`.');
}

function maximumCapacity(options: SetupOptions): SetupSettings['application']['maximumCapacity'] {
  const cpu = amount('maximumVcpu', options.maximumVcpu);
  const memory = amount('maximumMemoryGb', options.maximumMemoryGb);
  const disk = amount('maximumDiskGb', options.maximumDiskGb);
  if (cpu === undefined && memory === undefined && disk === undefined) return undefined;
  if (cpu === undefined || memory === undefined) {
    throw usage('a capacity limit needs vCPUs and memory', 'Give `maximumVcpu` and `maximumMemoryGb`.');
  }
  return {
    cpu: `${cpu} vCPU`,
    memory: `${memory} GB`,
    ...(disk === undefined ? {} : { disk: `${disk} GB` }),
  };
}

function autoStop(minutes: number | undefined): SetupSettings['application']['autoStop'] {
  if (minutes === undefined) return undefined;
  if (minutes === 0) return { enabled: false };
  if (Number.isSafeInteger(minutes) && minutes >= 1 && minutes <= 10_080) {
    return { enabled: true, idleTimeoutMinutes: minutes };
  }
  throw usage(
    `\`autoStopMinutes\` must be 0 (never) to 10080, not ${minutes}`,
    'Leave it out for 15 minutes.',
  );
}

function amount(option: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return value;
  throw usage(`\`${option}\` must be a whole number above 0, not ${value}`, 'Leave it out for no limit.');
}
