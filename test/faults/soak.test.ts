/** Many alignments in one process, some of them stopped and some in vain: it holds no more at the end than at the beginning. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { Graph, SMALL } from './graphs.js';
import { describeFaults, isLong, note, seed } from './plan.js';

const FILE = 'test/faults/soak.test.ts';
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 120_000, hookTimeout: 300_000 });

/** What the process holds after some alignments. */
interface Held {
  alignments: number;
  /** After a collection of garbage, bytes. */
  heap: number;
  descriptors: number;
  threads: number;
}

let graph: Graph;
beforeAll(async () => {
  graph = await Graph.make(SMALL);
});
afterAll(() => graph.remove());

describeFaults('one process', () => {
  const times = isLong ? 2000 : 60;
  test(`aligns ${times} times, with stops and errors among them, and stays level`, async () => {
    const script = join(repositoryRoot, 'test/faults/soak.mjs');
    const words = ['--expose-gc', script, graph.folder, String(times), String(seed)];
    const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 2 ** 26 });
    const held = JSON.parse(stdout) as { outcomes: Record<string, number>; samples: Held[] };
    expect(Object.values(held.outcomes).reduce((sum, n) => sum + n, 0)).toBe(times);
    for (const outcome of ['succeeded', 'interrupted', 'not-found'])
      expect(held.outcomes[outcome]).toBeGreaterThan(0);
    const [first, ...later] = held.samples;
    const last = later.at(-1)!;
    expect(last.descriptors).toBeLessThanOrEqual(first!.descriptors + 2);
    expect(last.threads).toBeLessThanOrEqual(first!.threads + 2);
    expect(last.heap - first!.heap).toBeLessThan(isLong ? 20e6 : 10e6);
    const outcome = `heap ${(first!.heap / 1e6).toFixed(1)} MB at first, ${(last.heap / 1e6).toFixed(1)} MB at the end; descriptors ${first!.descriptors} and ${last.descriptors}; threads ${first!.threads} and ${last.threads}`;
    note({
      chapter: 'Soak',
      fault: 'alignments in one process, stops and errors among them',
      times,
      outcome,
      file: FILE,
    });
  });
});
