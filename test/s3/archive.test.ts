/** Parts in an archive: they take hours to restore, so all are told before anything else is done. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CopyObjectCommand, RestoreObjectCommand, type StorageClass } from '@aws-sdk/client-s3';
import { prepare, repartition, verifyPrefix } from 'gs-repartition';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { restoreHint } from '../../src/s3/archive.js';
import { dataSetsOf, makeGraph, openAt, temporaryFolder, TestBucket } from './kit.js';
import { ACCESS_DENIED, type Faults, type Proxy, startProxy } from './proxy.js';
import { type S3Server, startMoto } from './servers.js';

vi.setConfig({ testTimeout: 60_000 });

let server: S3Server;
let proxy: Proxy;
let work: Awaited<ReturnType<typeof temporaryFolder>>;
let bucket: TestBucket;
/** Of all data sets, in the metadata's order. */
let parts: string[];

beforeAll(async () => {
  server = await startMoto();
  proxy = await startProxy(server.endpoint);
  work = await temporaryFolder();
  await makeGraph(work.path, { dim: 3, features: [100, 80, 20], labels: [90, 90, 20], edges: [50, 50, 20] });
  const metadata = await readFile(join(work.path, 'metadata.json'), 'utf8');
  parts = [...dataSetsOf(metadata).values()].flatMap(({ data }) => data);
}, 120_000);

afterAll(async () => {
  await proxy.stop();
  await server.stop();
  await work.remove();
});

beforeEach(async () => {
  bucket = await TestBucket.create(server.endpoint);
  await bucket.putFolder(work.path, 'graph');
  proxy.reset();
});

const keyOf = (part: string): string => `graph/${part}`;

async function archive(part: string, StorageClass: StorageClass = 'GLACIER'): Promise<void> {
  const [Bucket, Key] = [bucket.name, keyOf(part)];
  await bucket.client.send(
    new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${Key}`, StorageClass }),
  );
}

const graph = () => ({
  inputPrefix: `s3://${bucket.name}/graph`,
  s3: { endpointUrl: proxy.endpoint, region: 'us-east-1' },
});

test('one part at the end keeps all others from being read', async () => {
  const last = parts.at(-1)!;
  await archive(last);
  const where = `s3://${bucket.name}/${keyOf(last)}`;
  await expect(repartition(graph())).rejects.toMatchObject({
    code: 'access',
    message: `${where} is archived (GLACIER), as the only one of ${parts.length} parts to align`,
    hint: expect.stringContaining(
      `aws s3api restore-object --bucket ${bucket.name} --key ${keyOf(last)} --restore-request '{"Days":7}'`,
    ) as string,
    part: last,
    dataSet: expect.any(String) as string,
  });
  // Of that one a byte is asked for: a server that is not AWS's may mean something else by its class.
  const read = proxy.seen.filter(
    ({ operation, path }) => operation === 'GetObject' && path.endsWith('.parquet'),
  );
  expect(new Set(read.map(({ path, headers }) => `${path} ${headers.range}`))).toEqual(
    new Set([`${bucket.name}/${keyOf(last)} bytes=-1`]),
  );
  expect((await bucket.keys('graph')).filter((key) => key.includes('repartitioned'))).toEqual([]);
});

test('all of them are counted in one line, whatever their data set and class', async () => {
  const [a, b, c] = [parts[0]!, parts[4]!, parts.at(-1)!];
  await archive(a);
  await archive(b, 'DEEP_ARCHIVE');
  await archive(c);
  const message = `3 of ${parts.length} parts to align are archived (2 in GLACIER, 1 in DEEP_ARCHIVE), the first of them s3://${bucket.name}/${keyOf(a)}`;
  const list = `aws s3api list-objects-v2 --bucket ${bucket.name} --prefix graph/ --query "Contents[?StorageClass=='GLACIER' || StorageClass=='DEEP_ARCHIVE'].[Key]" --output text`;
  const same = `--endpoint-url ${proxy.endpoint}`;
  const restore = `aws s3api restore-object --bucket ${bucket.name} --key "$key" --restore-request '{"Days":7}' ${same}`;
  await expect(prepare(graph())).rejects.toMatchObject({
    code: 'access',
    message,
    hint: expect.stringContaining(`${list} ${same} | while read -r key; do ${restore}; done`) as string,
  });
  await expect(verifyPrefix(graph())).rejects.toMatchObject({ code: 'access', message });
});

test('what can be read at once is no archive', async () => {
  await archive(parts[0]!, 'GLACIER_IR');
  await archive(parts[1]!, 'INTELLIGENT_TIERING');
  await archive(parts[2]!, 'STANDARD_IA');
  await expect(prepare(graph())).resolves.toBeDefined();
});

test('a copy that was restored is read', async () => {
  const [part] = parts as [string];
  await archive(part);
  const [Bucket, Key] = [bucket.name, keyOf(part)];
  await bucket.client.send(new RestoreObjectCommand({ Bucket, Key, RestoreRequest: { Days: 1 } }));
  await expect(prepare(graph())).resolves.toBeDefined();
});

test('what another server calls so, and lets be read, is no archive', async () => {
  const [part] = parts as [string];
  const storage = await openAt(proxy.endpoint, bucket.name, 'graph', { region: 'us-east-1' });
  const listed = `<Contents><Key>${keyOf(part)}</Key><Size>9</Size><ETag>"e"</ETag><StorageClass>GLACIER</StorageClass></Contents>`;
  const body = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${listed}</ListBucketResult>`;
  const headers = { 'x-amz-storage-class': 'GLACIER', etag: '"e"', 'content-length': '9' };
  const named = (server: Record<string, string> = {}): Faults => {
    return ({ operation }) => {
      if (operation === 'ListObjectsV2') return { kind: 'reply-200', body };
      if (operation !== 'HeadObject') return undefined;
      return { kind: 'reply', status: 200, code: '', headers: { ...headers, ...server } };
    };
  };
  proxy.reset(named());
  await expect(storage.requireRestored!([part])).resolves.toBeUndefined();
  // AWS itself need not be asked, by whatever name it goes.
  proxy.reset(named({ server: 'AmazonS3' }));
  await expect(storage.requireRestored!([part])).rejects.toMatchObject({ code: 'access' });
  expect(proxy.traffic().requests).not.toHaveProperty('GetObject');
  await storage.close();
});

test('what is being restored is waited for', async () => {
  const [part] = parts as [string];
  await archive(part);
  // moto restores at once, and tells nobody of it in lists.
  const listed = `<Contents><Key>${keyOf(part)}</Key><Size>9</Size><ETag>"e"</ETag><StorageClass>GLACIER</StorageClass><RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus></Contents>`;
  const body = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${listed}</ListBucketResult>`;
  proxy.reset(({ headers }) =>
    headers['x-amz-optional-object-attributes'] === 'RestoreStatus' ? { kind: 'reply-200', body } : undefined,
  );
  await expect(prepare(graph())).rejects.toMatchObject({
    message: `s3://${bucket.name}/${keyOf(part)} is archived (GLACIER), as the only one of ${parts.length} parts to align, and being restored`,
    hint: 'Wait until they are restored, which takes minutes to two days; then run the same command again.',
  });
});

test('a command that restores is one for any shell, and for what was archived by age too', () => {
  expect(restoreHint("s3://b/it's/part", 'GLACIER')).toContain(
    String.raw`--key 'it'\''s/part' --restore-request '{"Days":7}'`,
  );
  expect(restoreHint('s3://b/part', 'ARCHIVE_ACCESS')).toContain("--restore-request '{}'");
});

test('it takes a list for each folder', async () => {
  await prepare(graph());
  const folders = new Set(parts.map((part) => part.replace(/\/[^/]*$/, '')));
  expect(proxy.traffic().requests).toMatchObject({ ListObjectsV2: folders.size });
});

test('where nothing may be listed, it is told when the part is read', async () => {
  await archive(parts.at(-1)!);
  proxy.reset(({ operation }) => (operation === 'ListObjectsV2' ? ACCESS_DENIED : undefined));
  await expect(prepare(graph())).rejects.toMatchObject({
    message: `s3://${bucket.name}/${keyOf(parts.at(-1)!)} is archived (GLACIER)`,
  });
});
