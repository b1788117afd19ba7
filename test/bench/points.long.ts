/** What the harness draws and counts in runs of many points: `npm run test:bench`. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ModelReport } from '../../bench/s3-model/report.js';
import type { ScalingReport } from '../../bench/scaling/report.js';
import { repositoryRoot } from '../support/paths.js';
import { bench } from './harness.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-bench-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

it('--preset scaling --save leaves a table, plots for light and dark pages, and the raw report', async () => {
  const results = join(folder, 'results');
  const curves = ['--curves', 'workers', '--max-bytes', '2m', '--repeat', '1'];
  await bench(folder, '--preset', 'scaling', ...curves, '--save', results);
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
  const report = JSON.parse(
    await bench(folder, '--preset', 's3-model', ...small, ...twice, '--json'),
  ) as ModelReport;
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
