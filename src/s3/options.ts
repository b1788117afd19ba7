import { z } from 'zod';
import { RepartitionError } from '../errors.js';

/**
 * What a user can say about the S3 side, as it travels in `S3Location.options`. Credentials are not among it:
 * every process finds them by the SDK's standard chain.
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
  /** Requests in flight per process or worker while S3 does not complain. Default 32. */
  maxConcurrency?: number | undefined;
  /** `when-required` is for servers that do not know the newer checksum headers. Default `when-supported`. */
  checksums?: 'when-supported' | 'when-required' | undefined;
}

export const DEFAULT_MAX_ATTEMPTS = 10;
export const DEFAULT_MAX_CONCURRENCY = 32;

const schema = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'is not the name of a region, such as us-east-1')
    .optional(),
  profile: z.string().min(1, 'must not be empty').optional(),
  endpointUrl: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as https://host:port' })
    .refine((url) => !/@|\?|#/.test(url), 'must hold no credentials, query or fragment')
    .optional(),
  pathStyle: z.boolean().optional(),
  sse: z
    .enum(['AES256', 'aws:kms', 'aws:kms:dsse'], { error: 'must be AES256, aws:kms or aws:kms:dsse' })
    .optional(),
  sseKmsKeyId: z.string().min(1, 'must not be empty').optional(),
  expectedBucketOwner: z
    .string()
    .regex(/^\d{12}$/, 'must be an account id of 12 digits')
    .optional(),
  requesterPays: z.boolean().optional(),
  maxAttempts: z.number().int('must be a whole number').min(1, 'must be at least 1').optional(),
  maxConcurrency: z.number().int('must be a whole number').min(1, 'must be at least 1').optional(),
  checksums: z
    .enum(['when-supported', 'when-required'], { error: 'must be when-supported or when-required' })
    .optional(),
});

/**
 * Checks options that came as plain JSON.
 * @throws RepartitionError `usage`
 */
export function readS3Options(given: Readonly<Record<string, unknown>> = {}): S3Options {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.');
    throw new RepartitionError(
      'usage',
      `S3 option ${where ? `${where}: ` : ''}${issue?.message ?? 'is wrong'}`,
    );
  }
  const options = parsed.data;
  if (options.sseKmsKeyId !== undefined) {
    // A key id says which encryption is meant; AES256 with one is a contradiction S3 would refuse much later.
    options.sse ??= 'aws:kms';
    if (options.sse === 'AES256') {
      throw new RepartitionError('usage', 'a KMS key id was given together with AES256 encryption', {
        hint: 'Use --sse aws:kms with the key, or leave the key out.',
      });
    }
  }
  return options;
}
