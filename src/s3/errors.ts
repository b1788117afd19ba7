import { isNameless } from '../aws-config/nameless.js';
import { interrupted, RepartitionError } from '../errors.js';
import { restoreHint } from './archive.js';

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
  /** From the `x-amz-bucket-region` header, or from what S3 says. */
  region?: string;
  /** Whether the answer is none that the service gives. */
  isForeign: boolean;
  /** The proxy that the request went through. */
  proxy?: string;
  /** Of an archived object. */
  storageClass?: string;
  accessTier?: string;
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

/** Nobody we trust has signed the certificate. */
const UNTRUSTED =
  /^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_(UNTRUSTED|SIGNATURE_FAILURE|CHAIN)|INVALID_CA)/;

// Error codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired']);
const BAD_CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  // MinIO's name for it.
  'InvalidTokenId',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'NotSignedUp',
]);
/** What the SDK's own errors are called. */
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);
const WRONG_CLOCK = 'RequestTimeTooSkewed';
/** What the SDK says of an answer that is not what the service sends. */
const UNREADABLE = /\n\s*Deserialization error: to see the raw response/;
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

/** https://developers.cloudflare.com/r2/objects/multipart-objects/#limitations */
export function wantsEqualParts(error: unknown): boolean {
  const { name, message } = failureOf(error);
  return name === 'InvalidPart' && /same (length|size)|non uniform/i.test(message);
}

/** Whether the connection failed rather than the request. */
export function isNetworkFailure(error: unknown): boolean {
  const { name, code } = failureOf(error);
  return name === 'TimeoutError' || (code !== undefined && NETWORK_CODES.has(code));
}

/** Whether S3 says no to whoever asks, rather than that something is missing or the server is not well. */
export function isRefusal(error: unknown): boolean {
  return [400, 401, 403].includes(failureOf(error).status ?? 0);
}

/** Whether credentials or clock are to blame, so that any other request would fail as well. */
export function isAboutCredentials(error: unknown): boolean {
  const { name } = failureOf(error);
  return [EXPIRED, BAD_CREDENTIALS, NO_CREDENTIALS].some((names) => names.has(name)) || name === WRONG_CLOCK;
}

export function failureOf(error: unknown): S3Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), isForeign: false };
  const { $metadata, $response, bucketRegion, code, proxy, StorageClass, AccessTier } = error as Error & {
    $metadata?: { httpStatusCode?: number; attempts?: number };
    $response?: { headers?: Record<string, string> };
    bucketRegion?: string;
    code?: unknown;
    proxy?: string;
    StorageClass?: string;
    AccessTier?: string;
  };
  const headers = $response?.headers ?? {};
  const region =
    bucketRegion ?? headers['x-amz-bucket-region'] ?? /\bexpecting '([\w-]+)'/.exec(error.message)?.[1];
  return {
    name: error.name,
    message: error.message.trim(),
    isForeign: UNREADABLE.test(error.message) || isPage(error.name, $metadata?.httpStatusCode, headers),
    ...($metadata?.httpStatusCode === undefined ? {} : { status: $metadata.httpStatusCode }),
    ...($metadata?.attempts === undefined ? {} : { attempts: $metadata.attempts }),
    ...(typeof code === 'string' ? { code } : {}),
    ...(region === undefined ? {} : { region }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(StorageClass === undefined ? {} : { storageClass: StorageClass }),
    ...(AccessTier === undefined ? {} : { accessTier: AccessTier }),
  };
}

/** What every answer of AWS has, and of most servers like it: servers that say HTML of an empty answer are known by it. */
const REQUEST_IDS = ['x-amz-request-id', 'x-amzn-requestid', 'x-amz-id-2'];

/** A page for people, where the service would have said something with a code. Nothing follows of one that is not found. */
function isPage(
  name: string,
  status: number | undefined,
  headers: Readonly<Record<string, string>>,
): boolean {
  const isHtml = headers['content-type']?.startsWith('text/html') === true;
  return isHtml && isNameless(name) && status !== 404 && !REQUEST_IDS.some((id) => id in headers);
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

  const instead = answeredInstead(error);
  if (instead)
    return say('storage', `${instead.what} while ${doing(action)} ${where}: ${instead.why}`, instead.hint);
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
  if (name === 'InvalidObjectState') return archived(failure, action, where, error);
  if (EXPIRED.has(name)) {
    return say(
      'access',
      `the credentials expired while ${doing(action)} ${where} (${wordsOf(failure)})`,
      'Renew the credentials and run the same command again: finished parts are kept.',
    );
  }
  if (NO_CREDENTIALS.has(name)) {
    return say('access', `no credentials while ${doing(action)} ${where}: ${message}`, CREDENTIALS_HINT);
  }
  if (BAD_CREDENTIALS.has(name)) {
    return say('access', `S3 does not accept the credentials (${wordsOf(failure)})`, CREDENTIALS_HINT);
  }
  if (name === WRONG_CLOCK) {
    return say(
      'access',
      `this machine's clock is wrong (${wordsOf(failure)})`,
      'Set the clock and run again.',
    );
  }
  if (REDIRECTS.has(name) || status === 301 || status === 307) {
    return say(
      'usage',
      `${where} is not where we asked for it${failure.region ? `: its bucket is in ${failure.region}` : ''} (${wordsOf(failure)})`,
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
  const broken = brokenConnection(error);
  if (broken !== undefined) {
    const { what, hint } = broken;
    return say('storage', `${what} while ${doing(action)} ${where}${times(failure)}: ${broken.why}`, hint);
  }
  if (status === 400 && isNameless(name)) {
    return say(
      'storage',
      `the server refused ${doing(action)} ${where} without saying why (HTTP 400)`,
      'Check `region` and the credentials; a server without the newer checksum headers needs `s3Checksums` when-required.',
    );
  }
  if (wantsEqualParts(error)) {
    return say(
      'storage',
      `this server takes no upload whose parts differ in size, as those of ${where} do (${wordsOf(failure)})`,
      'Align a copy of the graph on a disk or in a bucket of another server (docs/s3.md, "Other servers").',
    );
  }
  return say(
    'storage',
    `S3 failed while ${doing(action)} ${where}${times(failure)}: ${wordsOf(failure)}`,
    hintFor(failure),
  );
}

/** Of a failure that has no sentence of its own. */
function hintFor({ name, message, status }: S3Failure): string {
  // Object Lock: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
  if (/(content-md5|checksum).* is required/i.test(message)) {
    return 'Leave out `s3Checksums` when-required: here uploads must have checksums.';
  }
  if (status === 501 || /checksum|trailer|chunked|content-sha256/i.test(`${name} ${message}`)) {
    return 'For a server without the newer checksum headers use `s3Checksums` when-required.';
  }
  return status === 400
    ? 'Correct what it complains about, then run the same command again: finished parts are kept.'
    : 'Run the same command again: finished parts are kept.';
}

export const CREDENTIALS_HINT =
  'Set up credentials as for the AWS command line: environment, `profile` (one that ~/.aws/config or ~/.aws/credentials has), or an instance role.';

/** S3's own code and words, to be put into a sentence. */
function wordsOf({ name, message, status }: S3Failure): string {
  if ((isNameless(name) || UNREADABLE.test(message)) && status !== undefined) return `HTTP ${status}`;
  return message === '' || message === name ? name : `${name}: ${message.replace(/\.$/, '')}`;
}

/**
 * What a user reads when no answer came, of whatever service: for want of a connection, of trust, or of a proxy that lets
 * us through; `undefined` for other failures.
 */
export function brokenConnection(error: unknown): Trouble | undefined {
  return answeredInstead(error) ?? unanswered(error);
}

/** Of the way to a service: `what` goes before what was being done, and `why` behind it. */
interface Trouble {
  what: string;
  why: string;
  hint: string;
}

/** A proxy, a portal or a web server has answered in the service's stead; one that says it will pass is worth another try. */
function answeredInstead(error: unknown): Trouble | undefined {
  const { isForeign, status } = failureOf(error);
  if (!isForeign || (status !== undefined && status >= 500)) return undefined;
  return {
    what: 'something other than the service answered',
    why: `HTTP ${status ?? ''}, and a page or words that the service never sends`,
    hint: 'Check `endpointUrl`, HTTPS_PROXY and HTTP_PROXY, and whether the network asks for a login.',
  };
}

function unanswered(error: unknown): Trouble | undefined {
  const { name, message, code, proxy } = failureOf(error);
  const through = proxy === undefined ? '' : ` through the proxy ${proxy}`;
  const proxyHint = 'Check HTTPS_PROXY and HTTP_PROXY, and whether NO_PROXY should name the host';
  if (name === 'ProxyRefused') {
    return { what: `no connection${through}`, why: message, hint: `${proxyHint}.` };
  }
  if (isNetworkFailure(error)) {
    return {
      what: `the connection failed${through}`,
      why: `${code ?? name} ${message}`,
      hint: `${proxy === undefined ? 'Check the network and `endpointUrl`' : proxyHint}, then run the same command again: finished parts are kept.`,
    };
  }
  if (code === undefined || !TLS_CODES.test(code)) return undefined;
  return {
    what: `no secure connection${through}`,
    why: `${code} ${message}`,
    hint: UNTRUSTED.test(code)
      ? 'Where an authority of your own has signed the certificate, name a file with that authority’s in AWS_CA_BUNDLE, or as ca_bundle of the profile.'
      : 'Check `endpointUrl`: whether the server speaks https, and goes by that name.',
  };
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

/** The sentence of IAM names who may not do what: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const NOT_AUTHORIZED = /^(?:User: (\S+) )?is not authorized to perform: ([\w-]+:\w+)/;

/** Where the permission is missing: in a policy of who asks, of a VPC endpoint, of an organization, of the session. */
const LACKING = /because no (?:applicable )?([\w -]+?) allows/;

function denied(failure: S3Failure, action: S3Action, where: string, cause: unknown): RepartitionError {
  const { name, message } = failure;
  const says = isNameless(name) ? '' : ` (${wordsOf(failure)})`;
  return new RepartitionError('access', `access denied while ${doing(action)} ${where}${says}`, {
    hint:
      name === 'AccessDenied' || isNameless(name)
        ? deniedHint(action, isNameless(name) ? '' : message)
        : 'No permission is missing: what S3 says has to be put right, perhaps by who owns the account.',
    operation: action,
    path: where,
    cause: bare(cause),
  });
}

function deniedHint(action: S3Action, message: string): string {
  const [, who = 'the role or user', what] = NOT_AUTHORIZED.exec(message) ?? [];
  if (what !== undefined) {
    const key = what.startsWith('kms:') ? ' on the KMS key that encrypts the object' : '';
    if (message.includes('explicit deny'))
      return `A policy denies ${what}${key} to ${who}: ask who wrote it.`;
    const [, kind = 'identity-based policy'] = LACKING.exec(message) ?? [];
    return kind.startsWith('identity')
      ? `Give ${who} the permission ${what}${key}.`
      : `Have the ${kind} allow ${what}${key} to ${who}.`;
  }
  const permission = {
    read: 's3:GetObject',
    write: 's3:PutObject and s3:AbortMultipartUpload',
    list: 's3:ListBucket',
    open: 's3:ListBucket',
  }[action];
  const also =
    action === 'read' ? ' Without s3:ListBucket, S3 also says this of objects that do not exist.' : '';
  const kms = /kms/i.test(message)
    ? ' For objects under a KMS key it also needs kms:Decrypt and kms:GenerateDataKey on the key.'
    : '';
  return `The role or user needs ${permission} here.${also}${kms}`;
}

/** An archive that shows only when it is read. */
function archived(failure: S3Failure, action: S3Action, where: string, cause: unknown): RepartitionError {
  const { storageClass, accessTier } = failure;
  const kind = [storageClass, accessTier].filter(Boolean).join(', ');
  return new RepartitionError('access', `${where} is archived${kind && ` (${kind})`}`, {
    hint: restoreHint(where, storageClass),
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
