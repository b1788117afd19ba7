/** What stopped and killed runs leave on S3: no upload that stays open, and never that of a run which is alive. */
import { dirname } from 'node:path';
import { clean, ownedTasks, prepare, repartition } from 'gs-repartition';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeGraph, MIB, openAt, pattern, temporaryFolder, TestBucket } from './kit.js';
import { expectReadyByFooters } from '../support/ready.js';
import { type Proxy, startProxy } from './proxy.js';
import { listsUploads, type S3Server, startServer } from './servers.js';

vi.setConfig({ testTimeout: 120_000 });

let server: S3Server;
let proxy: Proxy;
let work: Awaited<ReturnType<typeof temporaryFolder>>;
let bucket: TestBucket;

beforeAll(async () => {
  server = await startServer();
  proxy = await startProxy(server.endpoint);
  work = await temporaryFolder();
  const spec = { dim: 3, features: [100, 80], labels: [90, 90], edges: [50, 50, 20], weights: [60, 60] };
  await makeGraph(work.path, spec);
}, 120_000);

afterAll(async () => {
  await work.remove();
  await proxy.stop();
  await server.stop();
});

beforeEach(async () => {
  proxy.reset();
  bucket = await TestBucket.create(server.endpoint);
});

const s3 = () => ({ endpointUrl: proxy.endpoint, region: 'us-east-1' });

describe('an upload that is stopped', () => {
  test('waits for the part that is under way, and is gone with all its bytes', async () => {
    const storage = await openAt(proxy.endpoint, bucket.name, 'graph');
    const stop = new AbortController();
    proxy.reset(({ operation }) => {
      if (operation !== 'UploadPart') return undefined;
      setTimeout(() => stop.abort(), 50);
      return { kind: 'late', ms: 500 };
    });
    const bytes = { kind: 'bytes', bytes: pattern(20 * MIB, 1) } as const;
    await expect(storage.compose('out', [bytes], { signal: stop.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
    // What a server works on after we have gone would arrive by now.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await bucket.openUploads()).toEqual([]);
  });

  test('is aborted once more as long as it is there', async () => {
    const storage = await openAt(proxy.endpoint, bucket.name, 'graph');
    const stop = new AbortController();
    const stillThere = '<ListPartsResult><Part><PartNumber>1</PartNumber></Part></ListPartsResult>';
    proxy.reset(({ operation, ofOperation }) => {
      if (operation === 'UploadPart') stop.abort();
      if (operation !== 'ListParts' || ofOperation > 1) return undefined;
      return { kind: 'replace-reply', status: 200, body: stillThere };
    });
    const bytes = { kind: 'bytes', bytes: pattern(20 * MIB, 1) } as const;
    await expect(storage.compose('out', [bytes], { signal: stop.signal })).rejects.toThrow();
    expect(proxy.traffic().requests['AbortMultipartUpload']).toBe(2);
  });
});

describe('a run that begins', () => {
  /** Uploads that a killed run has left: of a new part, of the metadata, and one that is none of a run's. */
  async function withUploads(): Promise<{ inputPrefix: string; ours: string[]; theirs: string }> {
    await bucket.putFolder(work.path, 'graph');
    const inputPrefix = `s3://${bucket.name}/graph`;
    const [first] = ownedTasks(await prepare({ inputPrefix, s3: s3() }));
    const ours = [`graph/${first!.task.output}`, 'graph/updated_row_counts_metadata.json'];
    const theirs = `graph/${dirname(first!.task.slices[0].path)}/upload-of-somebody.parquet`;
    for (const key of [...ours, theirs, 'graph-2/out']) await bucket.openUpload(key);
    return { inputPrefix, ours, theirs };
  }

  afterEach(() => expectReadyByFooters(bucket.asPrefix('graph')));

  const runningSince = (startedAt: string): Promise<string> =>
    bucket.put(
      'graph/repartition_runs/ffffffff-1-0-01234567.json',
      JSON.stringify({ host: 'machine-7', pid: 1, startedAt }),
    );

  test.runIf(listsUploads)(
    'aborts the uploads that killed runs of the same outputs have left, and no others',
    async () => {
      const { inputPrefix, theirs } = await withUploads();
      await repartition({ inputPrefix, s3: s3() });
      expect((await bucket.openUploads()).sort()).toEqual(['graph-2/out', theirs].sort());
      expect(await bucket.keys('graph/repartition_runs/')).toEqual([]);
    },
  );

  test('leaves those of a run that is alive, and says that it is there', async () => {
    const { inputPrefix, ours, theirs } = await withUploads();
    await runningSince('2000-01-01T00:00:00.000Z');
    const warnings: string[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (line: string) => void warnings.push(line),
    };
    await repartition({ inputPrefix, s3: s3(), log });
    expect((await bucket.openUploads()).sort()).toEqual([...ours, theirs, 'graph-2/out'].sort());
    expect(warnings.join()).toContain('another run is at work on this prefix (machine-7, process 1');
  });

  test.runIf(listsUploads)('aborts also then what is older than that run', async () => {
    const { inputPrefix, theirs } = await withUploads();
    await runningSince('2100-01-01T00:00:00.000Z');
    await repartition({ inputPrefix, s3: s3() });
    expect((await bucket.openUploads()).sort()).toEqual(['graph-2/out', theirs].sort());
  });

  test('goes on where it may not list uploads, nor remove its own file', async () => {
    await bucket.putFolder(work.path, 'graph');
    const denied = { kind: 'reply', status: 403, code: 'AccessDenied' } as const;
    proxy.reset(({ operation }) =>
      ['ListMultipartUploads', 'DeleteObject'].includes(operation) ? denied : undefined,
    );
    const { status } = await repartition({ inputPrefix: `s3://${bucket.name}/graph`, s3: s3() });
    expect(status).toBe('succeeded');
    const [left, ...others] = await bucket.keys('graph/repartition_runs/');
    expect(others).toEqual([]);
    expect(await bucket.get(left!)).toHaveLength(0);
  });
});

test.runIf(listsUploads)(
  'clean lists folders and uploads with their bytes, and removes them when told to',
  async () => {
    await bucket.putFolder(work.path, 'graph');
    const options = { inputPrefix: `s3://${bucket.name}/graph`, s3: s3() };
    await repartition({ ...options, numOutputFiles: 3 });
    await repartition(options);
    await bucket.openUpload('graph/some/where');
    await bucket.openUpload('graph-2/out');
    const listed = await clean(options);
    expect(listed.items.map(({ kind }) => kind)).toContain('superseded folder');
    expect(listed.items.filter(({ kind }) => kind === 'upload')).toMatchObject([
      { path: 'some/where', bytes: 0 },
    ]);
    expect(await bucket.openUploads()).toHaveLength(2);
    const before = await bucket.keys('graph/');
    expect(await clean({ ...options, remove: true })).toEqual({ ...listed, removed: true });
    const after = await bucket.keys('graph/');
    expect(before.length - after.length).toBe(listed.files - 1);
    expect(await bucket.openUploads()).toEqual(['graph-2/out']);
    // All that is named is there.
    expect((await repartition(options)).parts).toMatchObject({ spliced: 0, reencoded: 0 });
    expect((await clean(options)).items).toEqual([]);
    await expectReadyByFooters(options);
  },
);
