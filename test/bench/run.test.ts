/** The harness as a person starts it, at a size that takes seconds. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunReport } from '../../bench/report.js';
import { bench } from './harness.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-bench-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const PEERS = [
  'ours-fewest-bytes',
  'ours-most-frequent',
  'cp-fewest-bytes',
  'cp-most-frequent',
  'reference-in-memory',
  'reference-streaming',
];

it('--preset quick --json prints one JSON document, with every peer and the ratios', async () => {
  const out = await bench(
    folder,
    ...['--preset', 'quick', '--json', '--max-bytes', '3m', '--repeat', '2', '--peers', PEERS.join(',')],
  );
  const report = JSON.parse(out) as RunReport;
  expect(report).toMatchObject({ kind: 'peers', preset: 'quick', cache: 'warm', synced: true });
  expect(report.ran.command).toBe(
    `npm run bench -- --preset quick --json --max-bytes 3m --repeat 2 --peers ${PEERS.join(',')} --dir …`,
  );
  for (const { peers, ratios } of report.graphs) {
    expect(peers.map(({ peer }) => peer)).toEqual(PEERS);
    for (const cost of peers) {
      expect(Object.keys(cost)).toEqual([
        ...['peer', 'title', 'seconds', 'cpu_seconds', 'peak_rss_mb'],
        ...['bytes_read', 'bytes_written', 'output_bytes', 'noisy'],
      ]);
      expect(cost.seconds.n).toBe(2);
      expect(cost.bytes_written).toBeGreaterThanOrEqual(cost.output_bytes / 2);
    }
    expect(Object.keys(ratios)).toEqual(
      expect.arrayContaining([
        ...['speedup_vs_in_memory', 'speedup_vs_streaming', 'time_vs_cp'],
        ...['bytes_written_vs_reference', 'peak_rss_mb'],
      ]),
    );
  }
  expect(report.graphs.map(({ graph }) => graph)).toEqual(['mag']);
  expect(await readdir(folder)).toEqual([]);
}, 180_000);

it('profile says where the time of both kinds of threads went', async () => {
  const out = await bench(folder, 'profile', '--bytes', '2m', '--graph', 'user-item');
  expect(out).toContain('### main thread');
  expect(out).toContain('### 2 worker threads');
  expect(out).toContain('| gs-repartition');
}, 60_000);

it('names what it does not know, in one line', async () => {
  await expect(bench(folder, '--preset', 'quick', '--peers', 'duckbd')).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^bench: no peer "duckbd": the names are ours-fewest-bytes, .*\n$/,
    ) as string,
  });
});
