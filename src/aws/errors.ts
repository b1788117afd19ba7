/** From what the AWS SDK throws to what it means for us and to what a user reads. */
import { RepartitionError } from '../errors.js';
import { brokenConnection, CREDENTIALS_HINT, failureOf } from '../s3/errors.js';

/** What a failure means for who made the call. */
export type FailureKind =
  /** Asked too often: the same call later will do. */
  | 'throttled'
  /** The service's own fault: the same call later may do. */
  | 'server'
  /** No answer came. */
  | 'network'
  /** The credentials were good once. */
  | 'expired'
  | 'no-credentials'
  /** There are some, and they are wrong. */
  | 'bad-credentials'
  | 'denied'
  | 'missing'
  /** It is there already, or being changed by somebody else. */
  | 'conflict'
  | 'refused';

// Common errors: https://docs.aws.amazon.com/emr-serverless/latest/APIReference/CommonErrors.html
const NAMES: Readonly<Record<string, FailureKind>> = {
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  ThrottledException: 'throttled',
  TooManyRequestsException: 'throttled',
  RequestLimitExceeded: 'throttled',
  SlowDown: 'throttled',
  InternalServerException: 'server',
  InternalFailure: 'server',
  InternalServerError: 'server',
  ServiceUnavailable: 'server',
  ServiceUnavailableException: 'server',
  ExpiredToken: 'expired',
  ExpiredTokenException: 'expired',
  TokenRefreshRequired: 'expired',
  RequestExpired: 'expired',
  CredentialsProviderError: 'no-credentials',
  TokenProviderError: 'no-credentials',
  UnrecognizedClientException: 'bad-credentials',
  InvalidClientTokenId: 'bad-credentials',
  InvalidAccessKeyId: 'bad-credentials',
  InvalidToken: 'bad-credentials',
  InvalidSignatureException: 'bad-credentials',
  SignatureDoesNotMatch: 'bad-credentials',
  MissingAuthenticationToken: 'bad-credentials',
  AccessDenied: 'denied',
  AccessDeniedException: 'denied',
  UnauthorizedOperation: 'denied',
  NoSuchEntity: 'missing',
  NoSuchEntityException: 'missing',
  ResourceNotFoundException: 'missing',
  ResourceNotFound: 'missing',
  RepositoryNotFoundException: 'missing',
  RepositoryPolicyNotFoundException: 'missing',
  ImageNotFoundException: 'missing',
  NoSuchResourceException: 'missing',
  ConflictException: 'conflict',
  EntityAlreadyExists: 'conflict',
  EntityAlreadyExistsException: 'conflict',
  RepositoryAlreadyExistsException: 'conflict',
  ConcurrentModification: 'conflict',
  ResourceInUse: 'conflict',
};

export function kindOf(error: unknown): FailureKind {
  // The S3 room's errors are in a user's words already, and carry the failure behind them.
  if (error instanceof RepartitionError) return error.cause === undefined ? 'refused' : kindOf(error.cause);
  const { name, status } = failureOf(error);
  const named = NAMES[name];
  if (named !== undefined) return named;
  if (brokenConnection(error) !== undefined) return 'network';
  if (status === 429) return 'throttled';
  if (status !== undefined && status >= 500) return 'server';
  if (status === 403) return 'denied';
  if (status === 404) return 'missing';
  return 'refused';
}

/**
 * What services other than S3 say of a signature that is too old, or from tomorrow, whatever their code for it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
 */
const CLOCK = /^Signature (expired|not yet current)\b/;

/**
 * The error a user reads. Holds the service's own words and no credential.
 * @param doing what was being done, as in "creating the role x"
 */
export function toAwsError(error: unknown, doing: string, signal?: AbortSignal): RepartitionError {
  if (error instanceof RepartitionError) return error;
  if (signal?.aborted) return stopped(doing);
  const { name, message, status, isForeign } = failureOf(error);
  // The sentence goes on behind them.
  const said = message.replace(/\.$/, '');
  const named = said === '' || said === name ? name : `${name}: ${said}`;
  const words = isForeign ? `HTTP ${status ?? ''}, and no answer of the service` : named;
  const say = (as: RepartitionError['code'], text: string, hint: string): RepartitionError =>
    new RepartitionError(as, text, { hint, cause: error });
  if (CLOCK.test(message)) {
    return say('access', `this machine's clock is wrong (${words})`, 'Set the clock and run again.');
  }
  switch (kindOf(error)) {
    case 'expired':
      return say(
        'access',
        `the credentials expired while ${doing} (${words})`,
        'Renew the credentials (for example `aws sso login`) and run the same command again.',
      );
    case 'no-credentials':
      return say('access', `no credentials while ${doing}: ${said}`, CREDENTIALS_HINT);
    case 'bad-credentials':
      return say('access', `AWS does not accept the credentials while ${doing} (${words})`, CREDENTIALS_HINT);
    case 'denied':
      return say(
        'access',
        `access denied while ${doing} (${words})`,
        'Ask an administrator for what is missing: `setupPolicies` gives all policies.',
      );
    case 'network': {
      const { what = 'the connection failed', why = words, hint = '' } = brokenConnection(error) ?? {};
      return say('aws', `${what} while ${doing}: ${why}`, hint);
    }
    case 'throttled':
    case 'server':
      return say(
        'aws',
        `AWS could not answer while ${doing} (${words})`,
        'Run the same command again later.',
      );
    case 'missing':
      return say(
        'not-found',
        `not found while ${doing} (${words})`,
        'Check the name, the account and the region.',
      );
    case 'conflict':
      return say(
        'aws',
        `something is in the way while ${doing} (${words})`,
        'Look at it, then run the same command again.',
      );
    case 'refused':
      return say(
        'aws',
        `AWS refused ${doing} (${words})`,
        'Correct what it complains about and run the same command again.',
      );
  }
}

function stopped(doing: string): RepartitionError {
  return new RepartitionError('interrupted', `stopped while ${doing}`, {
    hint: 'Run the same command again: what was made is kept.',
  });
}

/** @throws RepartitionError `interrupted` when the signal has fired */
export function throwIfStopped(signal: AbortSignal | undefined, doing: string): void {
  if (signal?.aborted) throw stopped(doing);
}

/** Makes a call and gives its failure a user's words. */
export async function ask<T>(doing: string, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toAwsError(error, doing, signal);
  }
}

/** The same, with `undefined` for what is not there. */
export async function askFor<T>(
  doing: string,
  call: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (kindOf(error) === 'missing') return undefined;
    throw toAwsError(error, doing, signal);
  }
}

/** A mistake in what was asked for. */
export function usage(message: string, hint: string): RepartitionError {
  return new RepartitionError('usage', message, { hint });
}
