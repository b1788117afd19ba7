/** Runs that are killed at every call of their storage and in between: the next one finishes them, and nothing else. */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { prepare, repartition, type RepartitionOptions, type Summary } from 'gs-repartition';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { MAIN } from '../cli/processes.js';
import { alignedLocally, alignedOnS3, TestBucket } from '../s3/kit.js';
import { type S3Server, startMoto, startVersitygw } from '../s3/servers.js';
import { repositoryRoot } from '../support/paths.js';
import { type Aligned, Graph, LARGE, leftUnder, partsUnder, publishedUnder, SMALL } from './graphs.js';
import { describeFaults, isLong, note, pointsOf, random } from './plan.js';

const FILE = 'test/faults/kills.test.ts';
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 120_000, hookTimeout: 300_000 });

interface Killed {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  ms: number;
}

/** Runs a program, and sends it a signal after some time if it is told to. */
function runUntil(words: readonly string[], kill?: { ms: number; signal: NodeJS.Signals }): Promise<Killed> {
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const timer = kill && setTimeout(() => child.kill(kill.signal), kill.ms);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, out, ms: performance.now() - began });
    });
  });
}

const killedAt = (prefix: string, call: number, s3?: object): Promise<Killed> =>
  runUntil([
    join(repositoryRoot, 'test/faults/killed.mjs'),
    prefix,
    String(call),
    ...(s3 ? [JSON.stringify(s3)] : []),
  ]);

/** A place where a graph lies, looked at by other means than ours. */
interface Place {
  options: RepartitionOptions;
  aligned: () => Promise<Aligned>;
  parts: () => Promise<number>;
  /** Uploads, temporary files, files of runs. */
  left: () => Promise<string[]>;
  published: () => Promise<string | undefined>;
}

function onDisk(prefix: string): Place {
  return {
    options: { inputPrefix: prefix },
    aligned: () => alignedLocally(prefix),
    parts: () => partsUnder(prefix),
    left: () => leftUnder(prefix),
    published: () => publishedUnder(prefix),
  };
}

function onS3(bucket: TestBucket, name: string, s3: RepartitionOptions['s3']): Place {
  const updated = `${name}/updated_row_counts_metadata.json`;
  return {
    options: { inputPrefix: `s3://${bucket.name}/${name}`, ...(s3 && { s3 }) },
    aligned: () => alignedOnS3(bucket, name),
    parts: async () => (await bucket.keys(`${name}/`)).filter((key) => key.includes('repartitioned-')).length,
    left: async () => [
      ...(await bucket.openUploads()).filter((key) => key.startsWith(`${name}/`)),
      ...(await bucket.keys(`${name}/repartition_runs/`)),
    ],
    published: async () =>
      (await bucket.keys(updated)).length === 0
        ? undefined
        : new TextDecoder().decode(await bucket.get(updated)),
  };
}

/** After a run was broken off: whole parts stay, the rest is made, the bytes are those of an undisturbed run. */
async function expectResumed(place: Place, graph: Graph): Promise<void> {
  const before = await place.parts();
  const published = await place.published();
  if (published !== undefined) expect(await place.aligned()).toEqual(graph.aligned);
  const { parts } = await repartition(place.options);
  expect(parts.resumed).toBe(before);
  expect(parts.spliced + parts.reencoded).toBe(madeIn(graph.summary) - before);
  expect(await place.aligned()).toEqual(graph.aligned);
  expect(await place.left()).toEqual([]);
  if (published !== undefined) expect(await place.published()).toBe(published);
}

const madeIn = ({ parts }: Summary): number => parts.spliced + parts.reencoded + parts.resumed;

let small: Graph;
let large: Graph | undefined;
/** Made when a test first asks for it: it takes a while. */
const largeGraph = async (): Promise<Graph> => (large ??= await Graph.make(LARGE));
beforeAll(async () => {
  small = await Graph.make(SMALL);
});
afterAll(async () => {
  await small.remove();
  await large?.remove();
});

describeFaults('on a disk', () => {
  test('SIGKILL after a call of the storage', async () => {
    const whole = await killedAt(await small.copy(), 0);
    const points = pointsOf('kill', Number(whole.out), isLong ? 300 : 10);
    for (const point of points) {
      const prefix = await small.copy();
      const killed = await killedAt(prefix, point);
      expect([point, killed.signal]).toEqual([point, 'SIGKILL']);
      await expectResumed(onDisk(prefix), small).catch((error: unknown) => {
        throw new Error(`killed after call ${point}`, { cause: error });
      });
      await rm(prefix, { recursive: true });
    }
    const outcome = 'resumed to the same bytes; only what was missing is made; nothing left behind';
    note({
      chapter: 'Kills',
      fault: 'SIGKILL after each call of the storage, disk',
      times: points.length,
      outcome,
      file: FILE,
    });
  });

  const signals = [
    { signal: 'SIGKILL', times: { long: 100, short: 3 } },
    { signal: 'SIGTERM', times: { long: 40, short: 3 } },
    { signal: 'SIGINT', times: { long: 40, short: 2 } },
  ] as const;
  for (const { signal, times } of signals) {
    test(`${signal} at any time`, async () => {
      const count = isLong ? times.long : times.short;
      const whole = await runUntil([MAIN, '--input-prefix', await small.copy()]);
      const next = random(signal);
      for (let i = 0; i < count; i++) {
        const ms = 60 + next() * Math.max(0, whole.ms - 60);
        const prefix = await small.copy();
        const { code } = await runUntil([MAIN, '--input-prefix', prefix], { ms, signal });
        // Before Node.js listens, and after all is done, a signal has its usual effect.
        if (signal !== 'SIGKILL') expect([0, 130, null]).toContain(code);
        if (code === 130) expect(await leftUnder(prefix)).toEqual([]);
        await expectResumed(onDisk(prefix), small).catch((error: unknown) => {
          throw new Error(`${signal} after ${ms} ms`, { cause: error });
        });
        await rm(prefix, { recursive: true });
      }
      const outcome = 'resumed to the same bytes; nothing left behind';
      note({ chapter: 'Kills', fault: `${signal} at any time, disk`, times: count, outcome, file: FILE });
    });
  }

  test.runIf(isLong)('SIGKILL at any time, parts of 64 MB', async () => {
    const graph = await largeGraph();
    const prefix = await graph.copy();
    const whole = await runUntil([MAIN, '--input-prefix', prefix]);
    await rm(prefix, { recursive: true });
    const next = random('large');
    for (let i = 0; i < 20; i++) {
      const place = await graph.copy();
      await runUntil([MAIN, '--input-prefix', place], { ms: 100 + next() * whole.ms, signal: 'SIGKILL' });
      await expectResumed(onDisk(place), graph);
      await rm(place, { recursive: true });
    }
    const outcome = 'resumed to the same bytes; nothing left behind';
    note({
      chapter: 'Kills',
      fault: 'SIGKILL at any time, disk, parts of 64 MB',
      times: 20,
      outcome,
      file: FILE,
    });
  });
});

describeFaults('on S3', () => {
  let server: S3Server;
  let s3: { endpointUrl: string; region: string };
  beforeAll(async () => {
    server = isLong ? await startVersitygw() : await startMoto();
    s3 = { endpointUrl: server.endpoint, region: 'us-east-1' };
  });
  afterAll(() => server.stop());

  async function kill(graph: Graph, name: string, points: (calls: number) => number[]): Promise<number> {
    const bucket = await TestBucket.create(server.endpoint);
    await bucket.putFolder(graph.folder, 'whole');
    const whole = await killedAt(`s3://${bucket.name}/whole`, 0, s3);
    const all = points(Number(whole.out));
    for (const point of all) {
      const prefix = `at-${point}`;
      await bucket.putFolder(graph.folder, prefix);
      const place = onS3(bucket, prefix, s3);
      expect((await prepare(place.options)).tasks).toBeGreaterThan(0);
      const { signal } = await killedAt(`s3://${bucket.name}/${prefix}`, point, s3);
      expect([point, signal]).toEqual([point, 'SIGKILL']);
      await expectResumed(place, graph).catch((error: unknown) => {
        throw new Error(`${name}: killed after call ${point}`, { cause: error });
      });
    }
    return all.length;
  }

  test('SIGKILL after a call of the storage', async () => {
    const times = await kill(small, 'small', (calls) => pointsOf('kill s3', calls, isLong ? 300 : 2));
    const outcome = 'resumed to the same bytes; only what was missing is made; no upload left open';
    note({
      chapter: 'Kills',
      fault: 'SIGKILL after each call of the storage, S3',
      times,
      outcome,
      file: FILE,
    });
  });

  /** Kills runs of the command at any time, and lets the next one finish them. */
  async function killAtAnyTime(graph: Graph, signal: NodeJS.Signals, times: number): Promise<void> {
    const bucket = await TestBucket.create(server.endpoint);
    const { endpointUrl, region } = s3;
    const where = ['--endpoint-url', endpointUrl, '--region', region];
    const words = (name: string): string[] => [
      MAIN,
      '--input-prefix',
      `s3://${bucket.name}/${name}`,
      ...where,
    ];
    await bucket.putFolder(graph.folder, 'whole');
    const whole = await runUntil(words('whole'));
    const next = random(`${graph === small ? 'small' : 'large'} s3 ${signal}`);
    for (let i = 0; i < times; i++) {
      const name = `${signal}-${i}`;
      await bucket.putFolder(graph.folder, name);
      const ms = 100 + next() * whole.ms;
      const { code } = await runUntil(words(name), { ms, signal });
      const place = onS3(bucket, name, s3);
      // Before Node.js listens, and after all is done, a signal has its usual effect.
      if (signal !== 'SIGKILL') expect([0, 130, null]).toContain(code);
      if (code === 130) expect(await place.left()).toEqual([]);
      await expectResumed(place, graph).catch((error: unknown) => {
        throw new Error(`${signal} after ${ms} ms`, { cause: error });
      });
    }
  }

  const times = { SIGKILL: 120, SIGTERM: 40, SIGINT: 40 } as const;
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    const outcome = 'resumed to the same bytes; no upload left open';
    // In short, SIGTERM alone: it aborts its uploads itself.
    test.runIf(isLong || signal === 'SIGTERM')(`${signal} at any time, parts of a few pages`, async () => {
      const count = isLong ? times[signal] : 1;
      await killAtAnyTime(small, signal, count);
      note({ chapter: 'Kills', fault: `${signal} at any time, S3`, times: count, outcome, file: FILE });
    });
    test.runIf(isLong)(`${signal} at any time, parts of 64 MB`, async () => {
      await killAtAnyTime(await largeGraph(), signal, 10);
      const fault = `${signal} at any time, S3, parts of 64 MB`;
      note({ chapter: 'Kills', fault, times: 10, outcome, file: FILE });
    });
  }
});
