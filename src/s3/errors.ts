import { interrupted, RepartitionError } from '../errors.js';

/** What we were doing when S3 said no; decides the words and the missing permission. */
export type S3Action = 'read' | 'write' | 'list' | 'open';

/** The parts of an SDK or network error that we look at. */
interface S3Failure {
  name: string;
  message: string;
  /** HTTP status, if there was an answer. */
  status?: number;
  /** Node's name of a network failure. */
  code?: string;
  attempts?: number;
  /** From the `x-amz-bucket-region` header. */
  region?: string;
}

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** How Node names what it did not like about a TLS connection. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS_CODES =
  /^(EPROTO|ERR_TLS_|ERR_SSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;

// Error codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired']);
const BAD_CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'InvalidClientTokenId',
  'CredentialsProviderError',
  'TokenProviderError',
  'NotSignedUp',
]);
const REDIRECTS = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);

/** Whether this is an error of S3 with one of these codes. */
export function isS3Error(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

/** Whether S3 asks for fewer requests. */
export function isSlowDown(error: unknown): boolean {
  const { name, status } = failureOf(error);
  // The SDK gives a 200 that carries an error this status too.
  return name === 'SlowDown' || status === 429 || (status === 503 && name !== 'InternalError');
}

/** The same of a reply whose body nobody has read. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function isSlowDownStatus(status: number | undefined): boolean {
  return status === 429 || status === 503;
}

/** Whether the connection failed rather than the request. */
export function isNetworkFailure(error: unknown): boolean {
  const { name, code } = failureOf(error);
  return name === 'TimeoutError' || (code !== undefined && NETWORK_CODES.has(code));
}

export function failureOf(error: unknown): S3Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { $metadata, $response, code } = error as Error & {
    $metadata?: { httpStatusCode?: number; attempts?: number };
    $response?: { headers?: Record<string, string> };
    code?: unknown;
  };
  const region = $response?.headers?.['x-amz-bucket-region'];
  return {
    name: error.name,
    message: error.message.trim(),
    ...($metadata?.httpStatusCode === undefined ? {} : { status: $metadata.httpStatusCode }),
    ...($metadata?.attempts === undefined ? {} : { attempts: $metadata.attempts }),
    ...(typeof code === 'string' ? { code } : {}),
    ...(region === undefined ? {} : { region }),
  };
}

/**
 * The error a user reads for a failure of S3 or of the way to it. Holds no header and no credential: only S3's
 * own code and words.
 *
 * @param where the object or prefix as a person would write it
 */
export function toRepartitionError(
  error: unknown,
  action: S3Action,
  where: string,
  signal?: AbortSignal,
): RepartitionError {
  if (error instanceof RepartitionError) return error;
  if (signal?.aborted) return interrupted(signal);
  const failure = failureOf(error);
  const { name, status, message } = failure;
  const say = (code: RepartitionError['code'], text: string, hint: string): RepartitionError =>
    new RepartitionError(code, text, { hint, operation: action, path: where, cause: bare(error) });

  if (name === 'NoSuchBucket' || (action === 'open' && status === 404)) {
    const bucket = /^s3:\/\/[^/]*/.exec(where)?.[0] ?? where;
    return say(
      'not-found',
      `no such bucket: ${bucket}`,
      'Check the name of the bucket, and which account and endpoint the command talks to.',
    );
  }
  if (name === 'PreconditionFailed' || status === 412) {
    return changedError(where, error);
  }
  if (name === 'InvalidRange' || status === 416) {
    return say(
      'changed',
      `${where} is shorter than it was`,
      'Wait until nothing else writes under the prefix, then run the same command again.',
    );
  }
  if (EXPIRED.has(name)) {
    return say(
      'access',
      `the credentials expired while ${doing(action)} ${where} (${name})`,
      'Renew the credentials and run the same command again: finished parts are kept.',
    );
  }
  if (BAD_CREDENTIALS.has(name)) {
    return say(
      'access',
      `S3 does not know the credentials, or there are none (${name}: ${message})`,
      'Set up credentials as for the AWS command line: environment, `profile` (one that ~/.aws/config or ~/.aws/credentials has), or an instance role.',
    );
  }
  if (name === 'RequestTimeTooSkewed') {
    return say('access', `this machine's clock is wrong (${message})`, 'Set the clock and run again.');
  }
  if (REDIRECTS.has(name) || status === 301 || status === 307) {
    return say(
      'usage',
      `${where} is not where we asked for it${failure.region ? `: its bucket is in ${failure.region}` : ` (${name})`}`,
      failure.region
        ? `Leave out \`region\`, or use \`region\` ${failure.region}.`
        : 'Leave out `region`, or give the region of the bucket.',
    );
  }
  if (name === 'AccessDenied' || status === 401 || status === 403)
    return denied(failure, action, where, error);
  if (name === 'NoSuchKey' || status === 404) {
    return say(
      'not-found',
      `no such object: ${where}`,
      'Check the prefix, and that nothing removes objects under it.',
    );
  }
  if (isSlowDown(error)) {
    return say(
      'storage',
      `S3 kept asking to slow down while ${doing(action)} ${where}${times(failure)}`,
      'Run the same command again later, or with a larger `maxAttempts`: finished parts are kept.',
    );
  }
  if (isNetworkFailure(error)) {
    return say(
      'storage',
      `the connection failed while ${doing(action)} ${where}${times(failure)}: ${failure.code ?? name} ${message}`,
      'Check the network and `endpointUrl`, then run the same command again: finished parts are kept.',
    );
  }
  if (failure.code !== undefined && TLS_CODES.test(failure.code)) {
    return say(
      'storage',
      `no secure connection while ${doing(action)} ${where} (${failure.code})`,
      'Check `endpointUrl`: whether the server speaks https, and this machine trusts its certificate.',
    );
  }
  if (status === 400 && name === 'Unknown') {
    // Replies to HEAD have no body.
    return say(
      'storage',
      `the server refused ${doing(action)} ${where} without saying why (HTTP 400)`,
      'Check `region` and the credentials; a server without the newer checksum headers needs `s3Checksums` when-required.',
    );
  }
  return say(
    'storage',
    `S3 failed while ${doing(action)} ${where}${times(failure)}: ${name}${message === name ? '' : `: ${message}`}`,
    status === 400 || status === 501
      ? 'For a server without the newer checksum headers use `s3Checksums` when-required.'
      : 'Run the same command again: finished parts are kept.',
  );
}

/**
 * The SDK's error by name, words, stack and request id alone. The original holds the reply, that its socket, and
 * that the request with its signed headers: nothing that may ever reach a log.
 */
export function bare(error: unknown): Error {
  const { name, message, status } = failureOf(error);
  const { $metadata } = error as { $metadata?: { requestId?: string } };
  const copy = new Error(
    [message, status && `HTTP ${status}`, $metadata?.requestId && `request ${$metadata.requestId}`]
      .filter(Boolean)
      .join(', '),
  );
  copy.name = name;
  if (error instanceof Error && error.stack !== undefined) copy.stack = error.stack;
  return copy;
}

/** An input is no longer what the plan was made for. */
export function changedError(where: string, cause?: unknown): RepartitionError {
  return new RepartitionError('changed', `${where} changed while we were working with it`, {
    hint: 'Wait until nothing else writes under the prefix, then run the same command again.',
    operation: 'read',
    path: where,
    ...(cause === undefined ? {} : { cause: bare(cause) }),
  });
}

function denied(failure: S3Failure, action: S3Action, where: string, cause: unknown): RepartitionError {
  const { name, message } = failure;
  const permission = {
    read: 's3:GetObject',
    write: 's3:PutObject and s3:AbortMultipartUpload',
    list: 's3:ListBucket',
    open: 's3:ListBucket',
  }[action];
  const also =
    action === 'read' ? ' Without s3:ListBucket, S3 also says this of objects that do not exist.' : '';
  const kms = /kms/i.test(`${name} ${message}`)
    ? ' For objects under a KMS key it also needs kms:Decrypt and kms:GenerateDataKey on the key.'
    : '';
  // What a reply to HEAD is silent about.
  const unless = action === 'open' ? ', if its credentials are right' : '';
  return new RepartitionError('access', `access denied while ${doing(action)} ${where}`, {
    hint: `The role or user needs ${permission} here${unless}.${also}${kms}`,
    operation: action,
    path: where,
    cause: bare(cause),
  });
}

function doing(action: S3Action): string {
  return { read: 'reading', write: 'writing', list: 'listing', open: 'opening' }[action];
}

function times({ attempts }: S3Failure): string {
  return attempts === undefined || attempts < 2 ? '' : ` (${attempts} attempts)`;
}
