/** Planning over many small parts: how fast footers are read, and how many requests that takes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeGraph, temporaryFolder, TestBucket } from '../s3/kit.js';
import { type Proxy, startProxy } from '../s3/proxy.js';
import { type S3Server, startServer } from '../s3/servers.js';
import { runCommand } from './measure.js';

/** Of each of two features that agree, so that all a run does is read footers. */
const PARTS = 10_000;

let server: S3Server;
let proxy: Proxy;
let bucket: TestBucket;

beforeAll(async () => {
  server = await startServer();
  proxy = await startProxy(server.endpoint);
  bucket = await TestBucket.create(server.endpoint);
  const work = await temporaryFolder();
  await makeGraph(work.path, { dim: 4, features: [50] });
  const part = await readFile(join(work.path, 'node_data/item-feat/parquet/part-00000-0000.snappy.parquet'));
  await work.remove();
  const feature = (name: string) => ({
    format: { name: 'parquet', delimiter: '' },
    data: Array.from({ length: PARTS }, (_, i) => `node_data/item-${name}/parquet/part-${i}.parquet`),
    row_counts: new Array<number>(PARTS).fill(50),
  });
  const item = { one: feature('one'), two: feature('two') };
  await bucket.put(
    'graph/metadata.json',
    JSON.stringify({ edge_type: [], node_type: ['item'], edges: {}, edge_data: {}, node_data: { item } }),
  );
  await pMap([...item.one.data, ...item.two.data], (path) => bucket.put(`graph/${path}`, part), {
    concurrency: 32,
  });
}, 600_000);

afterAll(async () => {
  await proxy.stop();
  await server.stop();
}, 120_000);

test('20,000 parts are planned with in constant memory', async () => {
  const { summary, peak } = await runCommand(
    ...['--input-prefix', `s3://${bucket.name}/graph`, '--endpoint-url', server.endpoint],
  );
  expect(summary.parts).toMatchObject({ kept: 2 * PARTS, spliced: 0 });
  // The machine's load decides this one, so it is told and not asserted; `npm run bench` compares it.
  const perSecond = Math.round((2 * PARTS) / summary.seconds);
  console.log(`${perSecond} parts a second, peak memory ${Math.round(peak / 1e6)} MB`);
  expect(peak).toBeLessThan(300e6);
}, 300_000);

test('one request a part, and a few for the rest', async () => {
  proxy.reset();
  const started = performance.now();
  await runCommand('--input-prefix', `s3://${bucket.name}/graph`, '--endpoint-url', proxy.endpoint);
  // A run says again and again that it is alive, and looks who else is.
  const beats = Math.ceil((performance.now() - started) / 30_000);
  const { PutObject = 0, ListObjectsV2 = 0, ...others } = proxy.traffic().requests;
  expect(others).toEqual({
    HeadBucket: 1,
    // The metadata at the start and the end, and what an earlier run published.
    HeadObject: 3,
    // Of both the bytes, and each part's tail.
    GetObject: 2 * PARTS + 2,
    // What killed runs have left, and the file that said that this one is at work.
    ListMultipartUploads: 1,
    DeleteObject: 1,
  });
  // The status when it starts and when it ends, the updated metadata, and the file that says who is at work.
  expect(PutObject).toBeGreaterThanOrEqual(4);
  expect(PutObject).toBeLessThanOrEqual(4 + 2 * beats);
  // Whether any part lies in an archive, later whether all are as they were, and who else is at work.
  const lists = 2 * ((2 * PARTS) / 1000);
  expect(ListObjectsV2).toBeGreaterThanOrEqual(lists);
  expect(ListObjectsV2).toBeLessThanOrEqual(lists + 4 + 2 * beats);
}, 300_000);
