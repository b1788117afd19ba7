import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { RepartitionError } from '../../src/errors.js';
import { LostWrite } from '../../src/storage/lost-write.js';
import type { Segment, Storage } from '../../src/storage/storage.js';
import { concat, MIB, openAt, pattern, sha256, temporaryFolder, TestBucket } from './kit.js';
import {
  ACCESS_DENIED,
  errorBody,
  type Fault,
  type Faults,
  type Proxy,
  SLOW_DOWN,
  startProxy,
} from './proxy.js';
import { type S3Server, startServer } from './servers.js';

// Retries wait, and a busy machine takes its time; nothing here is about speed.
vi.setConfig({ testTimeout: 120_000 });

let server: S3Server;
let proxy: Proxy;
let bucket: TestBucket;
let storage: Storage;
let segments: Segment[];
let expected: string;
const a = pattern(12 * MIB, 1);
const b = pattern(7 * MIB, 2);

beforeAll(async () => {
  server = await startServer();
  proxy = await startProxy(server.endpoint);
}, 120_000);

afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

/** An object of every kind of part: filled, copied, and a small last one. */
async function prepare(): Promise<void> {
  bucket = await TestBucket.create(server.endpoint);
  const versionA = await bucket.put('graph/a', a);
  const versionB = await bucket.put('graph/b', b);
  proxy.reset();
  storage = await openAt(proxy.endpoint, bucket.name, 'graph', { maxAttempts: 4 });
  segments = [
    { kind: 'bytes', bytes: pattern(1000, 3) },
    { kind: 'copy', path: 'a', version: versionA, start: 100, end: 12 * MIB },
    { kind: 'copy', path: 'b', version: versionB, start: 0, end: 6 * MIB },
    { kind: 'bytes', bytes: pattern(500, 4) },
  ];
  expected = sha256(concat(pattern(1000, 3), a.subarray(100), b.subarray(0, 6 * MIB), pattern(500, 4)));
}

/** The fault for the n-th request of an operation. */
function at(operation: string, n: number, fault: Fault): Faults {
  return (request) => (request.operation === operation && request.ofOperation === n ? fault : undefined);
}

/** The fault for every request of an operation. */
function always(operation: string, fault: Fault): Faults {
  return (request) => (request.operation === operation ? fault : undefined);
}

async function expectIdentical(): Promise<void> {
  expect(sha256(await bucket.get('graph/out'))).toBe(expected);
  expect(await bucket.openUploads()).toEqual([]);
}

async function expectNothing(): Promise<void> {
  expect(await bucket.keys()).toEqual(['graph/a', 'graph/b']);
  expect(await bucket.openUploads()).toEqual([]);
}

describe('what passes is survived', () => {
  beforeEach(prepare);

  test('503 SlowDown on every fifth request', async () => {
    // With requests side by side chance may give one of them every fifth place, so it gets the command's own patience.
    storage = await openAt(proxy.endpoint, bucket.name, 'graph');
    proxy.reset(({ number }) => (number % 5 === 0 ? SLOW_DOWN : undefined));
    await storage.compose('out', segments);
    const tails = await Promise.all(Array.from({ length: 20 }, () => storage.readTail('a', 10)));
    expect(tails.every(({ bytes }) => sha256(bytes) === sha256(a.subarray(-10)))).toBe(true);
    await expectIdentical();
  });

  test.each([
    ['amid a range that is read', 'GetObject', { kind: 'cut-reply', after: 100_000 }],
    ['amid a part on its way up', 'UploadPart', { kind: 'cut-request', after: 100_000 }],
    ['before the reply to a part', 'UploadPart', { kind: 'cut-reply', after: 0 }],
    ['amid the reply to a copy', 'UploadPartCopy', { kind: 'cut-reply', after: 40 }],
    ['amid the reply that names the upload', 'CreateMultipartUpload', { kind: 'cut-reply', after: 40 }],
    ['amid the reply that ends the upload', 'CompleteMultipartUpload', { kind: 'cut-reply', after: 40 }],
  ] satisfies [string, string, Fault][])('a connection cut %s', async (_, operation, fault) => {
    proxy.reset(at(operation, 1, fault));
    const stat = await storage.compose('out', segments);
    expect(proxy.traffic().requests[operation]).toBeGreaterThan(1);
    expect(stat.size).toBe(18 * MIB + 1400);
    // A checksum of the whole is told only to who made it.
    expect(stat).toMatchObject((await storage.stat('out'))!);
    await expectIdentical();
  });

  test('a lost upload is aborted, and not that of a key which goes on where ours ends', async () => {
    await bucket.openUpload('graph/out-longer');
    await bucket.openUpload('graph/out/deeper');
    proxy.reset(at('CreateMultipartUpload', 1, { kind: 'cut-reply', after: 40 }));
    await storage.compose('out', segments);
    // One was opened by the request whose reply was lost.
    expect(proxy.traffic().requests).toMatchObject({ CreateMultipartUpload: 2, AbortMultipartUpload: 1 });
    expect((await bucket.openUploads()).sort()).toEqual(['graph/out-longer', 'graph/out/deeper']);
    expect(sha256(await bucket.get('graph/out'))).toBe(expected);
  });

  test('lost uploads are aborted also where it has been learned meanwhile that the server wants others', async () => {
    let lost = 0;
    proxy.reset(({ operation, path, ofOperation }) => {
      if (operation === 'CreateMultipartUpload' && path.endsWith('/out') && ++lost <= 4) {
        return { kind: 'replace-reply', status: 500, body: errorBody('InternalError', 'Try again.') };
      }
      if (operation !== 'UploadPart' || ofOperation > 1) return undefined;
      return { kind: 'reply', status: 400, code: 'InvalidRequest', message: 'A checksum is missing' };
    });
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < a.length; at += MIB) yield await Promise.resolve(a.subarray(at, at + MIB));
    }
    await Promise.all(['out', 'other'].map((name) => storage.write(name, stream())));
    expect(lost).toBe(5);
    for (const name of ['out', 'other']) expect(sha256(await bucket.get(`graph/${name}`))).toBe(sha256(a));
    expect(await bucket.openUploads()).toEqual([]);
  });

  test('a slow first byte', async () => {
    proxy.reset(({ number }) => (number % 3 === 0 ? { kind: 'delay', ms: 300 } : undefined));
    await storage.compose('out', segments);
    await expectIdentical();
  });

  test('a 200 that carries an error where the upload is to end', async () => {
    proxy.reset(
      at('CompleteMultipartUpload', 1, {
        kind: 'reply',
        status: 200,
        code: 'InternalError',
        message: 'We encountered an internal error. Please try again.',
      }),
    );
    await storage.compose('out', segments);
    expect(proxy.traffic().requests['CompleteMultipartUpload']).toBe(2);
    await expectIdentical();
  });

  test('the same in a form that the SDK takes for success', async () => {
    // It looks for the closing tag at the very end.
    proxy.reset(
      at('CompleteMultipartUpload', 1, { kind: 'reply', status: 200, code: 'InternalError', tail: '\n' }),
    );
    await storage.compose('out', segments);
    expect(proxy.traffic().requests['CompleteMultipartUpload']).toBe(2);
    await expectIdentical();
  });

  test('an upload that ended although the reply says otherwise', async () => {
    proxy.reset(
      at('CompleteMultipartUpload', 1, {
        kind: 'replace-reply',
        status: 500,
        body: errorBody('InternalError', 'We encountered an internal error.'),
      }),
    );
    const stat = await storage.compose('out', segments);
    expect(await storage.stat('out')).toEqual(stat);
    await expectIdentical();
  });

  test('an upload that somebody aborted is begun again', async () => {
    proxy.reset(at('UploadPart', 1, { kind: 'reply', status: 404, code: 'NoSuchUpload' }));
    await storage.compose('out', segments);
    expect(proxy.traffic().requests['CreateMultipartUpload']).toBe(2);
    await expectIdentical();
  });

  test('of one that is aborted after its bytes were let go, whoever made them is told', async () => {
    proxy.reset(at('CompleteMultipartUpload', 1, { kind: 'reply', status: 404, code: 'NoSuchUpload' }));
    let hasLetGo = false;
    const work = storage.compose('out', segments, { onWritten: () => (hasLetGo = true) });
    await expect(work).rejects.toBeInstanceOf(LostWrite);
    expect(hasLetGo).toBe(true);
    expect(await bucket.openUploads()).toEqual([]);
  });

  test('many reads at once, a third of them cut', async () => {
    // Not each third of all: a read could then meet the fault in all of its attempts.
    proxy.reset(({ number }) =>
      number <= 40 && number % 3 === 0 ? { kind: 'cut-reply', after: 5 } : undefined,
    );
    const reads = await Promise.all(
      Array.from({ length: 40 }, (_, i) => storage.read('a', i * 1000, i * 1000 + 1000)),
    );
    expect(sha256(concat(...reads))).toBe(sha256(a.subarray(0, 40_000)));
  });
});

test('what is still on its way to an object that failed does not end up in the next one', async () => {
  await prepare();
  const [other, later] = [pattern(MIB, 5), pattern(MIB, 7)];
  const half = async (path: string, content: Uint8Array): Promise<Segment> => {
    const version = await bucket.put(`graph/${path}`, content);
    return { kind: 'copy', path, version, start: 0, end: MIB };
  };
  const late = await half('late', pattern(MIB, 6));
  const halves = [await half('other', other), await half('later', later)];
  const missing: Segment = { kind: 'copy', path: 'missing', version: '0', start: 0, end: MIB };
  proxy.reset(({ operation, path }) => {
    if (operation !== 'GetObject' || !path.includes('/late')) return undefined;
    return { kind: 'delay', ms: path.endsWith('/late') ? 400 : 1200 };
  });
  await expect(storage.compose('failed', [late, missing])).rejects.toMatchObject({ code: 'not-found' });
  await storage.compose('out', halves);
  expect(sha256(await bucket.get('graph/out'))).toBe(sha256(concat(other, later)));
});

describe('what does not pass ends in one line, with nothing published and no upload left open', () => {
  beforeEach(prepare);

  async function failure(
    work: Promise<unknown> = storage.compose('out', segments),
  ): Promise<RepartitionError> {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof RepartitionError)) throw new Error(`not an error for a user: ${String(error)}`);
    expect(error.message).not.toContain('\n');
    expect(error.hint).toMatch(/\.$/);
    return error;
  }

  test('SlowDown without end', async () => {
    proxy.reset(always('UploadPartCopy', SLOW_DOWN));
    const error = await failure();
    expect(error).toMatchObject({ code: 'storage', operation: 'read' });
    expect(error.path).toMatch(new RegExp(`^s3://${bucket.name}/graph/[ab]$`));
    expect(error.hint).toContain('with a larger `maxAttempts`');
    expect(error.message).toBe(
      `S3 kept asking to slow down while reading s3://${bucket.name}/graph/${error.message.includes('/a ') ? 'a' : 'b'} (4 attempts)`,
    );
    await expectNothing();
  });

  test('an upload that always ends in an error', async () => {
    proxy.reset(
      always('CompleteMultipartUpload', {
        kind: 'reply',
        status: 200,
        code: 'InternalError',
        message: 'Sorry.',
      }),
    );
    expect((await failure()).message).toBe(
      `S3 failed while writing s3://${bucket.name}/graph/out (4 attempts): InternalError: Sorry`,
    );
    await expectNothing();
  });

  test('an expired token', async () => {
    proxy.reset(
      always('UploadPartCopy', {
        kind: 'reply',
        status: 400,
        code: 'ExpiredToken',
        message: 'The token has expired.',
      }),
    );
    const error = await failure();
    expect(error.code).toBe('access');
    expect(error.message).toMatch(
      new RegExp(
        `^the credentials expired while reading s3://${bucket.name}/graph/[ab] \\(ExpiredToken: The token has expired\\)$`,
      ),
    );
    await expectNothing();
  });

  test('a source replaced while it is copied', async () => {
    proxy.reset(
      at('UploadPartCopy', 1, { kind: 'before', act: () => bucket.put('graph/a', pattern(12 * MIB, 9)) }),
    );
    const error = await failure();
    expect(error.code).toBe('changed');
    expect(error.message).toBe(`s3://${bucket.name}/graph/a changed while we were working with it`);
    await expectNothing();
  });

  test('a source replaced while its pages are read', async () => {
    proxy.reset(
      at('GetObject', 1, { kind: 'before', act: () => bucket.put('graph/a', pattern(12 * MIB, 9)) }),
    );
    expect((await failure()).code).toBe('changed');
    await expectNothing();
  });

  test.each([
    ['read', 'GetObject', 'access denied while reading', /s3:GetObject.*s3:ListBucket/],
    ['copy', 'UploadPartCopy', 'access denied while reading', /s3:GetObject/],
    ['write', 'CreateMultipartUpload', 'access denied while writing', /s3:PutObject/],
    ['write a part', 'UploadPart', 'access denied while writing', /s3:PutObject/],
  ])('no permission to %s', async (_, operation, message, hint) => {
    proxy.reset(always(operation, ACCESS_DENIED));
    const error = await failure();
    expect(error.code).toBe('access');
    expect(error.operation).toBe(message.endsWith('reading') ? 'read' : 'write');
    expect(error.message).toContain(message);
    expect(error.hint).toMatch(hint);
    await expectNothing();
  });

  test.each([
    [
      'InvalidPart',
      'All non-trailing parts must have the same length.',
      /no upload whose parts differ in size/,
      /on a disk/,
    ],
    [
      'InvalidDigest',
      'The checksum you specified is not valid.',
      /InvalidDigest/,
      /`s3Checksums` when-required/,
    ],
    [
      'EntityTooSmall',
      'Your proposed upload is too small.',
      /EntityTooSmall: Your/,
      /^Correct what it complains about/,
    ],
  ])('a server that answers the end of an upload with %s', async (code, message, told, hint) => {
    proxy.reset(always('CompleteMultipartUpload', { kind: 'reply', status: 400, code, message }));
    const error = await failure();
    expect(error.message).toMatch(told);
    expect(error.hint).toMatch(hint);
    await expectNothing();
  });

  test('no permission to list', async () => {
    proxy.reset(always('ListObjectsV2', ACCESS_DENIED));
    const error = await failure(storage.list('edges'));
    expect(error.message).toBe(
      `access denied while listing s3://${bucket.name}/graph/edges (AccessDenied: Access Denied)`,
    );
    expect(error).toMatchObject({ operation: 'list', path: `s3://${bucket.name}/graph/edges` });
    expect(error.hint).toContain('s3:ListBucket');
  });

  test('no permission to look at an object', async () => {
    proxy.reset(always('HeadObject', ACCESS_DENIED));
    expect((await failure(storage.stat('a'))).code).toBe('access');
  });

  test.each(['HeadObject', 'GetObject', 'ListObjectsV2', 'UploadPart', 'UploadPartCopy', 'PutObject'])(
    'the reason of somebody who stops it amid a %s',
    async (operation) => {
      const stop = new AbortController();
      const reason = new Error('the machine is needed elsewhere');
      proxy.reset((request) => {
        if (request.operation !== operation) return undefined;
        stop.abort(reason);
        return { kind: 'delay', ms: 200 };
      });
      const { signal } = stop;
      const work: Record<string, () => Promise<unknown>> = {
        HeadObject: () => storage.stat('a', { signal }),
        GetObject: () => storage.readTail('a', 8, { signal }),
        ListObjectsV2: () => storage.list('', { signal }),
        PutObject: () => storage.compose('out', segments.slice(0, 1), { signal }),
      };
      const run = work[operation] ?? (() => storage.compose('out', segments, { signal }));
      const error: unknown = await run().catch((failed: unknown) => failed);
      expect(error).toMatchObject({ code: 'interrupted', cause: reason });
      expect(await bucket.openUploads()).toEqual([]);
    },
  );

  test('an upload that cannot be aborted is named', async () => {
    const copy = always('UploadPartCopy', ACCESS_DENIED);
    const abort = always('AbortMultipartUpload', ACCESS_DENIED);
    proxy.reset((request) => copy(request) ?? abort(request));
    expect((await failure()).hint).toContain(
      `The unfinished upload of s3://${bucket.name}/graph/out could not be removed`,
    );
  });

  test('the same of one that is gone, as far as the server says', async () => {
    const part = always('UploadPart', { kind: 'reply', status: 404, code: 'NoSuchUpload' });
    const abort = always('AbortMultipartUpload', ACCESS_DENIED);
    proxy.reset((request) => part(request) ?? abort(request));
    expect((await failure()).hint).toContain(
      `The unfinished upload of s3://${bucket.name}/graph/out could not be removed`,
    );
  });

  test('a server that is not there', async () => {
    const gone = await startProxy(server.endpoint);
    await gone.stop();
    const error = await failure(openAt(gone.endpoint, bucket.name, 'graph', { maxAttempts: 2 }));
    expect(error.code).toBe('storage');
    expect(error.message).toMatch(
      new RegExp(`^the connection failed while opening s3://${bucket.name} \\(2 attempts\\): ECONNREFUSED`),
    );
  });
});

describe('opening', () => {
  beforeAll(prepare);
  beforeEach(() => {
    proxy.reset();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const open = (options: Record<string, string> = {}): Promise<Storage> =>
    openAt(proxy.endpoint, bucket.name, 'graph', options);

  test('no such bucket', async () => {
    await expect(openAt(proxy.endpoint, 'no-such-bucket-here')).rejects.toMatchObject({
      code: 'not-found',
      message: 'no such bucket: s3://no-such-bucket-here',
    });
  });

  test('no such bucket, when the region was given', async () => {
    const other = await openAt(proxy.endpoint, 'no-such-bucket-here', 'graph', { region: 'us-east-1' });
    await expect(other.readTail('metadata.json', 10)).rejects.toMatchObject({
      code: 'not-found',
      message: 'no such bucket: s3://no-such-bucket-here',
    });
    await expect(other.list('')).rejects.toMatchObject({
      message: 'no such bucket: s3://no-such-bucket-here',
    });
    // A reply to HEAD cannot say so by itself.
    await expect(other.stat('metadata.json')).rejects.toMatchObject({
      code: 'not-found',
      message: 'no such bucket: s3://no-such-bucket-here',
    });
  });

  test('the bucket is asked for once, when an object is missing and the region was given', async () => {
    const found = await open({ region: 'us-east-1' });
    proxy.reset();
    expect(await found.stat('a')).toMatchObject({ path: 'a' });
    expect(await found.stat('none')).toBeUndefined();
    expect(await found.stat('none')).toBeUndefined();
    expect(proxy.traffic().requests).toEqual({ HeadObject: 3, HeadBucket: 1 });
  });

  test.each([301, 400, 403])(
    'the region comes from the answer to HeadBucket, also with status %i',
    async (status) => {
      proxy.reset(
        always('HeadBucket', {
          kind: 'reply',
          status,
          code: 'x',
          headers: { 'x-amz-bucket-region': 'eu-north-1' },
        }),
      );
      expect((await open()).location).toMatchObject({ options: { region: 'eu-north-1' } });
      expect(proxy.traffic().requests).toEqual({ HeadBucket: 1 });
    },
  );

  test('a region that was given is not asked for', async () => {
    proxy.reset();
    expect((await open({ region: 'us-west-2' })).location).toMatchObject({
      options: { region: 'us-west-2' },
    });
    expect(proxy.traffic().requests).toEqual({});
  });

  test('a wrong region is said with the right one', async () => {
    proxy.reset(
      always('GetObject', {
        kind: 'reply',
        status: 301,
        code: 'PermanentRedirect',
        headers: { 'x-amz-bucket-region': 'eu-north-1' },
      }),
    );
    await expect((await open({ region: 'us-west-2' })).read('a', 0, 10)).rejects.toMatchObject({
      code: 'usage',
      message: `s3://${bucket.name}/graph/a is not where we asked for it: its bucket is in eu-north-1 (PermanentRedirect)`,
      hint: 'Leave out `region`, or use `region` eu-north-1.',
    });
  });

  test('an owner who is not the expected one', async () => {
    proxy.reset(
      always('HeadBucket', {
        kind: 'reply',
        status: 403,
        code: 'x',
        headers: { 'x-amz-bucket-region': 'us-east-1' },
      }),
    );
    await expect(open({ expectedBucketOwner: '123456789012' })).rejects.toMatchObject({
      code: 'access',
      message: `access denied to s3://${bucket.name}, or account 123456789012 does not own it`,
    });
  });

  test('an owner who is not the expected one, on a server that names no region', async () => {
    proxy.reset(always('HeadBucket', { kind: 'reply', status: 403, code: 'x' }));
    await expect(open({ expectedBucketOwner: '123456789012' })).rejects.toMatchObject({
      code: 'access',
      message: `access denied to s3://${bucket.name}, or account 123456789012 does not own it`,
    });
  });

  test('a refusal without a word of why', async () => {
    proxy.reset(always('HeadBucket', { kind: 'reply', status: 400, code: 'x' }));
    await expect(open()).rejects.toMatchObject({
      code: 'storage',
      message: `the server refused opening s3://${bucket.name} without saying why (HTTP 400)`,
      hint: expect.stringMatching(/`region` and the credentials/) as string,
    });
  });

  test('https to a server that speaks http', async () => {
    await expect(openAt(proxy.endpoint.replace('http:', 'https:'), bucket.name)).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringMatching(
        /^no secure connection while opening s3:\/\/bucket-\w+: EPROTO .*wrong version number/,
      ) as string,
      hint: 'Check `endpointUrl`: whether the server speaks https, and goes by that name.',
    });
  });

  test('no credentials', async () => {
    const { AWS_ACCESS_KEY_ID: id } = process.env;
    delete process.env['AWS_ACCESS_KEY_ID'];
    try {
      await expect(open()).rejects.toMatchObject({
        code: 'access',
        message: expect.stringMatching(
          /^no credentials while opening s3:\/\/bucket-\w+: environment, profile, web identity, container and instance have none$/,
        ) as string,
      });
    } finally {
      process.env['AWS_ACCESS_KEY_ID'] = id;
    }
  });

  test('the endpoint may come from the environment', async () => {
    process.env['AWS_ENDPOINT_URL_S3'] = proxy.endpoint;
    try {
      const { openS3Storage } = await import('../../src/s3/index.js');
      const found = await openS3Storage({ scheme: 's3', bucket: bucket.name, prefix: 'graph' });
      expect((await found.list('')).map(({ path }) => path).sort()).toEqual(['a', 'b']);
      expect(found.location).toMatchObject({ options: { pathStyle: true } });
    } finally {
      delete process.env['AWS_ENDPOINT_URL_S3'];
    }
  });

  test('an endpoint of the environment that is no URL', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'me:secret@host');
    const { openS3Storage } = await import('../../src/s3/index.js');
    await expect(openS3Storage({ scheme: 's3', bucket: bucket.name, prefix: 'graph' })).rejects.toMatchObject(
      {
        code: 'usage',
        message: 'the S3 endpoint of the environment or the profile is not a URL',
      },
    );
  });

  test('endpoint, region and credentials may come from a profile', async () => {
    const folder = await temporaryFolder();
    const config = join(folder.path, 'config');
    await writeFile(
      config,
      `[profile lab]
      aws_access_key_id = ${process.env['AWS_ACCESS_KEY_ID']!}
      aws_secret_access_key = ${process.env['AWS_SECRET_ACCESS_KEY']!}
      region = us-east-1
      endpoint_url = ${proxy.endpoint}
      `.replaceAll(/^ +/gm, ''),
    );
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', config);
    try {
      const { openS3Storage } = await import('../../src/s3/index.js');
      const found = await openS3Storage({
        scheme: 's3',
        bucket: bucket.name,
        prefix: 'graph',
        options: { profile: 'lab' },
      });
      expect((await found.list('')).map(({ path }) => path).sort()).toEqual(['a', 'b']);
      expect(proxy.traffic().requests).toEqual({ HeadBucket: 1, ListObjectsV2: 1 });
    } finally {
      await folder.remove();
    }
  });
});

test('no error shows a credential', async () => {
  const shown: string[] = [];
  for (const fault of [
    ACCESS_DENIED,
    SLOW_DOWN,
    { kind: 'reply', status: 403, code: 'SignatureDoesNotMatch' } as const,
  ]) {
    proxy.reset(() => fault);
    const error = await storage.read('a', 0, 1).catch((reason: unknown) => reason);
    shown.push(
      JSON.stringify((error as RepartitionError).toReport()),
      inspect(error, { depth: 20, showHidden: true }),
    );
  }
  for (const text of shown) {
    expect(text).not.toContain(process.env['AWS_ACCESS_KEY_ID']);
    expect(text).not.toContain(process.env['AWS_SECRET_ACCESS_KEY']);
  }
  expect(errorBody('a', 'b')).toContain('<Code>a</Code>');
});
