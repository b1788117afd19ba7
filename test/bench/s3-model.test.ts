/** The model of S3: that it answers as a server does for the requests we send, and costs what it says. */
import { execFile, type ExecFileException } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { prepare, repartition } from 'gs-repartition';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkRows } from '../../bench/s3-model/check.js';
import { type Costs, latencies, RateLimit, S3_COSTS } from '../../bench/s3-model/costs.js';
import { boundaryGraph, BUCKET, type ModelGraph, PREFIX, wideGraph } from '../../bench/s3-model/graph.js';
import { Model } from '../../bench/s3-model/model.js';
import { partName, type Recipe, VirtualObjects } from '../../bench/s3-model/recipe.js';
import { concat, read, slice, Uploaded } from '../../bench/s3-model/rope.js';
import { ModelServer } from '../../bench/s3-model/server.js';
import { MAIN } from '../cli/processes.js';
import {
  alignedLocally,
  alignedOnS3,
  MIB,
  openAt,
  pattern,
  sha256,
  temporaryFolder,
  TestBucket,
} from '../s3/kit.js';
import { useCredentials } from '../s3/servers.js';
import { storageContract } from '../storage/contract.js';
import { python } from '../support/paths.js';

vi.setConfig({ testTimeout: 120_000 });

/** Nothing waits. */
const NO_COSTS: Costs = {
  ...S3_COSTS,
  latencyMs: 0,
  getBytesPerSecond: 0,
  putBytesPerSecond: 0,
  copyBytesPerSecond: 0,
  readsPerSecond: 0,
  writesPerSecond: 0,
};
/** Large enough that both sides of a boundary can be copied. */
const PART_BYTES = 20_000_000;
const PARTS = 4;

let work: Awaited<ReturnType<typeof temporaryFolder>>;
let graph: ModelGraph;

beforeAll(async () => {
  useCredentials();
  process.env['GS_REPARTITION_BENCH_PYTHON'] = python;
  work = await temporaryFolder();
  graph = await boundaryGraph(PARTS, PART_BYTES, join(work.path, 'templates'));
}, 120_000);

afterAll(() => work.remove());

async function withModel<T>(
  recipe: Recipe,
  costs: Costs,
  use: (endpoint: string, server: ModelServer) => Promise<T>,
): Promise<T> {
  const server = new ModelServer(recipe, costs, join(work.path, randomUUID()));
  try {
    return await use(await server.listen(), server);
  } finally {
    await server.close();
  }
}

/** Many small parts in two folders, and an object between them in the order of keys. */
function manyParts(parts: number): Recipe {
  const folder = (name: string) => ({
    key: `${PREFIX}/${name}`,
    job: 'job',
    runs: [[0, parts]] as [number, number][],
  });
  return {
    bucket: BUCKET,
    templates: [join(work.path, 'templates', 'metadata.json')],
    objects: [{ key: `${PREFIX}/metadata.json`, template: 0 }],
    folders: [folder('a/parquet'), folder('z/parquet')],
  };
}

describe('requests', () => {
  let server: ModelServer;
  let endpoint: string;
  beforeAll(async () => {
    const empty = { bucket: BUCKET, templates: [], objects: [], folders: [] };
    server = new ModelServer(empty, NO_COSTS, join(work.path, 'spilled'));
    endpoint = await server.listen();
  });
  afterAll(() => server.close());

  storageContract('a prefix in the model of S3', async () => ({
    storage: await openAt(endpoint, BUCKET, randomUUID()),
    dispose: () => Promise.resolve(),
  }));
});

describe('an alignment in the model', () => {
  it('makes the bytes that it makes on a disk, and its rows are found to be right', async () => {
    const local = join(work.path, 'local');
    for (const { key, template } of new VirtualObjects(graph.recipe).behind('')) {
      const path = join(local, key.slice(PREFIX.length + 1));
      await mkdir(dirname(path), { recursive: true });
      await copyFile(graph.recipe.templates[template]!, path);
    }
    await repartition({ inputPrefix: local });
    await withModel(graph.recipe, NO_COSTS, async (endpointUrl, server) => {
      const { parts } = await repartition({ inputPrefix: `s3://${BUCKET}/${PREFIX}`, s3: { endpointUrl } });
      expect(parts.spliced).toBe(PARTS);
      const bucket = TestBucket.at(endpointUrl, BUCKET);
      expect(await alignedOnS3(bucket, PREFIX)).toEqual(await alignedLocally(local));
      const { requests, copiedBytes } = server.counters.stats();
      // Each boundary cuts a part, so that both sides of it are copied, but for the first part, which has one.
      // And one copy asks whether versions are looked at.
      expect(requests).toMatchObject({ UploadPartCopy: 2 * PARTS, CompleteMultipartUpload: PARTS });
      expect(copiedBytes).toBeGreaterThan(0.8 * PARTS * PART_BYTES);
    });
  });

  it('is found out when a part has other rows than its sources', async () => {
    const folder = join(work.path, 'found-out');
    const model = await Model.start(graph.recipe, NO_COSTS, folder);
    try {
      const inputPrefix = `s3://${BUCKET}/${PREFIX}`;
      await repartition({ inputPrefix, s3: { endpointUrl: model.endpoint } });
      const added = await model.added();
      await checkRows(model, graph, added, join(folder, 'check'));
      // As many rows, but from the beginning of a part: the new one goes from within a part into the next.
      const second = added.filter(({ key }) => key.endsWith('.parquet'))[1]!.key;
      await TestBucket.at(model.endpoint, BUCKET).put(second, await readFile(graph.recipe.templates[0]!));
      await expect(checkRows(model, graph, added, join(folder, 'check'))).rejects.toThrow(
        /not what they should be/,
      );
    } finally {
      await model.stop();
    }
  });
});

describe('footers of more parts than one thread is for', () => {
  const PARTS_OF_ALL = 4000;
  const EACH = PARTS_OF_ALL / 20;
  // Reading them here alone would take longer than a thread takes to start.
  const costs = { ...NO_COSTS, latencyMs: 30 };
  let recipe: Recipe;
  beforeAll(async () => {
    recipe = await wideGraph(PARTS_OF_ALL, join(work.path, 'wide'));
  });
  const options = (endpointUrl: string) => ({
    inputPrefix: `s3://${BUCKET}/${PREFIX}`,
    s3: { endpointUrl },
  });

  it('are each read once, and tell the same', async () => {
    await withModel(recipe, costs, async (endpointUrl, server) => {
      const { groups, tasks } = await prepare(options(endpointUrl));
      expect(tasks).toBeGreaterThan(0);
      const dataSets = groups.flatMap((group) => group.dataSets);
      const parts = dataSets.flatMap(({ sources }) => sources);
      expect(parts.map(({ path }) => `${PREFIX}/${path}`)).toEqual(
        [...new VirtualObjects(recipe).behind('')]
          .map(({ key }) => key)
          .filter((key) => key.endsWith('.parquet'))
          .sort(byDataSet),
      );
      const rows = dataSets.map(({ sources }) => sources.reduce((sum, part) => sum + part.rows, 0));
      expect(rows).toEqual(new Array<number>(20).fill(1000 * EACH));
      // And metadata.json, whose length nobody knows, in some reads.
      const { requests, peakInFlight } = server.counters.stats();
      expect(requests['GetObject']).toBeLessThan(PARTS_OF_ALL + 10);
      // More than this thread asks for by itself.
      expect(peakInFlight).toBeGreaterThan(64);
    });
  });

  it('are missed by name, wherever they were looked for', async () => {
    await withModel(recipe, costs, async (endpointUrl) => {
      const key = `node_data/node-feature19/parquet/${partName(EACH - 1, EACH, '00000019-5ac1-4b0e-9c1f-3d0f2a7b6c5d')}`;
      await TestBucket.at(endpointUrl, BUCKET).remove(`${PREFIX}/${key}`);
      await expect(prepare(options(endpointUrl))).rejects.toMatchObject({
        code: 'not-found',
        part: key,
        dataSet: 'node_data of node, feature19',
      });
    });
  });

  /** Plans by the command, whose threads end while they read: once, or each of them. */
  async function planWithDeaths(endpointUrl: string, { once }: { once: boolean }) {
    const folder = join(work.path, randomUUID());
    await mkdir(folder);
    const [marker, hook] = [join(folder, 'marker'), join(folder, 'hook.mjs')];
    await writeFile(
      hook,
      `import { subscribe } from 'node:diagnostics_channel';
       import { existsSync, writeFileSync } from 'node:fs';
       import { isMainThread } from 'node:worker_threads';
       let asked = 0;
       if (!isMainThread) subscribe('undici:request:create', () => {
         if (++asked < 200 || (${once} && existsSync(${JSON.stringify(marker)}))) return;
         writeFileSync(${JSON.stringify(marker)}, '');
         process.exit(7);
       });`,
    );
    const { inputPrefix } = options(endpointUrl);
    const words = [MAIN, 'plan', '--input-prefix', inputPrefix, '--endpoint-url', endpointUrl];
    const env = { ...process.env, NODE_OPTIONS: `--import ${pathToFileURL(hook).href}` };
    const { code, stdout, stderr } = await promisify(execFile)(process.execPath, words, { env }).then(
      (ended) => ({ code: 0, ...ended }),
      (error: unknown) => error as ExecFileException,
    );
    expect(existsSync(marker)).toBe(true);
    return { code, out: stdout, lines: stderr?.match(/^gs-repartition: .*/gm) ?? [] };
  }

  it('are read once more where a thread has died over them', async () => {
    await withModel(recipe, costs, async (endpointUrl) => {
      const { tasks } = await prepare(options(endpointUrl));
      const { code, out, lines } = await planWithDeaths(endpointUrl, { once: true });
      expect({ code, lines }).toEqual({ code: 0, lines: [] });
      expect(out).toContain(tasks.toLocaleString('en'));
    });
  });

  it('end the run with one line where threads die over them again', async () => {
    await withModel(recipe, costs, async (endpointUrl) => {
      const { code, lines } = await planWithDeaths(endpointUrl, { once: false });
      expect(code).toBe(1);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(
        'a worker thread died, twice while it read the footers of node_data of node, ',
      );
    });
  });

  it('are waited for no longer once somebody asks to stop', async () => {
    await withModel(recipe, { ...costs, latencyMs: 500 }, async (endpointUrl) => {
      const stop = new AbortController();
      const onProgress = ({ done }: { done: number }): void => {
        if (done > 100) stop.abort();
      };
      const run = prepare({ ...options(endpointUrl), signal: stop.signal, onProgress });
      await expect(run).rejects.toMatchObject({ code: 'interrupted' });
    });
  });
});

/** In the order of the metadata, where 10 comes after 9. */
function byDataSet(one: string, other: string): number {
  const [a, b] = [one, other].map((key) => Number(/feature(\d+)/.exec(key)?.[1]));
  return a! - b! || (one < other ? -1 : 1);
}

describe('virtual objects', () => {
  it('are listed in pages, from any key on and by folder, each with an ETag of its own', async () => {
    const parts = 1500;
    await withModel(manyParts(parts), NO_COSTS, async (endpoint) => {
      const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
      const list = async (input: { Prefix?: string; StartAfter?: string; Delimiter?: string }) => {
        const found: { keys: string[]; etags: Set<string>; prefixes: string[] } = {
          keys: [],
          etags: new Set(),
          prefixes: [],
        };
        for await (const page of paginateListObjectsV2({ client }, { Bucket: BUCKET, ...input })) {
          for (const { Key = '', ETag = '' } of page.Contents ?? []) {
            found.keys.push(Key);
            found.etags.add(ETag);
          }
          found.prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
        }
        return found;
      };
      const keyOf = (folder: string, i: number): string =>
        `${PREFIX}/${folder}/parquet/${partName(i, parts, 'job')}`;
      const all = [
        ...Array.from({ length: parts }, (_, i) => keyOf('a', i)),
        `${PREFIX}/metadata.json`,
        ...Array.from({ length: parts }, (_, i) => keyOf('z', i)),
      ];
      const everything = await list({});
      expect(everything.keys).toEqual(all);
      expect(everything.etags.size).toBe(all.length);
      expect((await list({ StartAfter: keyOf('a', 700) })).keys).toEqual(all.slice(701));
      expect((await list({ Prefix: `${PREFIX}/z/` })).keys).toEqual(all.slice(parts + 1));
      const top = await list({ Prefix: `${PREFIX}/`, Delimiter: '/' });
      expect(top).toMatchObject({
        keys: [`${PREFIX}/metadata.json`],
        prefixes: [`${PREFIX}/a/`, `${PREFIX}/z/`],
      });
      await TestBucket.at(endpoint, BUCKET).remove(keyOf('a', 3));
      expect((await list({ Prefix: `${PREFIX}/a/` })).keys).not.toContain(keyOf('a', 3));
      await TestBucket.at(endpoint, BUCKET).put(`${PREFIX}/b`, 'between');
      expect((await list({})).keys.slice(parts - 1, parts + 1)).toEqual([
        `${PREFIX}/b`,
        `${PREFIX}/metadata.json`,
      ]);
    });
  });

  it('are read by ranges of their template', async () => {
    const file = join(work.path, 'templates', 'metadata.json');
    const whole = await readFile(file, 'utf8');
    await withModel(manyParts(10), NO_COSTS, async (endpoint) => {
      const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
      const read = async (Range: string): Promise<string> => {
        const Key = `${PREFIX}/z/parquet/${partName(9, 10, 'job')}`;
        const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key, Range }));
        return (await Body?.transformToString()) ?? '';
      };
      expect(await read('bytes=3-17')).toBe(whole.slice(3, 18));
      expect(await read('bytes=-20')).toBe(whole.slice(-20));
      expect(await read(`bytes=5-${10 * whole.length}`)).toBe(whole.slice(5));
      await expect(read(`bytes=${whole.length}-`)).rejects.toThrow(/range/);
    });
  });
});

describe('uploaded bytes', () => {
  it('are the same in memory and in the file that takes what is too much for it, also when cut again', () => {
    const uploaded = new Uploaded(join(work.path, 'much'));
    const chunks = [1, 2, 3].map((seed) => pattern(30 * MIB, seed));
    const rope = uploaded.keep(chunks);
    expect(rope.pieces.map(({ kind }) => kind)).toEqual(['bytes', 'bytes', 'file']);
    const whole = Buffer.concat(chunks);
    const [from, to] = [29 * MIB, 61 * MIB];
    const part = slice(rope, from, to);
    expect(sha256(read(part, 0, part.length))).toBe(sha256(whole.subarray(from, to)));
    const inside = slice(concat([part, part]), part.length - 5, part.length + 7);
    expect(read(inside, 1, 12)).toEqual(
      Buffer.concat([whole.subarray(to - 4, to), whole.subarray(from, from + 7)]),
    );
    uploaded.close();
  });
});

describe('costs', () => {
  it('refuses with SlowDown what comes faster than a prefix takes it', async () => {
    await withModel(manyParts(10), { ...NO_COSTS, readsPerSecond: 4 }, async (endpoint, server) => {
      const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 });
      const answers = await Promise.allSettled(
        Array.from({ length: 40 }, () =>
          client.send(
            new GetObjectCommand({ Bucket: BUCKET, Key: `${PREFIX}/metadata.json`, Range: 'bytes=0-0' }),
          ),
        ),
      );
      const refused = answers.flatMap((answer) =>
        answer.status === 'rejected' ? [answer.reason as Error] : [],
      );
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(40);
      expect(new Set(refused.map(({ name }) => name))).toEqual(new Set(['SlowDown']));
      const { requests, slowDowns } = server.counters.stats();
      expect([requests['GetObject'], slowDowns['GetObject']]).toEqual([40 - refused.length, refused.length]);
    });
  });

  it('gives each prefix its own rate, and half a second of it at once', () => {
    const limit = new RateLimit(100);
    const passed = (prefix: string, now: number): number =>
      Array.from({ length: 200 }, () => limit.take(prefix, now)).filter(Boolean).length;
    expect(passed('a', 0)).toBe(50);
    expect(passed('a', 100)).toBe(10);
    expect(passed('b', 100)).toBe(50);
    expect(passed('a', 10_000)).toBe(50);
  });

  it('draws the same latencies from the same seed, around the median and with the tail', () => {
    const draw = (seed: number): number[] => {
      const next = latencies({ ...S3_COSTS, latencyMs: 30, tailMs: 200, seed });
      return Array.from({ length: 20_000 }, next);
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    const sorted = draw(1).sort((a, b) => a - b);
    expect(sorted[10_000]).toBeGreaterThan(29);
    expect(sorted[10_000]).toBeLessThan(31);
    expect(sorted[19_800]).toBeGreaterThan(180);
    expect(sorted[19_800]).toBeLessThan(220);
  });

  it('takes as long as latency and bytes ask for', async () => {
    const costs = { ...NO_COSTS, latencyMs: 7, getBytesPerSecond: 1e6, putBytesPerSecond: 2e6 };
    await withModel(manyParts(10), costs, async (endpoint, server) => {
      const bucket = TestBucket.at(endpoint, BUCKET);
      await bucket.put('object', new Uint8Array(100_000));
      expect(server.counters.stats().waitedMs).toBe(7 + 50);
      await bucket.get('object');
      expect(server.counters.stats().waitedMs).toBe(7 + 50 + 7 + 100);
    });
  });
});
