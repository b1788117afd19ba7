/** Servers want uploads in different ways: what each gets, and that no checksum is ever wrong. */
import { join } from 'node:path';
import { repartition } from 'gs-repartition';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { LostWrite } from '../../src/storage/lost-write.js';
import type { Segment } from '../../src/storage/storage.js';
import { ServerTerms } from '../../src/s3/upload-terms.js';
import {
  alignedLocally,
  alignedOnS3,
  concat,
  makeGraph,
  MIB,
  openAt,
  pattern,
  sha256,
  temporaryFolder,
  TestBucket,
} from './kit.js';
import { type S3Server, startMoto } from './servers.js';
import { crc64nvmeOf, type StrictServer, startStrictServer } from './strict-server.js';

vi.setConfig({ testTimeout: 60_000 });

let moto: S3Server;
let server: StrictServer;
let bucket: TestBucket;
let segments: Segment[];
const source = pattern(11 * MIB, 1);
const whole = concat(pattern(1000, 2), source.subarray(100, 11 * MIB), pattern(500, 3));

beforeAll(async () => {
  moto = await startMoto();
  server = await startStrictServer(moto.endpoint);
  bucket = await TestBucket.create(moto.endpoint);
  const version = await bucket.put('graph/source', source);
  segments = [
    { kind: 'bytes', bytes: pattern(1000, 2) },
    { kind: 'copy', path: 'source', version, start: 100, end: 11 * MIB },
    { kind: 'bytes', bytes: pattern(500, 3) },
  ];
}, 120_000);

afterAll(async () => {
  await server.stop();
  await moto.stop();
});

beforeEach(() => {
  server.reset({});
});

const open = (options = {}) => openAt(server.endpoint, bucket.name, 'graph', options);

async function expectWhole(name = 'out'): Promise<void> {
  expect(sha256(await bucket.get(`graph/${name}`))).toBe(sha256(whole));
  expect(await bucket.openUploads()).toEqual([]);
}

const begun = () => server.uploads.map(({ named }) => named);

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MIB) yield await Promise.resolve(bytes.subarray(at, at + MIB));
}

test('CRC-64/NVME is what its catalogue says', () => {
  const value = Buffer.from('ae8b14860a799888', 'hex').toString('base64');
  expect(crc64nvmeOf(Buffer.from('123456789'))).toBe(value);
});

describe('checksums', () => {
  test('a server that asks for nothing is told nothing', async () => {
    const stat = await (await open()).compose('out', segments);
    await expectWhole();
    expect(begun()).toEqual(['']);
    expect(stat).not.toHaveProperty('crc64nvme');
  });

  test('a server that wants to know beforehand is told once it has said so, and from then on', async () => {
    server.reset({ names: 'wanted' });
    const storage = await open();
    await storage.compose('out', segments);
    await expectWhole();
    await storage.compose('again', segments);
    await expectWhole('again');
    expect(begun()).toEqual(['', 'CRC32', 'CRC32']);
    expect(server.uploads.map(({ completed }) => completed)).toEqual([false, true, true]);
  });

  test('many objects at once learn it together', async () => {
    server.reset({ names: 'wanted' });
    const storage = await open();
    const names = ['one', 'two', 'three'];
    await Promise.all(names.map((name) => storage.compose(name, segments)));
    for (const name of names) await expectWhole(name);
  });

  test('so with a stream', async () => {
    server.reset({ names: 'wanted' });
    await (await open()).write('out', inChunks(whole));
    await expectWhole();
    expect(begun()).toEqual(['', 'CRC32']);
  });

  test('AWS by another name gives a checksum of the whole, which is that of its bytes', async () => {
    server.reset({ names: 'wanted', server: 'AmazonS3' });
    const storage = await open();
    const { crc64nvme } = await storage.compose('out', segments);
    await expectWhole();
    expect(begun()).toEqual(['CRC64NVME FULL_OBJECT']);
    expect(crc64nvme).toBe(crc64nvmeOf(whole));
    const kinds = [...server.uploads[0]!.parts.values()].map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['copy', 'upload']));
    expect((await storage.write('streamed', inChunks(whole))).crc64nvme).toBe(crc64nvmeOf(whole));
    const small = pattern(300, 5);
    const put = await storage.compose('small', [{ kind: 'bytes', bytes: small }]);
    expect(put.crc64nvme).toBe(crc64nvmeOf(small));
    expect(server.puts).toEqual(['crc64nvme']);
  });

  test('what says that it is AWS, and knows less, gets what it knows', async () => {
    server.reset({ names: 'unknown', server: 'AmazonS3' });
    const storage = await open();
    await storage.compose('small', [{ kind: 'bytes', bytes: pattern(300, 5) }]);
    expect(server.puts).toEqual(['crc32']);
    await storage.compose('out', segments);
    await expectWhole();
    expect(begun()).toEqual(['']);
    // The same where the upload comes first.
    const another = await open();
    await another.compose('out', segments);
    await expectWhole();
  });

  test.each(['of the source', 'none'] as const)(
    'a server that gives copied ranges the wrong checksum (%s) is sent none of them',
    async (copies) => {
      server.reset({ names: 'wanted', copies });
      const storage = await open();
      await expect(storage.compose('wrong', segments)).rejects.toMatchObject({
        code: 'storage',
        message: `this server wants the checksums of all parts of an upload, and does not give those of the ranges that it copies from s3://${bucket.name}/graph/source`,
        hint: 'Use `s3Checksums` when-required: uploads then go without.',
      });
      expect(await bucket.keys('graph/wrong')).toEqual([]);
      expect(await bucket.openUploads()).toEqual([]);
      await (await open({ s3Checksums: 'when-required' })).compose('out', segments);
      await expectWhole();
    },
  );
});

describe('a server that wants all parts of one size', () => {
  test('gets them once it has said so, and from then on', async () => {
    server.reset({ equalParts: true });
    const storage = await open();
    await storage.compose('out', segments);
    await expectWhole();
    await storage.compose('again', segments);
    await expectWhole('again');
    expect(server.uploads).toHaveLength(3);
    expect(sizes()).toEqual([
      [5 * MIB, 5 * MIB, whole.length - 10 * MIB],
      [5 * MIB, 5 * MIB, whole.length - 10 * MIB],
    ]);
    // What lies inside the source is still copied inside the bucket.
    expect(server.uploads[2]?.parts.get(2)?.kind).toBe('copy');
  });

  test('what has been let go by then is asked for again', async () => {
    server.reset({ equalParts: true });
    const storage = await open();
    const given = [...segments];
    const onWritten = (): void => void (given.length = 0);
    await expect(storage.compose('out', given, { onWritten })).rejects.toBeInstanceOf(LostWrite);
    await storage.compose('out', segments, { onWritten });
    await expectWhole();
  });

  test('Cloudflare R2 is known by its name', () => {
    const isEqual = (endpoint: string): boolean => new ServerTerms(endpoint).current.equalParts;
    expect(isEqual('https://0123456789abcdef.r2.cloudflarestorage.com')).toBe(true);
    expect(isEqual('https://0123456789abcdef.eu.r2.cloudflarestorage.com')).toBe(true);
    expect(isEqual('https://r2.cloudflarestorage.com.example.com')).toBe(false);
  });
});

test('a graph is aligned as it is on a disk, with all that a server may want, and its checksums are told', async () => {
  const work = await temporaryFolder();
  const folder = join(work.path, 'graph');
  await makeGraph(folder, { features: [40_000, 60_000, 35_000], labels: [60_000, 75_000] });
  const graph = await TestBucket.create(moto.endpoint);
  await graph.putFolder(folder, 'graph');
  server.reset({ names: 'wanted', server: 'AmazonS3', equalParts: true });
  const options = { numOutputFiles: 2 };
  // With the region nobody asks for the bucket, so that all is learned on the way.
  const s3 = { endpointUrl: server.endpoint, region: 'us-east-1' };
  const { checksums = {}, parts } = await repartition({
    inputPrefix: `s3://${graph.name}/graph`,
    s3,
    ...options,
  });
  await repartition({ inputPrefix: folder, ...options });
  expect(await alignedOnS3(graph, 'graph')).toEqual(await alignedLocally(folder));
  await work.remove();

  // Of some 11 MB and more, in three parts and more.
  expect(sizes()).not.toEqual([]);
  for (const [first, ...others] of sizes()) {
    expect(others.length).toBeGreaterThan(1);
    for (const size of others.slice(0, -1)) expect(size).toBe(first);
  }
  expect(Object.keys(checksums)).toHaveLength(parts.spliced);
  for (const [path, checksum] of Object.entries(checksums)) {
    expect(checksum, path).toBe(crc64nvmeOf(await graph.get(`graph/${path}`)));
  }
  // Who looks at the status has no use for a million of them.
  const status = Buffer.from(await graph.get('graph/repartition_status.json')).toString();
  expect(JSON.parse(status)).not.toHaveProperty('summary.checksums');
});

/** Of the parts of finished uploads. */
function sizes(): number[][] {
  return server.uploads
    .filter(({ completed }) => completed)
    .map(({ parts }) => [...parts].sort(([a], [b]) => a - b).map(([, { bytes }]) => bytes.byteLength));
}
