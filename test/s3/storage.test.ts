import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openS3Storage, type S3Location } from '../../src/s3/index.js';
import { LostWrite } from '../../src/storage/lost-write.js';
import type { Segment, Storage } from '../../src/storage/storage.js';
import { countingRequests, Tally } from '../../src/storage/tally.js';
import { concat, MIB, openAt, pattern, sha256, TestBucket } from './kit.js';
import { type ProxiedRequest, type Proxy, startProxy } from './proxy.js';
import { type S3Server, startServer } from './servers.js';
import { crc64nvmeOf } from './strict-server.js';

let server: S3Server;
let proxy: Proxy;
let bucket: TestBucket;

beforeAll(async () => {
  server = await startServer();
  proxy = await startProxy(server.endpoint);
  bucket = await TestBucket.create(server.endpoint);
}, 120_000);

afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

const bytes = (content: Uint8Array): Segment => ({ kind: 'bytes', bytes: content });
const copy = (path: string, version: string, start: number, end: number): Segment => ({
  kind: 'copy',
  path,
  version,
  start,
  end,
});

const open = (prefix = '', options = {}): Promise<Storage> =>
  openAt(proxy.endpoint, bucket.name, prefix, options);

describe('footers', () => {
  test('the tail of an object, its size and its ETag come in one request', async () => {
    const version = await bucket.put('tail/part.parquet', pattern(1000, 1));
    const storage = await open('tail');
    proxy.reset();
    expect(await storage.readTail('part.parquet', 100)).toEqual({
      stat: { path: 'part.parquet', size: 1000, version },
      bytes: pattern(1000, 1).subarray(900),
    });
    expect(proxy.traffic().requests).toEqual({ GetObject: 1 });
  });

  test('an object shorter than the tail comes whole', async () => {
    await bucket.put('tail/short', pattern(10, 1));
    const { stat, bytes: tail } = await (await open('tail')).readTail('short', 100);
    expect(stat.size).toBe(10);
    expect(tail).toEqual(pattern(10, 1));
  });

  test('an empty object has an empty tail', async () => {
    const version = await bucket.put('tail/empty', '');
    expect(await (await open('tail')).readTail('empty', 100)).toEqual({
      stat: { path: 'empty', size: 0, version },
      bytes: new Uint8Array(),
    });
  });
});

/** Whether it asks what the server does about versions. */
function isProbe({ headers }: ProxiedRequest): boolean {
  return /^"0+"$/.test(String(headers['x-amz-copy-source-if-match']));
}

describe('composing', () => {
  const a = pattern(20 * MIB, 1);
  const b = pattern(14 * MIB, 2);
  let versionA: string;
  let versionB: string;

  beforeAll(async () => {
    versionA = await bucket.put('graph/a', a);
    versionB = await bucket.put('graph/b', b);
  });

  test('large ranges stay in the bucket: only what fills a part passes through the client', async () => {
    const storage = await open('graph');
    const page = pattern(1 * MIB, 3);
    const footer = pattern(500, 4);
    proxy.reset();
    const { crc64nvme, ...stat } = await storage.compose('out/spliced', [
      bytes(page),
      copy('a', versionA, 7 * MIB, 20 * MIB),
      copy('b', versionB, 0, 9 * MIB),
      bytes(footer),
    ]);
    const whole = concat(page, a.subarray(7 * MIB), b.subarray(0, 9 * MIB), footer);
    expect(sha256(await bucket.get('graph/out/spliced'))).toBe(sha256(whole));
    // Some servers tell it unasked.
    expect(crc64nvme).toBe(server.name === 'versitygw' ? crc64nvmeOf(whole) : undefined);
    expect(stat.size).toBe(23 * MIB + 500);
    const { HeadObject: looks, ...requests } = proxy.traffic().requests;
    // Only for servers that do not look at x-amz-copy-source-if-match.
    expect([undefined, 2]).toContain(looks);
    expect(requests).toEqual({
      CreateMultipartUpload: 1,
      GetObject: 1,
      UploadPart: 2,
      UploadPartCopy: 3,
      CompleteMultipartUpload: 1,
    });
    // Nothing is copied but from the version that was planned with.
    const copies = proxy.seen.filter((seen) => seen.operation === 'UploadPartCopy' && !isProbe(seen));
    expect(copies.map(({ headers }) => headers['x-amz-copy-source-if-match']).sort()).toEqual(
      [`"${versionA}"`, `"${versionB}"`].sort(),
    );
    // 4 MiB fill the cut page's part, and go up with it.
    expect(proxy.traffic().bodies['GetObject']).toEqual({ up: 0, down: 4 * MIB });
    expect(proxy.traffic().bodies['UploadPart']).toEqual({ up: 5 * MIB + 500, down: 0 });
    expect(await storage.stat('out/spliced')).toEqual(stat);
    // What the server does about versions is asked once.
    proxy.reset();
    await storage.compose('out/again', [copy('a', versionA, 7 * MIB, 20 * MIB), bytes(footer)]);
    expect(proxy.seen.filter(isProbe)).toEqual([]);
  });

  test('a fill that was read before is not fetched again', async () => {
    const storage = await open('graph');
    const page = pattern(1 * MIB, 3);
    await storage.read('a', 6 * MIB, 12 * MIB, { version: versionA });
    proxy.reset();
    await storage.compose('out/remembered', [bytes(page), copy('a', versionA, 7 * MIB, 20 * MIB)]);
    expect(sha256(await bucket.get('graph/out/remembered'))).toBe(sha256(concat(page, a.subarray(7 * MIB))));
    expect(proxy.traffic().requests).toMatchObject({ UploadPart: 1 });
    expect(proxy.traffic().requests['GetObject']).toBeUndefined();
  });

  test('a small object is one put', async () => {
    const storage = await open('graph');
    proxy.reset();
    await storage.compose('out/small', [
      bytes(pattern(10, 5)),
      copy('a', versionA, 100, 300),
      bytes(pattern(7, 6)),
    ]);
    expect(await bucket.get('graph/out/small')).toEqual(
      new Uint8Array(concat(pattern(10, 5), a.subarray(100, 300), pattern(7, 6))),
    );
    expect(proxy.traffic().requests).toEqual({ GetObject: 1, PutObject: 1 });
  });

  test('many small ranges of one object are read together', async () => {
    const storage = await open('graph');
    proxy.reset();
    const segments = Array.from({ length: 50 }, (_, i) => copy('a', versionA, i * 2000, i * 2000 + 1000));
    await storage.compose('out/crumbs', segments);
    const expected = concat(...Array.from({ length: 50 }, (_, i) => a.subarray(i * 2000, i * 2000 + 1000)));
    expect(sha256(await bucket.get('graph/out/crumbs'))).toBe(sha256(expected));
    expect(proxy.traffic().requests).toEqual({ GetObject: 1, PutObject: 1 });
  });

  test('many small ranges of many objects, more than a part in all', async () => {
    const storage = await open('graph');
    const segments = Array.from({ length: 13 }, (_, i) => [
      copy('a', versionA, i * MIB, i * MIB + 500_000),
      bytes(pattern(10, i)),
      copy('b', versionB, i * MIB + 3, i * MIB + 400_000),
    ]).flat();
    const expected = concat(
      ...Array.from({ length: 13 }, (_, i) => [
        a.subarray(i * MIB, i * MIB + 500_000),
        pattern(10, i),
        b.subarray(i * MIB + 3, i * MIB + 400_000),
      ]).flat(),
    );
    await storage.compose('out/mixed', segments);
    expect(sha256(await bucket.get('graph/out/mixed'))).toBe(sha256(expected));
  });

  test('an object that was replaced since the plan was made is not copied', async () => {
    const storage = await open('graph');
    await bucket.put('graph/replaced', pattern(6 * MIB, 8));
    const old = await storage.stat('replaced');
    await bucket.put('graph/replaced', pattern(6 * MIB, 9));
    await expect(
      storage.compose('out/stale', [copy('replaced', old!.version, 0, 6 * MIB), bytes(pattern(9, 1))]),
    ).rejects.toMatchObject({
      code: 'changed',
      message: `s3://${bucket.name}/graph/replaced changed while we were working with it`,
    });
    // The same where the bytes are fetched.
    await expect(
      storage.compose('out/stale', [copy('replaced', old!.version, 0, 100)]),
    ).rejects.toMatchObject({
      code: 'changed',
    });
    expect(await storage.stat('out/stale')).toBeUndefined();
    expect(await bucket.openUploads()).toEqual([]);
  });

  test('a source that is gone is named, and nothing is left open', async () => {
    const storage = await open('graph');
    await expect(
      storage.compose('out/none', [copy('gone', versionA, 0, 6 * MIB), bytes(pattern(9, 1))]),
    ).rejects.toMatchObject({ code: 'not-found', message: `no such object: s3://${bucket.name}/graph/gone` });
    expect(await bucket.openUploads()).toEqual([]);
  });

  test('when somebody stops it, the upload is aborted before the call ends', async () => {
    const storage = await open('graph');
    const stop = new AbortController();
    const reason = new Error('enough');
    proxy.reset(({ operation }) => {
      if (operation === 'UploadPartCopy') stop.abort(reason);
      return undefined;
    });
    await expect(
      storage.compose('out/stopped', [copy('a', versionA, 0, 20 * MIB), bytes(pattern(9, 1))], {
        signal: stop.signal,
      }),
    ).rejects.toMatchObject({ code: 'interrupted', cause: reason });
    expect(proxy.traffic().requests['AbortMultipartUpload']).toBe(1);
    expect(await bucket.openUploads()).toEqual([]);
    proxy.reset();
    expect(await storage.stat('out/stopped')).toBeUndefined();
  });
});

describe('looking at many objects', () => {
  test('takes a request for a thousand of them', async () => {
    const names = Array.from({ length: 1100 }, (_, i) => `part-${`${i}`.padStart(5, '0')}`);
    const other = await TestBucket.create(server.endpoint);
    for (let i = 0; i < names.length; i += 50) {
      await Promise.all(names.slice(i, i + 50).map((name) => other.put(`look/f/${name}`, name)));
    }
    const storage = await openAt(proxy.endpoint, other.name, 'look');
    proxy.reset();
    const sizes: number[] = [];
    await storage.look(
      names.map((name) => `f/${name}`),
      (_, stat) => sizes.push(stat?.size ?? -1),
    );
    expect(sizes).toEqual(names.map(() => 10));
    // The first thousand, and those behind them.
    expect(proxy.traffic().requests).toEqual({ ListObjectsV2: 2 });

    proxy.reset();
    const told: unknown[] = [];
    const few = [0, 500, 1099].map((i) => `f/${names[i]!}`);
    await storage.look([...few, 'f/none'], (path, stat) => told.push([path, stat?.size]));
    expect(told).toEqual([...few.map((path) => [path, 10]), ['f/none', undefined]]);
    expect(proxy.traffic().requests).toEqual({ HeadObject: 4 });
  });
});

describe('writing a stream', () => {
  afterEach(() => {
    proxy.reset();
  });

  async function* stream(total: number, chunk: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < total; at += chunk) {
      await Promise.resolve();
      yield pattern(Math.min(chunk, total - at), at);
    }
  }
  async function whole(total: number, chunk: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of stream(total, chunk)) parts.push(part);
    return concat(...parts);
  }

  test.each([
    ['nothing', 0, 10],
    ['a few bytes', 1000, 7],
    ['exactly one part', 8 * MIB, MIB],
    ['many parts', 21 * MIB + 5, 300_000],
    ['chunks larger than a part', 30 * MIB, 15 * MIB],
  ])('%s', async (_, total, chunk) => {
    const storage = await open('stream');
    const stat = await storage.write('out', stream(total, chunk));
    const expected = await whole(total, chunk);
    expect(stat.size).toBe(total);
    expect(sha256(await bucket.get('stream/out'))).toBe(sha256(expected));
  });

  test('a part that is slow on its way up stays as it is while the next ones fill', async () => {
    const storage = await open('stream');
    proxy.reset(({ operation }) => (operation === 'UploadPart' ? { kind: 'delay', ms: 100 } : undefined));
    await storage.write('slow', stream(45 * MIB, MIB));
    expect(proxy.traffic().requests).toMatchObject({ UploadPart: 6 });
    expect(sha256(await bucket.get('stream/slow'))).toBe(sha256(await whole(45 * MIB, MIB)));
  });

  test('an upload that somebody aborts is told, since what went up is gone', async () => {
    const storage = await open('stream');
    proxy.reset(({ operation }) =>
      operation === 'UploadPart' ? { kind: 'reply', status: 404, code: 'NoSuchUpload' } : undefined,
    );
    const gone = await storage.write('gone', stream(20 * MIB, MIB)).catch((error: unknown) => error);
    expect(gone).toMatchObject({
      code: 'storage',
      operation: 'write',
      path: `s3://${bucket.name}/stream/gone`,
    });
    expect(gone).not.toBeInstanceOf(LostWrite);
  });

  test('of one that is aborted after parts have gone up, whoever made them is told that they may be made again', async () => {
    const storage = await open('stream');
    proxy.reset(({ operation, ofOperation }) =>
      operation === 'UploadPart' && ofOperation === 2
        ? { kind: 'reply', status: 404, code: 'NoSuchUpload' }
        : undefined,
    );
    await expect(storage.write('again', stream(30 * MIB, MIB))).rejects.toBeInstanceOf(LostWrite);
    await storage.write('again', stream(30 * MIB, MIB));
    expect(sha256(await bucket.get('stream/again'))).toBe(sha256(await whole(30 * MIB, MIB)));
  });

  test('whoever makes the bytes is told when nobody wants more of them', async () => {
    const storage = await open('stream');
    let isHeld = true;
    async function* holding(): AsyncGenerator<Uint8Array> {
      try {
        yield* stream(40 * MIB, MIB);
      } finally {
        isHeld = false;
      }
    }
    proxy.reset(({ operation }) =>
      operation === 'UploadPart' ? { kind: 'reply', status: 403, code: 'AccessDenied' } : undefined,
    );
    await expect(storage.write('refused', holding())).rejects.toMatchObject({ code: 'access' });
    await expect.poll(() => isHeld).toBe(false);
  });

  test('a source that fails leaves no object and no upload', async () => {
    const storage = await open('stream');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* stream(20 * MIB, MIB);
      throw new Error('the source broke');
    }
    await expect(storage.write('broken', failing())).rejects.toThrow('the source broke');
    expect(await storage.stat('broken')).toBeUndefined();
    expect(await bucket.openUploads()).toEqual([]);
  });
});

describe('names', () => {
  const ODD = [
    'with space',
    'a+b',
    '100%',
    'percent%20escaped',
    'hash#tag',
    'what?',
    'Grüße',
    '日本語',
    'emoji 🎬',
    "it's (fine)!*",
    'a=b&c;d,e:f@g$h',
  ];

  test.each(ODD)('a key with "%s" in its folder and its name', async (odd) => {
    const storage = await open(`odd/${odd}`);
    const content = pattern(6 * MIB, 1);
    const version = await bucket.put(`odd/${odd}/in ${odd}`, content);
    expect(await storage.stat(`in ${odd}`)).toEqual({ path: `in ${odd}`, size: 6 * MIB, version });
    expect(await storage.read(`in ${odd}`, 10, 20, { version })).toEqual(content.subarray(10, 20));
    await storage.compose(`sub/out ${odd}`, [copy(`in ${odd}`, version, 0, 6 * MIB), bytes(pattern(5, 2))]);
    expect(sha256(await bucket.get(`odd/${odd}/sub/out ${odd}`))).toBe(
      sha256(concat(content, pattern(5, 2))),
    );
    expect((await storage.list('sub')).map(({ path }) => path)).toEqual([`sub/out ${odd}`]);
    expect((await storage.list('')).map(({ path }) => path)).toEqual([`in ${odd}`]);
  });

  test('the root of a bucket is a prefix too', async () => {
    const other = await TestBucket.create(server.endpoint);
    const version = await other.put('metadata.json', '{}');
    const storage = await openAt(server.endpoint, other.name);
    expect(await storage.list('')).toEqual([{ path: 'metadata.json', size: 2, version }]);
    expect(storage.describe('metadata.json')).toBe(`s3://${other.name}/metadata.json`);
    await storage.compose('out', [bytes(pattern(3, 1))]);
    expect(await other.keys()).toEqual(['metadata.json', 'out']);
  });
});

describe('lists', () => {
  test('only what is directly in the folder, over more than one page', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => bucket.put(`list/f/part-${i}`, 'x')));
    await bucket.put('list/f/sub/part', 'x');
    await bucket.put('list/f-other', 'x');
    const storage = await open('list');
    expect((await storage.list('f')).map(({ path }) => path).sort()).toEqual(
      Array.from({ length: 20 }, (_, i) => `f/part-${i}`).sort(),
    );
    expect(await storage.list('nothing-here')).toEqual([]);
  });

  test('versions are the same wherever they come from', async () => {
    const version = await bucket.put('versions/part', 'x');
    const storage = await open('versions');
    expect((await storage.list(''))[0]!.version).toBe(version);
    expect((await storage.stat('part'))!.version).toBe(version);
    expect((await storage.readTail('part', 1)).stat.version).toBe(version);
  });
});

describe('where signatures in a URL are refused', () => {
  const isDirect = ({ operation, headers }: ProxiedRequest): boolean =>
    operation === 'GetObject' && headers.authorization === undefined;

  test('all is read the other way, and soon not asked for in vain', async () => {
    await bucket.put('refused/part', pattern(30, 1));
    const tally = Tally.empty();
    const options = { endpointUrl: proxy.endpoint };
    const location: S3Location = { scheme: 's3', bucket: bucket.name, prefix: 'refused', options };
    const storage = await openS3Storage(location, { tally });
    proxy.reset((request) =>
      isDirect(request) ? { kind: 'reply', status: 403, code: 'AccessDenied' } : undefined,
    );
    for (let at = 0; at < 20; at++) {
      expect(await storage.read('part', at, at + 10)).toEqual(pattern(30, 1).subarray(at, at + 10));
    }
    expect(proxy.seen.filter(isDirect)).toHaveLength(8);
    expect(proxy.traffic().requests['GetObject']).toBe(28);
    // Nor are they counted as requests that had to be sent again.
    expect(tally.read().retries).toBe(8);
    expect((await countingRequests(() => storage.read('part', 0, 10))).requests).toBe(1);
  });

  test('what was refused now and then is asked for again', async () => {
    await bucket.put('refused/part', pattern(30, 1));
    const storage = await open('refused');
    proxy.reset((request) =>
      isDirect(request) && request.number % 3 === 0
        ? { kind: 'reply', status: 403, code: 'AccessDenied' }
        : undefined,
    );
    for (let at = 0; at < 28; at++) await storage.read('part', 0, at + 1);
    expect(proxy.seen.filter(isDirect)).toHaveLength(28);
  });

  test('many that were refused together are one that was', async () => {
    await bucket.put('refused/part', pattern(30, 1));
    const storage = await open('refused');
    let direct = 0;
    proxy.reset((request) =>
      isDirect(request) && ++direct <= 20
        ? { kind: 'reply', status: 403, code: 'RequestTimeTooSkewed' }
        : undefined,
    );
    await Promise.all(Array.from({ length: 20 }, (_, at) => storage.read('part', 0, at + 1)));
    for (let at = 0; at < 5; at++) await storage.read('part', 0, at + 1);
    expect(direct).toBe(25);
  });

  test('what is said of an object is nothing against what was signed', async () => {
    await bucket.put('refused/part', pattern(30, 1));
    const storage = await open('refused');
    proxy.reset();
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      await storage.read('part', 0, 10);
      // Signatures have the second they were made in.
      vi.setSystemTime(Date.now() + 2000);
      await expect(storage.read('missing', 0, 10)).rejects.toMatchObject({ code: 'not-found' });
      await storage.read('part', 0, 10);
    } finally {
      vi.useRealTimers();
    }
    const [first, , last] = proxy.seen.filter(isDirect).map(({ url }) => url);
    expect(last).toBe(first);
  });
});

describe('what is asked for', () => {
  const headersOf = (operation: string) =>
    proxy.seen.find((request) => request.operation === operation)?.headers;

  test('encryption is said when an object is made', async () => {
    const storage = await open('sse', { sse: 'aws:kms', sseKmsKeyId: 'key-1' });
    const version = await bucket.put('sse/in', pattern(6 * MIB, 1));
    // These servers need no key of that name; what is sent is what counts.
    proxy.reset(({ operation }) =>
      operation === 'PutObject' || operation === 'CreateMultipartUpload'
        ? { kind: 'reply', status: 400, code: 'KMS.NotFoundException' }
        : undefined,
    );
    await expect(storage.compose('out', [bytes(pattern(3, 1))])).rejects.toMatchObject({ code: 'storage' });
    await expect(
      storage.compose('out', [copy('in', version, 0, 6 * MIB), bytes(pattern(3, 1))]),
    ).rejects.toMatchObject({ code: 'storage' });
    for (const operation of ['PutObject', 'CreateMultipartUpload']) {
      expect(headersOf(operation)).toMatchObject({
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
      });
    }
  });

  test('the expected owner and the payer are named in every request', async () => {
    const version = await bucket.put('owner/in', pattern(6 * MIB, 1));
    proxy.reset(({ operation, headers }) =>
      // The owner is made up, so that the first request is the last one that the server would take.
      operation !== 'HeadBucket' && headers['x-amz-expected-bucket-owner'] === undefined
        ? { kind: 'reply', status: 400, code: 'OwnerMissing' }
        : { kind: 'before', act: () => Promise.resolve() },
    );
    const storage = await open('owner', {
      region: 'us-east-1',
      expectedBucketOwner: '123456789012',
      requesterPays: true,
    });
    await Promise.allSettled([
      storage.stat('in'),
      storage.read('in', 0, 10),
      storage.list(''),
      storage.compose('small', [bytes(pattern(3, 1))]),
      storage.compose('large', [copy('in', version, 0, 6 * MIB), bytes(pattern(3, 1))]),
    ]);
    const operations = new Set(proxy.seen.map(({ operation }) => operation));
    expect([...operations]).toEqual(
      expect.arrayContaining(['GetObject', 'HeadObject', 'ListObjectsV2', 'PutObject']),
    );
    for (const { headers } of proxy.seen) {
      expect(headers['x-amz-expected-bucket-owner']).toBe('123456789012');
      expect(headers['x-amz-request-payer']).toBe('requester');
    }
  });

  test('older servers are sent no checksum headers', async () => {
    const version = await bucket.put('sums/in', pattern(6 * MIB, 1));
    const storage = await open('sums', { s3Checksums: 'when-required' });
    proxy.reset();
    await storage.compose('out', [copy('in', version, 0, 6 * MIB), bytes(pattern(3, 1))]);
    await storage.compose('small', [bytes(pattern(3, 1))]);
    const names = proxy.seen.flatMap(({ headers }) => Object.keys(headers));
    expect(
      names.filter((name) => name.startsWith('x-amz-checksum') || name === 'x-amz-sdk-checksum-algorithm'),
    ).toEqual([]);
  });

  test('connections are reused', async () => {
    const storage = await open('list', { maxConcurrentRequests: 1 });
    await storage.list('');
    proxy.reset();
    for (let i = 0; i < 5; i += 1) await storage.list('');
    expect(proxy.traffic()).toMatchObject({ requests: { ListObjectsV2: 5 }, connections: 0 });
  });

  test('a worker that opens the storage again asks for no region', async () => {
    const storage = await open('list');
    proxy.reset();
    const location = JSON.parse(JSON.stringify(storage.location)) as S3Location;
    expect(location.options).toMatchObject({ region: 'us-east-1', pathStyle: true });
    const { openS3Storage } = await import('../../src/s3/index.js');
    await openS3Storage(location);
    expect(proxy.traffic().requests).toEqual({});
  });
});
