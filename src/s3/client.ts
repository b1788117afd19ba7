import { HeadBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { describeRepeat, followRepeats, type Way, wayTo } from '../aws-config/index.js';
import { RepartitionError } from '../errors.js';
import { tellSentAgain } from '../sent-again.js';
import { fewOpenFiles } from '../storage/open-files.js';
import type { OpenOptions } from '../storage/registry.js';
import { Tally } from '../storage/tally.js';
import { followClock } from './clock.js';
import { DirectReads } from './direct-reads.js';
import { bare, failureOf, isAboutCredentials, isSlowDown, toRepartitionError } from './errors.js';
import { DEFAULT_MAX_ATTEMPTS, DEFAULT_MAX_CONCURRENT_REQUESTS, type S3Options } from './options.js';
import { askForReasons } from './reason.js';
import { PatientRetries } from './retry.js';
import { Throttle } from './throttle.js';
import { ServerTerms } from './upload-terms.js';

/** A socket on which nothing moves for this long is given up and the request sent again. */
const IDLE_TIMEOUT_MS = 120_000;
/**
 * The same for the request that makes one object of an upload's parts. It may take minutes; AWS sends spaces meanwhile, and
 * others, which copy the parts, nothing.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
const COMPLETE_TIMEOUT_MS = 600_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Where a bucket is asked for its region when nothing says better; any region answers. */
const FIRST_REGION = 'us-east-1';

export interface Connection {
  client: S3Client;
  throttle: Throttle;
  tally: Tally;
  /** Reads without the SDK's work, see `direct-reads.ts`; undefined where that can't be. */
  openDirectReads: (common: Parameters<typeof DirectReads.open>[1]) => Promise<DirectReads | undefined>;
  /** Not AWS's S3: such a server may leave out what S3 promises. */
  foreign: boolean;
  /** How it wants multipart uploads. */
  terms: ServerTerms;
  /** Whether the bucket has answered; otherwise nobody has asked. */
  isBucketKnown: boolean;
  /** The options with what has been found out, so that a worker need not ask again. */
  options: S3Options & { region: string; pathStyle: boolean };
}

/**
 * A client for one bucket, in the bucket's region. Credentials come from the SDK's standard chain and stay in
 * the client. One request at most (HeadBucket), and none when the options name the region.
 * @param how.isAws it has been found out that AWS is behind the endpoint
 * @throws RepartitionError `usage` (endpoint), `not-found` (bucket), `access`, `storage`
 */
export async function connect(
  bucket: string,
  options: S3Options,
  {
    ownThread,
    signal,
    tally = Tally.empty(),
    isAws = false,
  }: OpenOptions & { isAws?: boolean | undefined } = {},
): Promise<Connection> {
  // The SDK's version is ours to choose: its advice about Node's is nothing a user of the command can act on.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  try {
    const way = await wayTo('s3', options, {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      maxSockets: mostRequests(options) + 2,
      patience: {
        for: ({ method, query }) => method === 'POST' && 'uploadId' in query,
        socketTimeout: COMPLETE_TIMEOUT_MS,
      },
    });
    const foreign = way.endpoint !== undefined && !isAwsEndpoint(way.endpoint);
    const pathStyle = options.pathStyle ?? way.pathStyle ?? foreign;
    const maxAttempts = options.maxAttempts ?? way.retries.maxAttempts;
    const config = { ...configOf({ ...options, maxAttempts }, way), forcePathStyle: pathStyle };
    const terms = new ServerTerms(foreign ? way.endpoint : undefined, isAws || !foreign);
    const region = options.region ?? (await regionOf(bucket, options, { config, terms, tally }, signal));
    const client = new S3Client({ ...config, region });
    const throttle = new Throttle(mostRequests(options), ownThread);
    tellThrottle(client, throttle, tally);
    tellTally(client, tally);
    tellRepeats(client, tally);
    followClock(client);
    askForReasons(client);
    terms.listenTo(client);
    terms.isPlain = (await client.config.requestChecksumCalculation()) === 'WHEN_REQUIRED';
    return {
      client,
      throttle,
      tally,
      terms,
      openDirectReads: (common) => openDirectReads(client, common, options, way.ca),
      foreign,
      isBucketKnown: options.region === undefined,
      options: { ...options, region, pathStyle, maxAttempts },
    };
  } catch (error) {
    throw toRepartitionError(error, 'open', `s3://${bucket}`, signal);
  }
}

function configOf(
  { maxAttempts = DEFAULT_MAX_ATTEMPTS, s3Checksums }: S3Options,
  { client, retries }: Way,
): S3ClientConfig {
  return {
    ...client,
    ...(s3Checksums === 'when-required'
      ? { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }
      : {}),
    maxAttempts,
    retryStrategy: new PatientRetries(maxAttempts, retries.mode),
    // "Expect: 100-continue" would open a connection of its own for each part.
    expectContinueHeader: false,
  };
}

/** Where few files may be open, a second set of sockets would be one too many. */
async function openDirectReads(
  client: S3Client,
  common: Parameters<typeof DirectReads.open>[1],
  options: S3Options,
  ca: string | undefined,
): Promise<DirectReads | undefined> {
  if (fewOpenFiles()) return undefined;
  return DirectReads.open(client, common, {
    most: mostRequests(options),
    connectTimeout: CONNECT_TIMEOUT_MS,
    idleTimeout: IDLE_TIMEOUT_MS,
    ca,
  });
}

/** As many as were asked for, and as there may be sockets. */
function mostRequests({ maxConcurrentRequests = DEFAULT_MAX_CONCURRENT_REQUESTS }: S3Options): number {
  return Math.min(maxConcurrentRequests, fewOpenFiles()?.sockets ?? Infinity);
}

/**
 * S3 names a bucket's region in the answer to HeadBucket, also when it redirects (301, 400) or refuses (403).
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
async function regionOf(
  bucket: string,
  { expectedBucketOwner }: S3Options,
  { config, terms, tally }: { config: S3ClientConfig; terms: ServerTerms; tally: Tally },
  signal: AbortSignal | undefined,
): Promise<string> {
  // The region of the environment or the profile is a first guess; it has nothing to do with the bucket.
  const guess = typeof config.region === 'string' ? config.region : FIRST_REGION;
  const client = new S3Client({ ...config, region: guess });
  askForReasons(client);
  terms.listenTo(client);
  tellTally(client, tally);
  tellRepeats(client, tally);
  try {
    const answer = await client.send(
      new HeadBucketCommand({
        Bucket: bucket,
        ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
      }),
      signal === undefined ? {} : { abortSignal: signal },
    );
    return answer.BucketRegion ?? guess;
  } catch (error) {
    const { region, status } = failureOf(error);
    if (isAboutCredentials(error)) throw error;
    const mayBeWrongOwner = status === 403 && expectedBucketOwner !== undefined;
    if (!mayBeWrongOwner) {
      if (region === undefined || status === 404) throw error;
      // With a 403 too: the role may do without s3:ListBucket.
      return region;
    }
    throw new RepartitionError(
      'access',
      `access denied to s3://${bucket}, or account ${expectedBucketOwner} does not own it`,
      {
        hint: 'Check `expectedBucketOwner`, and that the role has s3:ListBucket.',
        operation: 'open',
        path: `s3://${bucket}`,
        cause: bare(error),
      },
    );
  } finally {
    client.destroy();
  }
}

function isAwsEndpoint(endpoint: string): boolean {
  return /\.(amazonaws\.com(\.cn)?|api\.aws)$/i.test(new URL(endpoint).hostname);
}

/** Every attempt is told of, also those that the SDK repeats on its own. */
function tellThrottle(client: S3Client, throttle: Throttle, tally: Tally): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const report = throttle.attempt();
      try {
        const result = await next(args);
        report('fine');
        return result;
      } catch (error) {
        if (isSlowDown(error)) {
          report('slow-down');
          tally.add({ slowDowns: 1 });
        }
        throw error;
      }
    },
    // Inside the SDK's retries, which sit at high priority of the same step.
    { step: 'finalizeRequest', priority: 'low', name: 'tellThrottle' },
  );
}

/** Counts what is sent: later than where direct reads end a request that they only want to see. */
function tellTally(client: S3Client, tally: Tally): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        tally.noteRequest(operationOf(commandName));
        return next(args);
      },
    { step: 'deserialize', priority: 'low', name: 'tellTally' },
  );
}

/** Counts what is sent again, and tells of it. */
function tellRepeats(client: S3Client, tally: Tally): void {
  followRepeats(client, (repeat) => {
    tally.add({ retries: 1 });
    tellSentAgain(() => describeRepeat(repeat, targetOf(repeat.input)));
  });
}

/** `part 3 of s3://bucket/key`, or the prefix of a list. */
function targetOf(input: { Bucket?: string; Key?: string; Prefix?: string; PartNumber?: number }): string {
  const { Bucket = '', Key, Prefix, PartNumber } = input;
  const part = PartNumber === undefined ? '' : `part ${PartNumber} of `;
  return `${part}s3://${[Bucket, Key ?? Prefix].filter(Boolean).join('/')}`;
}

/** `GetObject`, of the name of the SDK's command. */
function operationOf(commandName: string): string {
  return commandName.replace(/Command$/, '');
}
