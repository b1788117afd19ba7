/** A deep look on S3 says what one on a disk says, of parts larger than what is read at a time, and notices what changes. */
import { join } from 'node:path';
import { type Progress, repartition, verifyPrefix, type VerifyReport } from 'gs-repartition';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeGraph, temporaryFolder, TestBucket } from './kit.js';
import { SLOW_DOWN, type Proxy, startProxy } from './proxy.js';
import { type S3Server, startServer } from './servers.js';

vi.setConfig({ testTimeout: 120_000 });

let server: S3Server;
let proxy: Proxy;
let work: Awaited<ReturnType<typeof temporaryFolder>>;
let bucket: TestBucket;
let onDisk: VerifyReport;

beforeAll(async () => {
  server = await startServer();
  proxy = await startProxy(server.endpoint);
  work = await temporaryFolder();
  const spec = { features: [60_000, 60_000, 60_000], labels: [50_000, 70_000, 60_000] };
  const folder = join(work.path, 'graph');
  await makeGraph(folder, spec);
  bucket = await TestBucket.create(server.endpoint);
  await bucket.putFolder(folder, 'graph');
  for (const inputPrefix of [folder, graph()]) {
    await repartition({ inputPrefix, s3: { endpointUrl: proxy.endpoint }, numOutputFiles: 4 });
  }
  onDisk = await verifyPrefix({ inputPrefix: folder, deep: true });
}, 180_000);

afterAll(async () => {
  await proxy.stop();
  await server.stop();
  await work.remove();
});

const graph = (): string => `s3://${bucket.name}/graph`;
const look = (onProgress?: (progress: Progress) => void): Promise<VerifyReport> =>
  verifyPrefix({
    inputPrefix: graph(),
    s3: { endpointUrl: proxy.endpoint },
    deep: true,
    ...(onProgress && { onProgress }),
  });

describe('verify --deep on S3', () => {
  test('says what it says on a disk, with bytes on the way', async () => {
    const seen: Progress[] = [];
    const { inputPrefix, metadata, ...report } = await look((at) => seen.push(at));
    expect([inputPrefix, metadata]).toEqual([graph(), `${graph()}/updated_row_counts_metadata.json`]);
    expect({ ...onDisk, ...report }).toEqual(onDisk);
    expect(report).toMatchObject({ ready: true, violations: [] });
    const deep = seen.filter(({ phase }) => phase === 'deep');
    expect(deep.at(-1)).toMatchObject({ bytes: report.checked.bytes, totalBytes: report.checked.bytes });
    expect(new Set(deep.map((at) => ('bytes' in at ? at.bytes : 0))).size).toBeGreaterThan(4);
  });

  test('waits where the server says it is too busy', async () => {
    let busy = 0;
    proxy.reset((request) =>
      request.operation === 'GetObject' && request.path.includes('part-') && busy++ % 5 === 0
        ? SLOW_DOWN
        : undefined,
    );
    expect(await look()).toMatchObject({ ready: true });
    expect(busy).toBeGreaterThan(5);
    proxy.reset();
  });

  test('finds a bit that flipped in the middle of a part', async () => {
    const made = (await bucket.keys()).find((key) => /parquet-repartitioned-.*part-00001/.test(key))!;
    const bytes = await bucket.get(made);
    bytes[Math.floor(bytes.length / 2)]! ^= 4;
    await bucket.put(made, bytes);
    const { ready, violations } = await look();
    expect(ready).toBe(false);
    expect(violations).toMatchObject([{ type: 'item', dataSet: 'feat' }]);
  });
});
