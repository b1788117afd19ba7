/** What a plan says of requests beside what a run sends. */
import { join } from 'node:path';
import { estimate, prepare, repartition, type RepartitionOptions } from 'gs-repartition';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type GraphSpec, makeGraph, moviesFolder, temporaryFolder, TestBucket } from './kit.js';
import { expectReadyByFooters } from '../support/ready.js';
import { type Proxy, startProxy } from './proxy.js';
import { type S3Server, startServer } from './servers.js';

vi.setConfig({ testTimeout: 120_000 });

let server: S3Server;
let proxy: Proxy;
let work: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  server = await startServer();
  proxy = await startProxy(server.endpoint);
  work = await temporaryFolder();
});

afterAll(async () => {
  await proxy.stop();
  await server.stop();
  await work.remove();
});

/** Makes the graph in a bucket, or takes the movies. */
async function inBucket(spec: GraphSpec | undefined): Promise<string> {
  const bucket = await TestBucket.create(server.endpoint);
  const folder = spec ? join(work.path, bucket.name) : moviesFolder;
  if (spec) await makeGraph(folder, spec);
  await bucket.putFolder(folder, 'graph');
  return `s3://${bucket.name}/graph`;
}

const large: GraphSpec = { features: [60_000, 60_000, 60_000], labels: [50_000, 70_000, 60_000] };
const cases: [string, GraphSpec | undefined, Partial<RepartitionOptions>][] = [
  ['the movies', undefined, {}],
  ['parts of 15 MB, in other parts', large, { numOutputFiles: 4 }],
  ['parts of 15 MB, of which the large ones stay', large, {}],
];

test.each(cases)('%s: reads and writes within a factor of two', async (_name, spec, options) => {
  const inputPrefix = await inBucket(spec);
  const s3 = { endpointUrl: proxy.endpoint };
  const expected = await estimate(await prepare({ inputPrefix, s3, ...options }));
  proxy.reset();
  const summary = await repartition({ inputPrefix, s3, ...options });
  const sent = proxy.traffic().requests;
  // The run itself has counted them, in all its threads.
  expect(summary.requests).toEqual(sent);
  const sums = (requests: Readonly<Record<string, number>>): { reads: number; writes: number } => {
    const of = (...names: string[]): number => names.reduce((sum, name) => sum + (requests[name] ?? 0), 0);
    return {
      reads: of('GetObject', 'HeadObject', 'HeadBucket'),
      writes:
        Object.values(requests).reduce((a, b) => a + b, 0) - of('GetObject', 'HeadObject', 'HeadBucket'),
    };
  };
  const [said, done] = [sums(expected!.requests!), sums(sent)];
  for (const kind of ['reads', 'writes'] as const) {
    const ratio = said[kind] / done[kind];
    expect(ratio, `${kind}: ${JSON.stringify({ said: expected?.requests, sent })}`).toBeGreaterThan(0.5);
    expect(ratio, `${kind}: ${JSON.stringify({ said: expected?.requests, sent })}`).toBeLessThan(2);
  }
  await expectReadyByFooters({ inputPrefix, s3 });
});
