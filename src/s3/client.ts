import { HeadBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { RepartitionError } from '../errors.js';
import { failureOf, isSlowDown, toRepartitionError } from './errors.js';
import { DEFAULT_MAX_ATTEMPTS, DEFAULT_MAX_CONCURRENCY, type S3Options } from './options.js';
import { Throttle } from './throttle.js';

/** A socket on which nothing moves for this long is given up and the request sent again. */
const IDLE_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Where a bucket is asked for its region when nothing says better; any region answers. */
const FIRST_REGION = 'us-east-1';

export interface Connection {
  client: S3Client;
  throttle: Throttle;
  /** The options with what has been found out, so that a worker need not ask again. */
  options: S3Options & { region: string; pathStyle: boolean };
}

/**
 * A client for one bucket, in the bucket's region. Credentials come from the SDK's standard chain and stay in
 * the client. One request at most (HeadBucket), and none when the options name the region.
 * @throws RepartitionError `not-found` (bucket), `access`, `storage`
 */
export async function connect(bucket: string, options: S3Options, signal?: AbortSignal): Promise<Connection> {
  const maxConcurrency = options.maxConcurrency ?? DEFAULT_MAX_CONCURRENCY;
  const config: S3ClientConfig = {
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.endpointUrl === undefined ? {} : { endpoint: options.endpointUrl }),
    ...(options.checksums === 'when-required'
      ? { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }
      : {}),
    maxAttempts: options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    retryMode: 'adaptive',
    // "Expect: 100-continue" would open a connection of its own for each part.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets: maxConcurrency + 2 },
      httpsAgent: { keepAlive: true, maxSockets: maxConcurrency + 2 },
    },
  };
  const found = await settle(bucket, options, config, signal);
  const client = new S3Client({ ...config, region: found.region, forcePathStyle: found.pathStyle });
  const throttle = new Throttle(maxConcurrency);
  tellThrottle(client, throttle);
  return { client, throttle, options: { ...options, ...found } };
}

/** Finds the region and the addressing style where the options leave them open. */
async function settle(
  bucket: string,
  options: S3Options,
  config: S3ClientConfig,
  signal: AbortSignal | undefined,
): Promise<{ region: string; pathStyle: boolean }> {
  let scout = new S3Client(config);
  try {
    const endpoint = options.endpointUrl ?? (await scout.config.serviceConfiguredEndpoint?.());
    const pathStyle = options.pathStyle ?? (endpoint !== undefined && !isAwsEndpoint(endpoint));
    if (options.region !== undefined) return { region: options.region, pathStyle };
    // The chain's region is only a first guess, for it has nothing to do with the bucket.
    const guess = await scout.config.region().catch(() => FIRST_REGION);
    scout.destroy();
    scout = new S3Client({ ...config, region: guess, forcePathStyle: pathStyle });
    return { region: await regionOf(bucket, scout, options, guess, signal), pathStyle };
  } finally {
    scout.destroy();
  }
}

/**
 * S3 names a bucket's region in the answer to HeadBucket, also when it redirects (301, 400) or refuses (403).
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
async function regionOf(
  bucket: string,
  client: S3Client,
  options: S3Options,
  guess: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const answer = await client.send(
      new HeadBucketCommand({
        Bucket: bucket,
        ...(options.expectedBucketOwner === undefined
          ? {}
          : { ExpectedBucketOwner: options.expectedBucketOwner }),
      }),
      signal === undefined ? {} : { abortSignal: signal },
    );
    return answer.BucketRegion ?? guess;
  } catch (error) {
    const { region, status } = failureOf(error);
    if (region !== undefined && status !== 404) {
      // A 403 in the right region: the role may do without s3:ListBucket, unless the owner is the wrong one.
      if (status !== 403 || options.expectedBucketOwner === undefined) return region;
      throw new RepartitionError(
        'access',
        `access denied to s3://${bucket}, or account ${options.expectedBucketOwner} does not own it`,
        { hint: 'Check --expected-bucket-owner, and that the role has s3:ListBucket.', cause: error },
      );
    }
    throw toRepartitionError(error, 'open', `s3://${bucket}`, signal);
  }
}

function isAwsEndpoint(endpoint: string): boolean {
  return /\.(amazonaws\.com(\.cn)?|api\.aws)$/i.test(new URL(endpoint).hostname);
}

/** The throttle hears of every attempt, also of those that the SDK repeats on its own. */
function tellThrottle(client: S3Client, throttle: Throttle): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const report = throttle.attempt();
      try {
        const result = await next(args);
        report('fine');
        return result;
      } catch (error) {
        if (isSlowDown(error)) report('slow-down');
        throw error;
      }
    },
    // Inside the SDK's retries, which sit at high priority of the same step.
    { step: 'finalizeRequest', priority: 'low', name: 'tellThrottle' },
  );
}
