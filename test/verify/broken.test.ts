/** A hundred graphs, each broken in one way: DistPartitioning's view and ours are the same, or it is said why not. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repartition, verifyPrefix } from 'gs-repartition';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Metadata } from '../graphs/prefix.js';
import { python, repositoryRoot } from '../support/paths.js';
import { EXPECTED } from './kinds.js';

const UPDATED = 'updated_row_counts_metadata.json';

let folder: string;
let stops: Record<string, string[]>;

/** The movies graph in three even parts, without a feature that no number of ranks could read: one null among integers. */
async function alignedMovies(prefix: string): Promise<void> {
  await cp(join(repositoryRoot, 'test/fixtures/movies'), prefix, { recursive: true });
  const file = join(prefix, 'metadata.json');
  const metadata = JSON.parse(await readFile(file, 'utf8')) as Metadata;
  delete metadata.edge_data!['movie:distributed_by:distributor']!['us_gross'];
  await writeFile(file, JSON.stringify(metadata));
  await repartition({ inputPrefix: prefix, numOutputFiles: 3 });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-broken-'));
  const [base, kinds] = [join(folder, 'base'), join(folder, 'kinds')];
  await alignedMovies(base);
  await mkdir(kinds);
  const script = join(repositoryRoot, 'test/python/broken.py');
  const { stdout } = await promisify(execFile)(python, [script, base, UPDATED, kinds], {
    maxBuffer: 2 ** 26,
  });
  stops = JSON.parse(stdout) as Record<string, string[]>;
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('there is an expectation for each kind', () => {
  expect(Object.keys(stops)).toEqual(Object.keys(EXPECTED));
});

describe('each kind of broken graph', () => {
  test.each(Object.entries(EXPECTED))(
    '%s',
    async (kind, { finds, deep = false, inputs = false, worldSize, unlike }) => {
      const inputPrefix = join(folder, 'kinds', kind);
      // That the inputs are others would be found in nearly all of them.
      if (!inputs) await rm(join(inputPrefix, 'metadata.json'));
      const report = await verifyPrefix({ inputPrefix, deep, ...(worldSize !== undefined && { worldSize }) });
      const found = [...new Set(report.violations.map((one) => one.kind))].sort().join(' ');
      expect({ kind, found, ready: report.ready }).toEqual({ kind, found: finds, ready: finds === '' });
      if (unlike === undefined) expect([kind, stops[kind]!.length > 0]).toEqual([kind, !report.ready]);
      else expect([kind, stops[kind]]).toEqual([kind, []]);
    },
    60_000,
  );
});
