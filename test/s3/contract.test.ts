import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { storageContract, surroundingsContract } from '../storage/contract.js';
import { openAt, TestBucket } from './kit.js';
import { type S3Server, startServer } from './servers.js';

let server: S3Server;
let bucket: TestBucket;

beforeAll(async () => {
  server = await startServer();
  bucket = await TestBucket.create(server.endpoint);
}, 120_000);

afterAll(() => server.stop());

for (const contract of [storageContract, surroundingsContract]) {
  contract(`a prefix on ${process.env['S3_SERVER'] ?? 'moto'}`, async () => ({
    storage: await openAt(server.endpoint, bucket.name, randomUUID()),
    dispose: () => Promise.resolve(),
  }));

  contract(`the root of a bucket on ${process.env['S3_SERVER'] ?? 'moto'}`, async () => {
    const own = await TestBucket.create(server.endpoint);
    return { storage: await openAt(server.endpoint, own.name), dispose: () => Promise.resolve() };
  });
}
