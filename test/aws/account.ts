/** An AWS account on loopback as the guide finds it: an image is pushed, input data are uploaded, nothing else is there. */
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ECR } from '@aws-sdk/client-ecr';
import { IAM } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startMoto } from '../s3/servers.js';
import { repositoryRoot } from '../support/paths.js';
import { Front, type FrontOptions } from './front.js';
import { requireValid } from './judge.js';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
export const REPOSITORY = 'graphstorm-processing-emr-serverless';
export const IMAGE = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${REPOSITORY}:0.2.2-x86_64`;
export const MOVIES = join(repositoryRoot, 'test', 'fixtures', 'movies');
/** Waits that a test need not feel. */
export const QUICK = { firstPauseMs: 5, longestPauseMs: 20, giveUpMs: 20_000 };

export class Account {
  bucket = `bucket-${randomUUID().slice(0, 8)}`;
  readonly s3: S3Client;
  readonly iam: IAM;
  readonly ecr: ECR;

  private constructor(
    readonly front: Front,
    moto: string,
    private readonly stopMoto: () => Promise<void>,
  ) {
    // Past the front: what a test prepares and looks at is none of the calls it counts.
    const past = { endpoint: moto, region: REGION };
    this.s3 = new S3Client({ ...past, forcePathStyle: true });
    this.iam = new IAM(past);
    this.ecr = new ECR(past);
  }

  /** Starts the servers, and points the SDK of this process at them. */
  static async open(options: FrontOptions = {}): Promise<Account> {
    const moto = await startMoto();
    const front = await Front.start(moto.endpoint, options);
    Object.assign(process.env, { AWS_ENDPOINT_URL: front.endpoint, AWS_REGION: REGION });
    const account = new Account(front, moto.endpoint, () => moto.stop());
    await account.s3.send(new CreateBucketCommand({ Bucket: account.bucket }));
    return account;
  }

  /** Stops the servers. Fails when a request came that AWS would not take. */
  async close(): Promise<void> {
    await this.front.stop();
    await this.stopMoto();
    await requireValid(this.front.requests);
  }

  /** Forgets calls, faults and jobs of the test before. */
  reset(options: FrontOptions = {}): void {
    this.front.calls.length = 0;
    this.front.faults.length = 0;
    this.front.expiredKeys.clear();
    this.front.signers.clear();
    this.front.overrides.clear();
    this.front.options = options;
  }

  /** Pushes an image: as far as the registry tells, its manifest. */
  async pushImage(repository = REPOSITORY, tag = '0.2.2-x86_64'): Promise<void> {
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: {
        mediaType: 'application/vnd.docker.container.image.v1+json',
        size: 7023,
        digest: 'sha256:' + 'a'.repeat(64),
      },
      layers: [],
      annotations: { repository, tag },
    };
    await this.ecr.createRepository({ repositoryName: repository }).catch((error: unknown) => {
      if (!(error instanceof Error) || error.name !== 'RepositoryAlreadyExistsException') throw error;
    });
    await this.ecr.putImage({
      repositoryName: repository,
      imageTag: tag,
      imageManifest: JSON.stringify(manifest),
      imageManifestMediaType: manifest.mediaType,
    });
  }

  /** Works in a bucket of a given name from now on. */
  async nameBucket(name: string): Promise<void> {
    await this.s3.send(new CreateBucketCommand({ Bucket: name }));
    this.bucket = name;
  }

  async makeBucket(name: string, region: 'eu-west-1'): Promise<void> {
    await this.s3.send(
      new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
  }

  async put(key: string, body: Uint8Array | string): Promise<void> {
    await this.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body }));
  }

  async get(key: string): Promise<string> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return (await Body?.transformToString()) ?? '';
  }

  async remove(key: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  url(key: string): string {
    return `s3://${this.bucket}/${key}`;
  }

  /** What a job writes: the movies graph, misaligned, as real Spark left it. */
  async writeMovies(prefix: string): Promise<void> {
    for (const file of await filesUnder(MOVIES)) {
      await this.put(`${prefix}/${file}`, await readFile(join(MOVIES, file)));
    }
  }

  /** A small part of it, for the tests that align often: movies and their ratings. */
  async writeRatings(prefix: string): Promise<void> {
    const metadata = JSON.parse(await readFile(join(MOVIES, 'metadata.json'), 'utf8')) as Metadata;
    const edgeTypes = ['movie:rated:rating', 'rating:rated-rev:movie'];
    const nodeTypes = ['movie', 'rating'];
    const only = <T>(all: Record<string, T>, types: string[]): Record<string, T> =>
      Object.fromEntries(Object.entries(all).filter(([type]) => types.includes(type)));
    const small = {
      edge_type: edgeTypes,
      node_type: nodeTypes,
      edges: only(metadata.edges, edgeTypes),
      edge_data: only(metadata.edge_data, edgeTypes),
      node_data: only(metadata.node_data, ['rating']),
      raw_id_mappings: only(metadata.raw_id_mappings, nodeTypes),
    };
    const features = [small.edge_data, small.node_data].flatMap((all) => Object.values(all));
    const all = [...features, small.edges, small.raw_id_mappings].flatMap((one) => Object.values(one));
    for (const file of new Set(all.flatMap(({ data }) => data))) {
      await this.put(`${prefix}/${file}`, await readFile(join(MOVIES, file)));
    }
    await this.put(`${prefix}/metadata.json`, JSON.stringify(small));
  }
}

interface DataSet {
  data: string[];
}

interface Metadata {
  edges: Record<string, DataSet>;
  edge_data: Record<string, Record<string, DataSet>>;
  node_data: Record<string, Record<string, DataSet>>;
  raw_id_mappings: Record<string, DataSet>;
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    );
}
