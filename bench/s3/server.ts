/** A real S3 server on loopback for a benchmark: its bucket lies on the disk that is measured, its traffic is counted. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DeleteObjectsCommand, GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { TestBucket } from '../../test/s3/kit.js';
import { type Proxy, startProxy } from '../../test/s3/proxy.js';
import { startVersitygw } from '../../test/s3/servers.js';

/** As `scripts/versitygw.mjs` builds it. */
export const SERVER = 'versitygw, on a folder of the same disk';

export interface BenchServer {
  /** The server itself, and the proxy before it that counts. */
  endpoint: string;
  proxy: Proxy;
  bucket: TestBucket;
  /** Where the server keeps its objects. */
  folder: string;
}

export async function withServer<T>(folder: string, use: (server: BenchServer) => Promise<T>): Promise<T> {
  const data = join(folder, 'server');
  await mkdir(data, { recursive: true });
  // The server makes its folder where temporary files go; here that is the disk that was asked for.
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = data;
  const server = await startVersitygw().finally(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  try {
    const proxy = await startProxy(server.endpoint);
    try {
      const bucket = await TestBucket.create(server.endpoint);
      return await use({ endpoint: server.endpoint, proxy, bucket, folder: data });
    } finally {
      await proxy.stop();
    }
  } finally {
    await server.stop();
  }
}

/** All keys of the bucket, however many. */
export async function keysOf({ client, name }: TestBucket): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: client }, { Bucket: name })) {
    keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
  }
  return keys;
}

export async function deleteKeys({ client, name }: TestBucket, keys: readonly string[]): Promise<void> {
  for (let i = 0; i < keys.length; i += 1000) {
    const Objects = keys.slice(i, i + 1000).map((Key) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects } }));
  }
}

export async function download({ client, name }: TestBucket, key: string, file: string): Promise<void> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key: key }));
  await mkdir(dirname(file), { recursive: true });
  await pipeline(Body as Readable, createWriteStream(file));
}
