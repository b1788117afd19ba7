/** 2 GB in parts of 128 MB, all of them moved: the bytes stay in the bucket. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  alignedLocally,
  alignedOnS3,
  makeGraph,
  MIB,
  rowsByPyarrow,
  temporaryFolder,
  TestBucket,
} from '../s3/kit.js';
import { type Proxy, startProxy } from '../s3/proxy.js';
import { type S3Server, startServer } from '../s3/servers.js';
import { runCommand } from './measure.js';

/** Vectors of 64 floats: 128 MB. */
const ROWS = 490_000;
const PARTS = 16;

let server: S3Server;
let proxy: Proxy;
let work: Awaited<ReturnType<typeof temporaryFolder>>;
let bucket: TestBucket;

beforeAll(async () => {
  server = await startServer();
  proxy = await startProxy(server.endpoint);
  work = await temporaryFolder();
  // The labels' layout is a little off, as it is when Spark splits two outputs differently.
  const even = Array.from({ length: PARTS }, () => ROWS);
  const off = even.map((rows, i) => rows + (i % 2 === 0 ? 1 : -1) * (2_000 + 100 * i));
  off[PARTS - 1]! += even.reduce((sum, n) => sum + n, 0) - off.reduce((sum, n) => sum + n, 0);
  await makeGraph(join(work.path, 'graph'), { dim: 64, features: even, labels: off, copies: 2 });
  bucket = await TestBucket.create(server.endpoint);
  await bucket.putFolder(join(work.path, 'graph'), 'graph');
}, 600_000);

afterAll(async () => {
  await proxy.stop();
  await server.stop();
  await work.remove();
}, 120_000);

test('less than 10 MiB per moved part pass through the client, in less than 300 MB of memory', async () => {
  const common = ['--target-layout', 'most-frequent'];
  const { summary, peak } = await runCommand(
    ...common,
    ...['--input-prefix', `s3://${bucket.name}/graph`, '--endpoint-url', proxy.endpoint],
  );
  const { up, down, requests, bodies } = proxy.traffic();
  const moved = summary.parts.spliced;
  const perPart = (up + down) / moved / MIB;
  console.log(
    JSON.stringify(
      {
        moved,
        upMiB: up / MIB,
        downMiB: down / MIB,
        perPartMiB: perPart,
        requests,
        bodies,
        peakMB: peak / 1e6,
        summary,
      },
      null,
      1,
    ),
  );
  expect(summary.parts).toMatchObject({ spliced: PARTS, reencoded: 0 });
  expect(summary.bytes.copied).toBeGreaterThan(1.9e9);

  const local = await runCommand(...common, '--input-prefix', join(work.path, 'graph'));
  expect(local.summary.parts).toEqual(summary.parts);
  expect(await alignedOnS3(bucket, 'graph')).toEqual(await alignedLocally(join(work.path, 'graph')));
  const rows = await rowsByPyarrow(server.endpoint, bucket.name, 'graph');
  expect(rows.get('node_data item feat')).toEqual(rows.get('node_data item label'));
  expect(await bucket.openUploads()).toEqual([]);

  expect(perPart).toBeLessThan(10);
  expect(peak).toBeLessThan(300e6);
}, 900_000);
