/**
 * The way to AWS: clients by service, made when first asked for, with credentials from the SDK's standard chain.
 * No other file here loads an SDK package, so that a program which aligns a local folder never waits for one.
 */
import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { ECR } from '@aws-sdk/client-ecr';
import type { EMRServerless } from '@aws-sdk/client-emr-serverless';
import type { IAM } from '@aws-sdk/client-iam';
import type { SageMaker } from '@aws-sdk/client-sagemaker';
import type { ServiceQuotas } from '@aws-sdk/client-service-quotas';
import type { STS } from '@aws-sdk/client-sts';
import { RepartitionError } from '../errors.js';
import type { Way } from '../aws-config/index.js';
import { typedWords } from '../aws-config/words.js';
import { tellSentAgain } from '../sent-again.js';
import type { Bucket } from './bucket.js';
import type { S3Options } from '../s3/options.js';
import { ask } from './errors.js';

/** What a user can say about the way to AWS. Credentials are not among it, and never leave the clients. */
export interface AwsOptions {
  /** Default: the environment's or the profile's region. */
  region?: string | undefined;
  /** A profile of the shared AWS configuration files. */
  profile?: string | undefined;
  /** Another server than AWS's, for all services; the SDK's own `AWS_ENDPOINT_URL…` variables work too. */
  endpointUrl?: string | undefined;
  /** Attempts per request, the first one included. Default 5. */
  maxAttempts?: number | undefined;
  /** Options of the S3 room; the region never goes into them, for a bucket knows its own. */
  s3?: S3Options | undefined;
}

/** The SDK’s client of each service. */
export interface Clients {
  sts: STS;
  iam: IAM;
  ecr: ECR;
  'emr-serverless': EMRServerless;
  sagemaker: SageMaker;
  'service-quotas': ServiceQuotas;
  logs: CloudWatchLogs;
}

type Service = keyof Clients;

type ClientConfig = Way['client'] & { region: string; maxAttempts: number; retryMode?: string };

const LOAD: { [S in Service]: (config: ClientConfig) => Promise<Clients[S]> } = {
  sts: async (config) => new (await import('@aws-sdk/client-sts')).STS(config),
  iam: async (config) => new (await import('@aws-sdk/client-iam')).IAM(config),
  ecr: async (config) => new (await import('@aws-sdk/client-ecr')).ECR(config),
  'emr-serverless': async (config) =>
    new (await import('@aws-sdk/client-emr-serverless')).EMRServerless(config),
  sagemaker: async (config) => new (await import('@aws-sdk/client-sagemaker')).SageMaker(config),
  'service-quotas': async (config) =>
    new (await import('@aws-sdk/client-service-quotas')).ServiceQuotas(config),
  logs: async (config) => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogs(config),
};

const DEFAULT_MAX_ATTEMPTS = 5;
const SOCKETS = { connectionTimeout: 10_000, socketTimeout: 60_000 };

/**
 * One person's connection to one region.
 *
 * @example
 * ```ts no-run
 * import { AwsSession, listApplications } from 'gs-repartition/upstream';
 *
 * const session = new AwsSession({ region: 'us-east-1', profile: 'graphs' });
 * try {
 *   console.log(await listApplications(session));
 * } finally {
 *   await session.close();
 * }
 * ```
 */
export class AwsSession {
  readonly options: AwsOptions;
  /** Whether a call was ever answered: from then on, a failure of credentials or network is one that may pass. */
  answered = false;
  private readonly clients = new Map<Service, Promise<{ destroy(): void }>>();
  private knownRegion: string | undefined;

  constructor(options: AwsOptions = {}) {
    // The SDK's version is ours to choose: its advice about Node's is nothing a user of the command can act on.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    this.options = options;
    this.knownRegion = options.region;
  }

  /** @throws RepartitionError `usage` when nobody says which region */
  async region(): Promise<string> {
    this.knownRegion ??= (await this.wayTo('sts')).region;
    if (this.knownRegion !== undefined) return this.knownRegion;
    throw new RepartitionError('usage', 'no AWS region is set', {
      hint: 'Give `region`, or set AWS_REGION or the region of the profile.',
    });
  }

  /**
   * The SDK is bundled and its types are not installed, so this is for us alone.
   * @internal
   */
  async client<S extends Service>(service: S): Promise<Clients[S]> {
    const region = await this.region();
    let client = this.clients.get(service) as Promise<Clients[S]> | undefined;
    if (client === undefined) {
      client = this.open(service, region);
      // A failure is for who asked; the next one asks again.
      client.catch(() => this.clients.delete(service));
      this.clients.set(service, client);
    }
    return client;
  }

  private async open<S extends Service>(service: S, region: string): Promise<Clients[S]> {
    const { client: way, retries } = await this.wayTo(service);
    const client = await LOAD[service]({
      ...way,
      region,
      maxAttempts: this.options.maxAttempts ?? retries.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
      ...(retries.mode === undefined ? {} : { retryMode: retries.mode }),
    });
    const { describeRepeat, followRepeats } = await import('../aws-config/index.js');
    followRepeats(client, (repeat) => tellSentAgain(() => describeRepeat(repeat)));
    return client;
  }

  private async wayTo(service: Service): Promise<Way> {
    return (await import('../aws-config/index.js')).wayTo(service, this.options, SOCKETS);
  }

  /**
   * Opens a bucket, in its own region. The caller closes it.
   * @internal
   */
  async bucket(name: string, signal?: AbortSignal): Promise<Bucket> {
    const bucket = await (await import('./bucket.js')).Bucket.open(this.s3Options(), name, signal);
    this.answered = true;
    return bucket;
  }

  /** Options under which the S3 room finds a bucket the same way as this session its services. */
  s3Options(): S3Options {
    const { profile, endpointUrl, s3 } = this.options;
    return {
      ...(profile === undefined ? {} : { profile }),
      ...(endpointUrl === undefined ? {} : { endpointUrl }),
      ...s3,
    };
  }

  /**
   * What the AWS command line, and our own for jobs, are told after all else to go the same way: ` --region eu-west-1`.
   * @internal
   */
  async wayWords(): Promise<string> {
    const { profile, endpointUrl } = this.options;
    return typedWords({ region: await this.region(), profile, endpointUrl });
  }

  /**
   * Forgets clients and the credentials they hold, and reads the shared configuration files again: the next call
   * resolves credentials anew, as a new process would.
   */
  async renew(): Promise<void> {
    await this.close();
    const { loadSharedConfigFiles } = await import('@smithy/core/config');
    await loadSharedConfigFiles({ ignoreCache: true });
  }

  /** Releases sockets. The session can be used again. */
  async close(): Promise<void> {
    const clients = [...this.clients.values()];
    this.clients.clear();
    for (const client of clients) (await client).destroy();
  }
}

/** The account that we are in. Commands ask this first: it tells whether there are credentials. */
export async function callerAccount(session: AwsSession, signal?: AbortSignal): Promise<string> {
  const sts = await session.client('sts');
  const http = signal === undefined ? {} : { abortSignal: signal };
  const { Account } = await ask('asking who we are', () => sts.getCallerIdentity({}, http), signal);
  session.answered = true;
  return Account ?? '';
}
