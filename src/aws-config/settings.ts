/**
 * What environment and profile say of region, server and retries, as the AWS command line reads them: the environment
 * outranks the profile. https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
import { RepartitionError } from '../errors.js';
import { firstSet } from './first-set.js';
import { configPath, type Profile } from './profile.js';

/** The services that we talk to. */
export type Service =
  's3' | 'sts' | 'iam' | 'ecr' | 'emr-serverless' | 'sagemaker' | 'service-quotas' | 'logs' | 'sso';

export function regionOf({ section }: Profile): string | undefined {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  return firstSet(AWS_REGION, AWS_DEFAULT_REGION, section['region']);
}

/**
 * The server that `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL` or the profile name; `undefined` for AWS's own.
 * The SDK's clients look into the section of `AWS_PROFILE` alone, so that a profile chosen in another way would send its
 * credentials to a server they are not for.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 * @throws RepartitionError `usage` when it is not a URL, or when the profile refers to services that are not there
 */
export function endpointOf(service: Service, profile: Profile): string | undefined {
  const { section } = profile;
  const { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_ENDPOINT_URL } = process.env;
  const isIgnored = AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ?? section['ignore_configured_endpoint_urls'];
  if (isIgnored?.toLowerCase() === 'true') return undefined;
  // Its name in the services section.
  const id = service === 'logs' ? 'cloudwatch_logs' : service.replaceAll('-', '_');
  const ofEnvironment = firstSet(process.env[`AWS_ENDPOINT_URL_${id.toUpperCase()}`], AWS_ENDPOINT_URL);
  const endpoint =
    ofEnvironment ?? firstSet(servicesOf(profile)[`${id}.endpoint_url`], section['endpoint_url']);
  if (endpoint === undefined) return undefined;
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return endpoint;
  const name = service === 's3' ? 'S3' : service;
  // It is not shown, for it may hold a password.
  throw new RepartitionError('usage', `the ${name} endpoint of the environment or the profile is not a URL`, {
    hint: `Write AWS_ENDPOINT_URL_${id.toUpperCase()}, AWS_ENDPOINT_URL or endpoint_url as https://host:port.`,
  });
}

/** Nobody who wrote `services` means AWS's own servers, to which a misspelt name would lead. */
function servicesOf({ name = 'default', section, services }: Profile): NonNullable<Profile['services']> {
  if (services !== undefined) return services;
  const named = section['services'] ?? '';
  throw new RepartitionError(
    'usage',
    `the profile ${name} has services = ${named}, and ${configPath()} has no [services ${named}]`,
    { hint: 'Write that section, or correct the name' },
  );
}

export interface Retries {
  /** Attempts per request, the first one included. */
  maxAttempts?: number;
  /** What the command line calls `legacy` the SDK does not have: `standard` is next to it. */
  mode?: 'standard' | 'adaptive';
}

/**
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * @throws RepartitionError `usage`
 */
export function retriesOf({ section }: Profile): Retries {
  const [attempts, attemptsName] = setting('AWS_MAX_ATTEMPTS', section, 'max_attempts');
  const [mode, modeName] = setting('AWS_RETRY_MODE', section, 'retry_mode');
  if (attempts !== undefined && !/^0*[1-9]\d{0,5}$/.test(attempts)) {
    throw new RepartitionError(
      'usage',
      `${attemptsName} is ${attempts}, which is not a whole number from 1`,
      {
        hint: 'Correct it, or leave it out.',
      },
    );
  }
  if (mode !== undefined && !['legacy', 'standard', 'adaptive'].includes(mode)) {
    throw new RepartitionError('usage', `${modeName} is ${mode}, which is not legacy, standard or adaptive`, {
      hint: 'Correct it, or leave it out.',
    });
  }
  return {
    ...(attempts === undefined ? {} : { maxAttempts: Number(attempts) }),
    ...(mode === undefined ? {} : { mode: mode === 'adaptive' ? 'adaptive' : 'standard' }),
  };
}

/**
 * What the profile says of S3's addresses: `http://host/bucket/key`, or `http://bucket.host/key`; `undefined` where it leaves
 * that to the server. https://docs.aws.amazon.com/cli/latest/topic/s3-config.html#addressing-style
 * @throws RepartitionError `usage`
 */
export function pathStyleOf({ section }: Profile): boolean | undefined {
  const style = firstSet(section['s3.addressing_style']) ?? 'auto';
  if (['auto', 'path', 'virtual'].includes(style)) return style === 'auto' ? undefined : style === 'path';
  throw new RepartitionError(
    'usage',
    `addressing_style of the profile is ${style}, which is not auto, path or virtual`,
    { hint: 'Correct it, or leave it out.' },
  );
}

/** A value of environment or profile, and where it stands. */
function setting(
  variable: string,
  section: Profile['section'],
  key: string,
): [value: string | undefined, name: string] {
  const value = firstSet(process.env[variable]);
  return value === undefined ? [firstSet(section[key]), `${key} of the profile`] : [value, variable];
}
