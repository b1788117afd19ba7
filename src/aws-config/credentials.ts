/**
 * Where credentials come from, in the order of the AWS command line, and why there are none: the SDK's own chain goes on
 * to the next source when one fails, and its error is the last one's.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
import type { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { firstSet } from './first-set.js';
import type { Profile } from './profile.js';
import type { requestHandler } from './request-handler.js';

type Assumers = Required<
  Pick<NonNullable<Parameters<typeof fromIni>[0]>, 'roleAssumer' | 'roleAssumerWithWebIdentity'>
>;
type Source = ReturnType<typeof fromNodeProviderChain>;
type Credentials = Awaited<ReturnType<Source>>;

export interface WayToCredentials {
  requestHandler: ReturnType<typeof requestHandler>;
  region: string | undefined;
  /** Other servers than AWS's for the services that hand out credentials. */
  endpoints: { sts: string | undefined; sso: string | undefined };
}

const RENEWED_BEFORE_MS = 300_000;

/** The name of errors that say why there are no credentials; the SDK's own. */
const NONE = 'CredentialsProviderError';

export function credentialsOf(profile: Profile, way: WayToCredentials): Source {
  let source: Source | undefined;
  let known: Credentials | undefined;
  return async (properties) => {
    // Two clients share them, each of which would take on the role for itself.
    if (known !== undefined && lastsLonger(known)) return known;
    requireWholeKey(profile);
    try {
      source ??= await sourceOf(profile, way);
      known = await source(properties);
      return known;
    } catch (error) {
      throw explained(error, profile);
    }
  };
}

/** The SDK asks for new ones five minutes before the old ones end. */
function lastsLonger({ expiration }: Credentials): boolean {
  return expiration === undefined || expiration.getTime() - Date.now() > RENEWED_BEFORE_MS;
}

/** Half a key is a mistake, not a source that is not set up. */
function requireWholeKey(profile: Profile): void {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  if (profile.isGiven || !AWS_ACCESS_KEY_ID || AWS_SECRET_ACCESS_KEY) return;
  throw none('AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not');
}

/** The first source that is set up. That it fails is no reason to take credentials from another. */
async function sourceOf(profile: Profile, way: WayToCredentials): Promise<Source> {
  const { fromEnv, fromHttp, fromIni, fromNodeProviderChain, fromTokenFile } =
    await import('@aws-sdk/credential-providers');
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  if (!profile.isGiven && AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) return fromEnv();
  const init = {
    ...(profile.name === undefined ? {} : { profile: profile.name }),
    ...assumers(way),
    clientConfig: {
      requestHandler: way.requestHandler,
      ...(way.endpoints.sso === undefined ? {} : { endpoint: way.endpoints.sso }),
    },
  };
  const { AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN } = process.env;
  const isWebIdentity = !profile.isGiven && AWS_WEB_IDENTITY_TOKEN_FILE && AWS_ROLE_ARN;
  // It outranks all that a profile of the environment may say, but that a role is to be taken on.
  if (isWebIdentity && !takesOnRole(profile)) return fromTokenFile(init);
  if (SOURCES.some((key) => profile.section[key] !== undefined)) return fromIni(init);
  return containerUri() === undefined ? fromNodeProviderChain(init) : fromHttp();
}

/** Which variable says where a container gets its credentials, as ECS and EKS set it. */
function containerUri(): string | undefined {
  return ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'].find(
    (variable) => process.env[variable],
  );
}

function takesOnRole({ section }: Profile): boolean {
  return (
    section['role_arn'] !== undefined &&
    (section['source_profile'] ?? section['credential_source']) !== undefined
  );
}

/** What makes a section of the shared configuration files a source of credentials. */
const SOURCES = [
  'aws_access_key_id',
  'role_arn',
  'credential_source',
  'credential_process',
  'web_identity_token_file',
  'sso_session',
  'sso_start_url',
  'login_session',
];

/** Roles are taken on by the same way as all else: the SDK would ask AWS's own host for them. */
function assumers({ requestHandler, region, endpoints: { sts: endpoint } }: WayToCredentials): Assumers {
  const options = {
    requestHandler,
    // With neither, the SDK asks us-east-1.
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Otherwise the section of AWS_PROFILE would say where to ask.
    ignoreConfiguredEndpointUrls: true,
  };
  // Loaded for who takes on a role.
  const sts = () => import('@aws-sdk/client-sts');
  return {
    roleAssumer: async (...asked) => (await sts()).getDefaultRoleAssumer(options)(...asked),
    roleAssumerWithWebIdentity: async (...asked) =>
      (await sts()).getDefaultRoleAssumerWithWebIdentity(options)(...asked),
  };
}

function explained(error: unknown, { name, section }: Profile): unknown {
  if (!(error instanceof Error)) return error;
  const profile = `the profile ${name ?? 'default'}`;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'open' && path !== undefined) {
    const where = path === section['web_identity_token_file'] ? profile : 'AWS_WEB_IDENTITY_TOKEN_FILE';
    const what = code === 'ENOENT' ? 'is not there' : `cannot be read (${code ?? ''})`;
    return none(`the web identity token file ${path} of ${where} ${what}`, error);
  }
  if (error.name !== NONE) return error;
  const device = section['mfa_serial'];
  if (device !== undefined && error.message.includes('multi-factor')) {
    const keys = `aws configure export-credentials --profile ${name ?? 'default'} --format env`;
    return none(
      `${profile} wants a code of ${device}: take its keys into the environment first, by ${keys}`,
      error,
    );
  }
  if (
    (section['sso_session'] ?? section['sso_start_url']) !== undefined &&
    error.message.includes('aws sso login')
  ) {
    return none(
      `${profile} is not logged in, or no longer: aws sso login --profile ${name ?? 'default'}`,
      error,
    );
  }
  if (
    section['aws_access_key_id'] !== undefined &&
    section['aws_secret_access_key'] === undefined &&
    error.message.startsWith('Could not resolve credentials')
  ) {
    return none(`${profile} has an aws_access_key_id and no aws_secret_access_key`, error);
  }
  if (section['credential_process'] !== undefined) {
    return none(`the credential_process of ${profile} failed: ${saidByProcess(error.message)}`, error);
  }
  const uri = containerUri();
  if (uri !== undefined && !SOURCES.some((key) => section[key] !== undefined)) {
    return none(`the container has none, as ${uri} tells: ${error.message}`, error);
  }
  if (name !== undefined && !SOURCES.some((key) => section[key] !== undefined)) {
    return none(`${profile} has no credentials in it, and this machine has no role`, error);
  }
  if (error.message === 'Could not load credentials from any providers') {
    return none('environment, profile, web identity, container and instance have none', error);
  }
  return error;
}

function none(message: string, cause?: Error): Error {
  return Object.assign(new Error(message, { cause }), { name: NONE });
}

/** The last thing a command said on standard error; the command itself may hold secrets. */
function saidByProcess(message: string): string {
  const [first = '', ...said] = message.trim().split('\n');
  if (!first.startsWith('Command failed')) return first;
  return firstSet(said.at(-1)) ?? 'it ended with an error and said nothing';
}
