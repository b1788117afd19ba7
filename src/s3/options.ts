import { RepartitionError } from '../errors.js';

/**
 * What a user can say about the S3 side, as it travels in a location's `options`. Credentials are not among it:
 * every process finds them by the SDK's standard chain.
 *
 * @example
 * ```ts
 * import type { S3Options } from 'gs-repartition';
 *
 * const s3: S3Options = { region: 'eu-west-1', sse: 'aws:kms', maxAttempts: 20 };
 * ```
 */
export interface S3Options {
  /** Without it the bucket is asked for its region. */
  region?: string | undefined;
  /** A profile of the shared AWS configuration files. */
  profile?: string | undefined;
  /** Another server than AWS's; the SDK's own `AWS_ENDPOINT_URL_S3` and `AWS_ENDPOINT_URL` work too. */
  endpointUrl?: string | undefined;
  /** `http://host/bucket/key` instead of `http://bucket.host/key`. Default: true for any endpoint not of AWS. */
  pathStyle?: boolean | undefined;
  /** Encryption of what is written; without it the bucket's default applies. */
  sse?: 'AES256' | 'aws:kms' | 'aws:kms:dsse' | undefined;
  sseKmsKeyId?: string | undefined;
  /** Account id (12 digits) that must own the bucket. */
  expectedBucketOwner?: string | undefined;
  /** We pay for the requests and the transfer. */
  requesterPays?: boolean | undefined;
  /** Attempts per request, the first one included. Default 10. */
  maxAttempts?: number | undefined;
  /** Requests in flight at most; how many there are follows from what S3 takes. Default 256. */
  maxConcurrentRequests?: number | undefined;
  /** `when-required` is for servers that do not know the newer checksum headers. Default `when-supported`. */
  s3Checksums?: 'when-supported' | 'when-required' | undefined;
}

export const DEFAULT_MAX_ATTEMPTS = 10;
export const DEFAULT_MAX_CONCURRENT_REQUESTS = 256;

/** What is wrong with a value, as the end of a sentence; `undefined` when nothing is. */
type Check = (value: unknown) => string | undefined;

const text =
  (pattern: RegExp, complaint: string): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : complaint;
const oneOf = (...words: string[]): Check =>
  text(new RegExp(`^(${words.join('|')})$`), `must be one of ${words.join(', ')}`);
const yesOrNo: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : 'must be a whole number from 1';

const CHECKS: Record<keyof S3Options, Check> = {
  region: text(/^[a-z0-9-]+$/, 'must be the name of a region, such as us-east-1'),
  profile: text(/./, 'must be the name of a profile'),
  // No user, password, query or fragment: they would be shown in messages.
  endpointUrl: text(/^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/i, 'must be a URL such as https://host:port'),
  pathStyle: yesOrNo,
  sse: oneOf('AES256', 'aws:kms', 'aws:kms:dsse'),
  sseKmsKeyId: text(/./, 'must be the id or the ARN of a key'),
  expectedBucketOwner: text(/^\d{12}$/, 'must be an account id of 12 digits'),
  requesterPays: yesOrNo,
  maxAttempts: count,
  maxConcurrentRequests: count,
  s3Checksums: oneOf('when-supported', 'when-required'),
};

/**
 * Checks options that came from anywhere.
 * @throws RepartitionError `usage`
 */
export function readS3Options(given: unknown = {}): S3Options {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw usage('the S3 options are not an object', 'Give them as { region, maxAttempts, … }.');
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(CHECKS, name)) {
      throw usage(`there is no S3 option ${name}`, `There are ${Object.keys(CHECKS).join(', ')}.`);
    }
    const complaint = value === undefined ? undefined : CHECKS[name as keyof S3Options](value);
    if (complaint !== undefined) {
      // What looks like user:password@host must not come out in a log.
      const shown =
        typeof value === 'string' && value.includes('@') ? '' : `, but is ${JSON.stringify(value)}`;
      throw usage(`\`${name}\` ${complaint}${shown}`);
    }
  }
  const options: S3Options = { ...given };
  if (options.sseKmsKeyId !== undefined) {
    // A key id says which encryption is meant; AES256 with one is a contradiction S3 would refuse much later.
    options.sse ??= 'aws:kms';
    if (options.sse === 'AES256') {
      throw usage(
        'a KMS key id was given together with AES256 encryption',
        'Use `sse` aws:kms with the key, or leave the key out.',
      );
    }
  }
  return options;
}

function usage(message: string, hint?: string): RepartitionError {
  return new RepartitionError('usage', message, { hint });
}
