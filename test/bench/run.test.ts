/** The harness as a person starts it, at a size that takes seconds. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunReport } from '../../bench/report.js';
import type { ModelReport } from '../../bench/s3-model/report.js';
import type { ScalingReport } from '../../bench/scaling/report.js';
import { python, repositoryRoot } from '../support/paths.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-bench-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** @returns what was printed on standard output */
async function bench(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(repositoryRoot, 'bench', 'bench.mjs'), ...args, '--dir', folder],
    // The tests' own packages: no DuckDB, no Spark, but nothing to install.
    { env: { ...process.env, GS_REPARTITION_BENCH_PYTHON: python }, maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}

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

it('--preset scaling --save leaves a table, plots for light and dark pages, and the raw report', async () => {
  const results = join(folder, 'results');
  const curves = ['--curves', 'workers', '--max-bytes', '2m', '--repeat', '1'];
  await bench('--preset', 'scaling', ...curves, '--save', results);
  expect((await readdir(results)).sort()).toEqual([
    'scaling-workers-dark.svg',
    'scaling-workers-light.svg',
    'scaling.json',
    'scaling.md',
  ]);
  const report = JSON.parse(await readFile(join(results, 'scaling.json'), 'utf8')) as ScalingReport;
  expect(report.curves.workers.map(({ x }) => x)).toEqual([1, 2, 3, 4, 6, 8]);
  const text = await readFile(join(results, 'scaling.md'), 'utf8');
  expect(text).toContain('## Worker threads: every boundary');
  expect(text).toContain('scaling-workers-dark.svg');
}, 180_000);

it('--preset s3-model counts the requests of two builds, and measures the copies that they asked for', async () => {
  const small = ['--parts', '3', '--part-bytes', '20m', '--latency', '1'];
  const twice = ['--command', repositoryRoot, '--command', repositoryRoot];
  const report = JSON.parse(await bench('--preset', 's3-model', ...small, ...twice, '--json')) as ModelReport;
  const [point, ...others] = report.points;
  expect(others).toEqual([]);
  expect(point).toMatchObject({ curve: 'parts', x: 3, parts: 3, costs: { latencyMs: 1 } });
  expect(point!.runs).toHaveLength(2);
  for (const run of point!.runs) {
    expect(run.build).toMatch(/^\S.* \([12]\)$/);
    expect(run.requests).toMatchObject({ CreateMultipartUpload: 3, UploadPartCopy: 6 });
    expect(run.time_vs_copies?.['64']).toBeGreaterThan(0);
  }
  expect(report.ran.command).toContain('--command … --command …');
  expect(await readdir(folder)).toEqual([]);
}, 180_000);

it('profile says where the time of both kinds of threads went', async () => {
  const out = await bench('profile', '--bytes', '2m', '--graph', 'user-item');
  expect(out).toContain('### main thread');
  expect(out).toContain('### 2 worker threads');
  expect(out).toContain('| gs-repartition');
}, 60_000);

it('names what it does not know, in one line', async () => {
  await expect(bench('--preset', 'quick', '--peers', 'duckbd')).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^bench: no peer "duckbd": the names are ours-fewest-bytes, .*\n$/,
    ) as string,
  });
});
