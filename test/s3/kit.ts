/** What the S3 tests share: buckets, objects put in place by other means than ours, storages. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import pMap from 'p-map';
import { openS3Storage, type S3Location } from '../../src/s3/index.js';
import type { Storage } from '../../src/storage/storage.js';
import { python, repositoryRoot } from '../support/paths.js';
import { expectReadyByFooters } from '../support/ready.js';

export const MIB = 1024 * 1024;

/**
 * A request alone waits for two processes to get their turn, and on a busy machine that is most of its time; eight at
 * once wait together.
 */
const AT_ONCE = { concurrency: 8 };

/** A bucket seen from outside: with a plain client that has nothing to do with the code under test. */
export class TestBucket {
  private constructor(
    readonly client: S3Client,
    readonly name: string,
    private readonly endpoint: string,
  ) {}

  static async create(endpoint: string): Promise<TestBucket> {
    const bucket = TestBucket.at(endpoint, `bucket-${randomUUID().slice(0, 8)}`);
    await bucket.client.send(new CreateBucketCommand({ Bucket: bucket.name }));
    return bucket;
  }

  /** One that is there already. */
  static at(endpoint: string, name: string): TestBucket {
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, maxAttempts: 5 });
    return new TestBucket(client, name, endpoint);
  }

  /** A prefix in it, as a user says it; past any proxy. */
  asPrefix(prefix: string): { inputPrefix: string; s3: { endpointUrl: string; region: string } } {
    return {
      inputPrefix: `s3://${this.name}/${prefix}`,
      s3: { endpointUrl: this.endpoint, region: 'us-east-1' },
    };
  }

  /** Puts an object and gives its ETag without quotes. */
  async put(key: string, body: Uint8Array | string): Promise<string> {
    const { ETag = '' } = await this.client.send(
      new PutObjectCommand({ Bucket: this.name, Key: key, Body: body }),
    );
    return ETag.replaceAll('"', '');
  }

  /** Uploads all files of a folder, from disk. */
  async putFolder(folder: string, prefix = ''): Promise<void> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    await pMap(
      files,
      async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const key = path.slice(folder.length + 1).replaceAll('\\', '/');
        await new Upload({
          client: this.client,
          params: {
            Bucket: this.name,
            Key: prefix === '' ? key : `${prefix}/${key}`,
            Body: createReadStream(path, { highWaterMark: MIB }),
          },
          partSize: 16 * MIB,
          // Eight files at once hold enough of them in memory.
          queueSize: 1,
        }).done();
      },
      AT_ONCE,
    );
  }

  async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }));
  }

  /** SHA-256 without holding the object. */
  async hash(key: string): Promise<string> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    const hash = createHash('sha256');
    for await (const chunk of Body as AsyncIterable<Uint8Array>) hash.update(chunk);
    return hash.digest('hex');
  }

  async get(key: string): Promise<Uint8Array> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  }

  async keys(prefix = ''): Promise<string[]> {
    const { Contents = [] } = await this.client.send(
      new ListObjectsV2Command({ Bucket: this.name, Prefix: prefix }),
    );
    return Contents.map(({ Key = '' }) => Key).sort();
  }

  /** Begins a multipart upload and leaves it open. */
  async openUpload(key: string): Promise<void> {
    await this.client.send(new CreateMultipartUploadCommand({ Bucket: this.name, Key: key }));
  }

  /** Keys of multipart uploads that nobody completed or aborted. */
  async openUploads(): Promise<string[]> {
    const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.name }));
    return Uploads.map(({ Key = '' }) => Key);
  }
}

export function openAt(
  endpoint: string,
  bucket: string,
  prefix = '',
  options: S3Location['options'] = {},
): Promise<Storage> {
  return openS3Storage({ scheme: 's3', bucket, prefix, options: { endpointUrl: endpoint, ...options } });
}

/** Bytes that differ from place to place, the same each time. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** For comparing many MiB: a failed comparison of the bytes themselves would print them all. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A folder that is removed at the end. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 's3-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export const moviesFolder = join(repositoryRoot, 'test', 'fixtures', 'movies');

/** A copy, since alignment writes into the prefix. */
export async function copyMovies(to: string): Promise<void> {
  await cp(moviesFolder, to, { recursive: true });
}

export interface GraphSpec {
  dim?: number;
  features?: number[];
  labels?: number[];
  /** As many label columns of that layout; 1 unless given. */
  copies?: number;
  /** Different values of a label; 10 unless given. */
  classes?: number;
  /** A footer key of the labels. */
  shape?: string;
  edges?: number[];
  weights?: number[];
}

export async function makeGraph(folder: string, spec: GraphSpec): Promise<void> {
  const program = join(repositoryRoot, 'test', 's3', 'make_graph.py');
  await promisify(execFile)(python, [program, folder, JSON.stringify(spec)]);
}

interface Entry {
  data: string[];
  row_counts: number[];
}

/** Every data set of a graph's metadata by its place, such as `node_data item feat`. */
export function dataSetsOf(metadata: string): Map<string, Entry> {
  const found = new Map<string, Entry>();
  const visit = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('data' in value && 'row_counts' in value) {
      found.set(place, value as Entry);
      return;
    }
    for (const [name, inner] of Object.entries(value)) visit(inner, `${place} ${name}`);
  };
  const all = JSON.parse(metadata) as Record<string, unknown>;
  for (const section of ['edges', 'edge_data', 'node_data']) visit(all[section], section);
  return found;
}

/** By place: the row counts and the SHA-256 of every part that a local prefix's updated metadata list. It is ready. */
export async function alignedLocally(
  folder: string,
): Promise<Map<string, { rows: number[]; parts: string[] }>> {
  await expectReadyByFooters({ inputPrefix: folder });
  const metadata = await readFile(join(folder, 'updated_row_counts_metadata.json'), 'utf8');
  const result = new Map<string, { rows: number[]; parts: string[] }>();
  for (const [place, { data, row_counts }] of dataSetsOf(metadata)) {
    const parts: string[] = [];
    for (const path of data) {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(join(folder, path))) hash.update(chunk as Uint8Array);
      parts.push(hash.digest('hex'));
    }
    result.set(place, { rows: row_counts, parts });
  }
  return result;
}

/** The same of a prefix on S3. */
export async function alignedOnS3(
  bucket: TestBucket,
  prefix: string,
): Promise<Map<string, { rows: number[]; parts: string[] }>> {
  await expectReadyByFooters(bucket.asPrefix(prefix));
  const inside = (path: string): string => (prefix === '' ? path : `${prefix}/${path}`);
  const metadata = Buffer.from(await bucket.get(inside('updated_row_counts_metadata.json'))).toString();
  const result = new Map<string, { rows: number[]; parts: string[] }>();
  for (const [place, { data, row_counts }] of dataSetsOf(metadata)) {
    const parts = await pMap(data, (path) => bucket.hash(inside(path)), AT_ONCE);
    result.set(place, { rows: row_counts, parts });
  }
  return result;
}

const READ_BY_PYARROW = `
import concurrent.futures, json, sys
import pyarrow.fs, pyarrow.parquet
pool = concurrent.futures.ThreadPoolExecutor(8)
endpoint, root = sys.argv[1:]
s3 = pyarrow.fs.S3FileSystem(endpoint_override=endpoint, region="us-east-1", force_virtual_addressing=False)
metadata = json.loads(s3.open_input_file(root + "/updated_row_counts_metadata.json").read())
found = {}
def rows_of(part):
    return pyarrow.parquet.read_table(f"{root}/{part}", filesystem=s3).num_rows
def visit(value, place):
    if "data" in value and "row_counts" in value:
        found[place] = list(pool.map(rows_of, value["data"]))
        return
    for name, inner in value.items():
        visit(inner, f"{place} {name}")
for section in ("edges", "edge_data", "node_data"):
    visit(metadata.get(section, {}), section)
print(json.dumps(found))
`;

/** The rows of every part that the updated metadata list, as pyarrow reads them from S3. */
export async function rowsByPyarrow(
  endpoint: string,
  bucket: string,
  prefix: string,
): Promise<Map<string, number[]>> {
  const root = prefix === '' ? bucket : `${bucket}/${prefix}`;
  const { stdout } = await promisify(execFile)(python, ['-c', READ_BY_PYARROW, endpoint, root]);
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, number[]>));
}
