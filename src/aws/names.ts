/** Names of AWS things, taken apart and put together. */
import { RepartitionError } from '../errors.js';

/** `aws`, or the partition of China or of the US government. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** A configuration as it is called under the input prefix, where `./` would be a folder of that name. */
export function configName(configFilename: string): string {
  return configFilename.replace(/^(\.\/+)+/, '');
}

/** A container image in a private ECR registry. */
export interface ImageName {
  uri: string;
  account: string;
  region: string;
  repository: string;
  tag?: string;
  digest?: string;
}

const IMAGE =
  /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([a-z0-9][a-z0-9._/-]*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** @throws RepartitionError `usage` */
export function parseImageUri(uri: string): ImageName {
  const [, account, region, repository, tag, digest] = IMAGE.exec(uri) ?? [];
  if (account === undefined || region === undefined || repository === undefined) {
    throw new RepartitionError('usage', `not an image of a private ECR registry: ${uri}`, {
      hint: 'Write it as <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>.',
    });
  }
  if (tag === undefined && digest === undefined) {
    throw new RepartitionError('usage', `the image has no tag: ${uri}`, {
      hint: 'Add the tag it was pushed with, for example :0.2.2-x86_64.',
    });
  }
  return {
    uri,
    account,
    region,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The address of an account's private registry. */
export function registryOf(account: string, region: string): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com${partitionOf(region) === 'aws-cn' ? '.cn' : ''}`;
}

export function repositoryArn(image: ImageName): string {
  return `arn:${partitionOf(image.region)}:ecr:${image.region}:${image.account}:repository/${image.repository}`;
}

export function applicationArn(region: string, account: string, id: string): string {
  return `arn:${partitionOf(region)}:emr-serverless:${region}:${account}:/applications/${id}`;
}

export function bucketArn(bucket: string, partition = 'aws'): string {
  return `arn:${partition}:s3:::${bucket}`;
}

const ROLE = /^arn:(aws[\w-]*):iam::(\d{12}):role\/((?:[\x21-\x7e]+\/)?)([\w+=,.@-]{1,64})$/;

/** A role as a user gives it: by name, or by ARN. */
export interface RoleName {
  name: string;
  arn?: string;
  account?: string;
}

/** @throws RepartitionError `usage` */
export function parseRole(text: string): RoleName {
  if (/^[\w+=,.@-]{1,64}$/.test(text)) return { name: text };
  const [, , account, , name] = ROLE.exec(text) ?? [];
  if (account === undefined || name === undefined) {
    throw new RepartitionError('usage', `not a role: ${text}`, {
      hint: 'Give the name of the role, or its ARN: arn:aws:iam::<account>:role/<name>.',
    });
  }
  return { name, arn: text, account };
}

/** A bucket's name, from a name or from any S3 URL in it. */
export function bucketOf(text: string): string {
  return /^s3[an]?:\/\/([^/]+)/i.exec(text)?.[1] ?? text;
}
