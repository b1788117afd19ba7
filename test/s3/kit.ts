/** What the S3 tests share: buckets, objects put in place by other means than ours, storages. */
import { createHash, randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { openS3Storage } from '../../src/s3/index.js';
import type { S3Location, Storage } from '../../src/storage/storage.js';

export const MIB = 1024 * 1024;

/** A bucket seen from outside: with a plain client that has nothing to do with the code under test. */
export class TestBucket {
  private constructor(
    readonly client: S3Client,
    readonly name: string,
  ) {}

  static async create(endpoint: string): Promise<TestBucket> {
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, maxAttempts: 5 });
    const name = `bucket-${randomUUID().slice(0, 8)}`;
    await client.send(new CreateBucketCommand({ Bucket: name }));
    return new TestBucket(client, name);
  }

  /** Puts an object and gives its ETag without quotes. */
  async put(key: string, body: Uint8Array | string): Promise<string> {
    const { ETag = '' } = await this.client.send(
      new PutObjectCommand({ Bucket: this.name, Key: key, Body: body }),
    );
    return ETag.replaceAll('"', '');
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
  return openS3Storage({ kind: 's3', bucket, prefix, options: { endpointUrl: endpoint, ...options } });
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
