/** The whole alignment on S3: what it makes is what it makes on disk, and what goes wrong leaves nothing behind. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repartition } from 'gs-repartition';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RepartitionError } from '../../src/errors.js';
import { ACTIONS } from './policy.js';
import { repositoryRoot } from '../support/paths.js';
import {
  alignedLocally,
  alignedOnS3,
  copyMovies,
  dataSetsOf,
  makeGraph,
  MIB,
  moviesFolder,
  pattern,
  rowsByPyarrow,
  temporaryFolder,
  TestBucket,
} from './kit.js';
import { ACCESS_DENIED, type Fault, type Faults, type Proxy, SLOW_DOWN, startProxy } from './proxy.js';
import { type S3Server, startServer } from './servers.js';

type Aligned = Awaited<ReturnType<typeof alignedLocally>>;

// Retries wait, and a busy machine takes its time; nothing here is about speed.
vi.setConfig({ testTimeout: 120_000 });

let server: S3Server;
let proxy: Proxy;
let work: Awaited<ReturnType<typeof temporaryFolder>>;
/** What the same alignments make on disk. */
let localMovies: Aligned;
let localLarge: Aligned;
let localSmall: Aligned;
let smallFolder: string;
let largeFolder: string;

beforeAll(async () => {
  server = await startServer();
  proxy = await startProxy(server.endpoint);
  work = await temporaryFolder();
  const movies = join(work.path, 'movies');
  await copyMovies(movies);
  await repartition({ inputPrefix: movies });
  localMovies = await alignedLocally(movies);
  smallFolder = join(work.path, 'small');
  const few = { dim: 3, features: [100, 80], labels: [90, 90], edges: [50, 50, 20], weights: [60, 60] };
  await makeGraph(smallFolder, few);
  const localFew = join(work.path, 'small-local');
  await makeGraph(localFew, few);
  await repartition({ inputPrefix: localFew });
  localSmall = await alignedLocally(localFew);
  // Parts of some 15 MB, so that ranges of them are copied by the server.
  largeFolder = join(work.path, 'large');
  const spec = { features: [60_000, 60_000, 60_000], labels: [50_000, 70_000, 60_000] };
  await makeGraph(largeFolder, spec);
  const local = join(work.path, 'large-local');
  await makeGraph(local, spec);
  await repartition({ inputPrefix: local, numOutputFiles: 4 });
  localLarge = await alignedLocally(local);
}, 180_000);

afterAll(async () => {
  await proxy.stop();
  await server.stop();
  await work.remove();
});

const s3 = (options: Record<string, string | number | boolean> = {}) => ({
  endpointUrl: proxy.endpoint,
  ...options,
});

async function moviesBucket(prefix = 'movies'): Promise<TestBucket> {
  const bucket = await TestBucket.create(server.endpoint);
  await bucket.putFolder(moviesFolder, prefix);
  proxy.reset();
  return bucket;
}

async function smallBucket(prefix = 'graph'): Promise<TestBucket> {
  const bucket = await TestBucket.create(server.endpoint);
  await bucket.putFolder(smallFolder, prefix);
  proxy.reset();
  return bucket;
}

describe('the movies graph', () => {
  test('is made identical to the one on disk, pyarrow reads it, and a second run copies nothing', async () => {
    const bucket = await moviesBucket();
    const before = await bucket.keys();
    const summary = await repartition({ inputPrefix: `s3://${bucket.name}/movies`, s3: s3() });
    expect(await alignedOnS3(bucket, 'movies')).toEqual(localMovies);
    const rows = await rowsByPyarrow(server.endpoint, bucket.name, 'movies');
    expect(rows).toEqual(new Map([...localMovies].map(([place, part]) => [place, part.rows])));
    expect(await bucket.openUploads()).toEqual([]);
    for (const operation of Object.keys(proxy.traffic().requests)) expect(ACTIONS).toHaveProperty(operation);
    // All the inputs are still there.
    expect(await bucket.keys()).toEqual(expect.arrayContaining(before));

    proxy.reset();
    const again = await repartition({ inputPrefix: `s3://${bucket.name}/movies`, s3: s3() });
    expect(again.parts).toMatchObject({
      spliced: 0,
      reencoded: 0,
      resumed: summary.parts.spliced + summary.parts.reencoded,
    });
    expect(proxy.traffic().requests['CreateMultipartUpload']).toBeUndefined();
    // The status when it starts and when it ends, that the run is there, and the metadata.
    expect(proxy.traffic().requests['PutObject']).toBe(4);
    // 200 objects put, then aligned twice and read by two clients: some 1500 requests to a server in Python, four
    // times as many as any other test here asks.
  }, 300_000);

  test('an object that was replaced after the inventory stops the run', async () => {
    const bucket = await moviesBucket();
    const metadata = await readFile(join(moviesFolder, 'metadata.json'), 'utf8');
    const parts = new Set([...dataSetsOf(metadata).values()].flatMap(({ data }) => data));
    let replaced: string | undefined;
    proxy.reset((request) => {
      // The first part that is read again, now for its pages.
      const part = request.path.split('/movies/')[1] ?? '';
      if (replaced !== undefined || request.headers['if-match'] === undefined || !parts.has(part))
        return undefined;
      replaced = part;
      return { kind: 'before', act: () => bucket.put(`movies/${part}`, pattern(5000, 1)) };
    });
    await expect(repartition({ inputPrefix: `s3://${bucket.name}/movies`, s3: s3() })).rejects.toMatchObject({
      code: 'changed',
    });
    expect(replaced).toBeDefined();
    await expectUnpublished(bucket, 'movies', 'changed');
  });
});

describe('a prefix', () => {
  test.each([
    ['a trailing slash', 'graph', '/graph/'],
    ['the root of the bucket', '', ''],
    [
      'a prefix with spaces, +, %, # and other letters',
      'my graph/a+b 100% #1 ü 映画',
      '/my graph/a+b 100% #1 ü 映画',
    ],
  ])('with %s', async (_, prefix, typed) => {
    const bucket = await smallBucket(prefix);
    await repartition({ inputPrefix: `s3://${bucket.name}${typed}`, s3: s3() });
    expect(await alignedOnS3(bucket, prefix)).toEqual(localSmall);
  });

  test('by the command, which says where the metadata are', async () => {
    const bucket = await smallBucket();
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [
      join(repositoryRoot, 'dist', 'bin', 'main.js'),
      ...['--input-prefix', `s3://${bucket.name}/graph`, '--endpoint-url', proxy.endpoint, '--json'],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'succeeded',
      updatedMetadata: `s3://${bucket.name}/graph/updated_row_counts_metadata.json`,
    });
    expect(await alignedOnS3(bucket, 'graph')).toEqual(localSmall);
  });
});

async function expectUnpublished(bucket: TestBucket, prefix: string, code: string): Promise<void> {
  expect(await bucket.openUploads()).toEqual([]);
  expect(await bucket.keys(`${prefix}/updated`)).toEqual([]);
  const status = JSON.parse(
    Buffer.from(await bucket.get(`${prefix}/repartition_status.json`)).toString(),
  ) as Record<string, unknown>;
  expect(status).toMatchObject({ status: 'failed', error: { code } });
}

describe('a graph with parts that are copied inside the bucket', () => {
  let bucket: TestBucket;

  beforeEach(async () => {
    bucket = await TestBucket.create(server.endpoint);
    await bucket.putFolder(largeFolder, 'graph');
    proxy.reset();
  });

  const align = (options: Record<string, number> = {}) =>
    repartition({ inputPrefix: `s3://${bucket.name}/graph`, numOutputFiles: 4, s3: s3(options) });

  test('is made identical to the one on disk, most of its bytes unmoved', async () => {
    await align();
    expect(await alignedOnS3(bucket, 'graph')).toEqual(localLarge);
    expect(proxy.traffic().requests['UploadPartCopy']).toBeGreaterThanOrEqual(3);
  });

  test('a label that only gets another shape stays in the bucket', async () => {
    const folder = join(work.path, 'stale-shape');
    const layout = [900_000, 800_000];
    await makeGraph(folder, { dim: 2, features: layout, labels: layout, classes: 2 ** 60, shape: '(7,)' });
    const own = await TestBucket.create(server.endpoint);
    await own.putFolder(folder, 'graph');
    proxy.reset();
    const summary = await repartition({ inputPrefix: `s3://${own.name}/graph`, s3: s3() });
    expect(summary.parts).toMatchObject({ kept: 2, spliced: 2 });
    expect(summary.bytes.copied).toBeGreaterThan(13_000_000);
    const { requests, up, down } = proxy.traffic();
    expect(requests).toMatchObject({ UploadPart: 2, CompleteMultipartUpload: 2 });
    // Each thread may ask once whether the server looks at versions.
    expect(requests['UploadPartCopy']! - 2).toBeLessThanOrEqual(2);
    expect(up + down).toBeLessThan(MIB);
    await repartition({ inputPrefix: folder });
    expect(await alignedOnS3(own, 'graph')).toEqual(await alignedLocally(folder));
  });

  /** Faults for the n-th request of an operation. */
  const once =
    (operation: string, fault: Fault): Faults =>
    (request) =>
      request.operation === operation && request.ofOperation === 1 ? fault : undefined;

  test.each<[string, Faults]>([
    ['503 SlowDown on every fifth request', ({ number }) => (number % 5 === 0 ? SLOW_DOWN : undefined)],
    [
      'connections cut in mid-body, in both directions',
      ({ number, operation }) =>
        number % 7 === 0
          ? { kind: operation === 'UploadPart' ? 'cut-request' : 'cut-reply', after: 200 }
          : undefined,
    ],
    ['slow first bytes', ({ number }) => (number % 4 === 0 ? { kind: 'delay', ms: 400 } : undefined)],
    [
      'a 200 that carries an error where an upload is to end',
      once('CompleteMultipartUpload', { kind: 'reply', status: 200, code: 'InternalError' }),
    ],
    [
      'an upload that somebody aborts when its bytes have been let go',
      once('CompleteMultipartUpload', { kind: 'reply', status: 404, code: 'NoSuchUpload' }),
    ],
  ])(
    'survives %s',
    async (_, faults) => {
      proxy.reset(faults);
      await align();
      expect(await alignedOnS3(bucket, 'graph')).toEqual(localLarge);
      expect(await bucket.openUploads()).toEqual([]);
    },
    120_000,
  );

  test('at DEBUG each request that is sent again has its line, of whichever thread, and all are counted', async () => {
    const cut: Fault = { kind: 'cut-reply', after: 100 };
    const faults = [
      once('HeadBucket', { kind: 'reply', status: 500, code: '' }),
      once('ListObjectsV2', SLOW_DOWN),
      once('GetObject', cut),
      once('UploadPartCopy', SLOW_DOWN),
      once('UploadPart', { kind: 'reply', status: 500, code: 'InternalError', message: 'Try again.' }),
    ];
    proxy.reset((request) => faults.map((fault) => fault(request)).find(Boolean));
    const prefix = `s3://${bucket.name}/graph`;
    const { stderr } = await promisify(execFile)(process.execPath, [
      join(repositoryRoot, 'dist', 'bin', 'main.js'),
      ...['--input-prefix', prefix, '--num-output-files', '4', '--endpoint-url', proxy.endpoint],
      ...['--log-level', 'DEBUG', '--json'],
    ]);
    const lines = [...stderr.matchAll(/DEBUG: request sent again: (.*)/g)].map(([, said = '']) =>
      said.replace(/after \d+ ms/, 'after … ms'),
    );
    expect(lines).toHaveLength(faults.length);
    expect(lines).toEqual(
      expect.arrayContaining([
        `HeadBucket of s3://${bucket.name} at ${new URL(proxy.endpoint).host}, attempt 2 after … ms (HTTP 500)`,
        expect.stringMatching(/^ListObjectsV2 of s3:\S+\/ at \S+, .* \(HTTP 503, SlowDown: Please reduce /),
        expect.stringMatching(/^GetObject of s3:\S+\.json at \S+, attempt 2 after … ms \(/),
        expect.stringMatching(
          /^UploadPartCopy of part \d of s3:\S+\.parquet at \S+, attempt 2 after … ms \(HTTP 503, SlowDown: /,
        ),
        expect.stringMatching(/^UploadPart of part \d of s3:.* \(HTTP 500, InternalError: Try again\)$/),
      ]),
    );
    expect(stderr).toMatch(/INFO: S3 asked to slow down once, \d requests sent again\n/);
  });

  test('tells of an upload that was begun again, and whose first beginning cannot be removed', async () => {
    proxy.reset((request) =>
      request.operation === 'AbortMultipartUpload'
        ? ACCESS_DENIED
        : once('CompleteMultipartUpload', { kind: 'reply', status: 404, code: 'NoSuchUpload' })(request),
    );
    const said: string[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (line: string) => void said.push(line),
    };
    const options = { inputPrefix: `s3://${bucket.name}/graph`, numOutputFiles: 4, s3: s3(), log };
    expect((await repartition(options)).status).toBe('succeeded');
    expect(said.join('\n')).toMatch(/^an unfinished upload under the prefix could not be removed: /m);
  });

  test.each<[string, string, string, Fault]>([
    [
      'uploads that always end in an error',
      'storage',
      'CompleteMultipartUpload',
      { kind: 'reply', status: 200, code: 'InternalError' },
    ],
    ['an expired token', 'access', 'UploadPartCopy', { kind: 'reply', status: 400, code: 'ExpiredToken' }],
    ['no permission to write parts', 'access', 'CreateMultipartUpload', ACCESS_DENIED],
  ])('ends in one line after %s', async (_, code, operation, fault) => {
    proxy.reset((request) => (request.operation === operation ? fault : undefined));
    const error = (await align({ maxAttempts: 2 }).catch((reason: unknown) => reason)) as RepartitionError;
    expect(error).toMatchObject({ name: 'RepartitionError', code });
    expect(error.message).not.toContain('\n');
    await expectUnpublished(bucket, 'graph', code);
  });

  test('a source replaced between planning and copying ends in one line', async () => {
    const part = 'graph/node_data/item-feat/parquet/part-00001-0000.snappy.parquet';
    proxy.reset(
      once('UploadPartCopy', { kind: 'before', act: () => bucket.put(part, pattern(15_000_000, 1)) }),
    );
    await expect(align()).rejects.toMatchObject({ code: 'changed' });
    await expectUnpublished(bucket, 'graph', 'changed');
  });

  test('interrupted, it leaves no upload open and the next run finishes it', async () => {
    const stop = new AbortController();
    proxy.reset(({ operation }) => {
      if (operation === 'UploadPartCopy') stop.abort();
      return undefined;
    });
    await expect(
      repartition({
        inputPrefix: `s3://${bucket.name}/graph`,
        numOutputFiles: 4,
        s3: s3(),
        signal: stop.signal,
      }),
    ).rejects.toMatchObject({ code: 'interrupted' });
    await expectUnpublished(bucket, 'graph', 'interrupted');
    proxy.reset();
    await align();
    expect(await alignedOnS3(bucket, 'graph')).toEqual(localLarge);
  });
});

describe('a prefix that cannot be aligned is said in one line', () => {
  async function failure(inputPrefix: string): Promise<RepartitionError> {
    return (await repartition({ inputPrefix, s3: s3({ maxAttempts: 2 }) }).catch(
      (reason: unknown) => reason,
    )) as RepartitionError;
  }

  test('no such bucket', async () => {
    proxy.reset();
    expect(await failure('s3://there-is-no-such-bucket/graph')).toMatchObject({
      code: 'not-found',
      message: 'no such bucket: s3://there-is-no-such-bucket',
    });
  });

  test('no metadata', async () => {
    const bucket = await TestBucket.create(server.endpoint);
    proxy.reset();
    const error = await failure(`s3://${bucket.name}/graph`);
    expect(error.code).toBe('not-found');
    expect(error.message).toBe(`there is nothing under s3://${bucket.name}/graph`);
    expect(await bucket.keys()).toEqual([]);
  });

  test.each([
    ['read', 'GetObject'],
    ['write', 'PutObject'],
    ['list', 'ListObjectsV2'],
  ])('no permission to %s', async (_, operation) => {
    const bucket = await smallBucket();
    proxy.reset((request) => (request.operation === operation ? ACCESS_DENIED : undefined));
    const error = await failure(`s3://${bucket.name}/graph`);
    expect(error.code).toBe('access');
    expect(error.message).toContain(`s3://${bucket.name}/graph`);
    expect(await bucket.keys('graph/updated')).toEqual([]);
  });
});
