/** The generated graphs, and the peers that stand for the reference: what is compared must be the same work. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cloneGraph, entriesOf, readMetadata } from '../../bench/graphs.js';
import { verifyPrefix } from '../../src/index.js';
import { python, repositoryRoot } from '../support/paths.js';

const bench = join(repositoryRoot, 'bench');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-bench-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(python, [join(bench, script), ...args]);
  return stdout;
}

async function generate(graph: string, name: string, ...args: string[]): Promise<string> {
  const out = join(folder, name);
  await run(
    'generate/generate.py',
    '--graph',
    graph,
    '--bytes',
    '600k',
    '--out',
    out,
    '--processes',
    '1',
    ...args,
  );
  return out;
}

async function hashes(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found[path.slice(root.length)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return found;
}

describe('a generated graph', () => {
  it('is the same, byte for byte, when its seed is, and another with another seed', async () => {
    const one = await hashes(await generate('mag', 'one', '--parts', '3'));
    expect(await hashes(await generate('mag', 'two', '--parts', '3'))).toEqual(one);
    const other = await hashes(await generate('mag', 'other', '--parts', '3', '--seed', '2'));
    expect(Object.values(other)).not.toEqual(Object.values(one));
  });

  it.each(['mag', 'papers100m', 'mag240m', 'user-item'])(
    '%s is misaligned before any alignment',
    async (graph) => {
      const out = await generate(graph, graph, '--parts', '4');
      const { ready } = await verifyPrefix({ inputPrefix: out, metadataFileName: 'metadata.json' });
      expect(ready).toBe(false);
    },
  );

  it('has every inner boundary of its large data set elsewhere than the small ones, if it is for cp-ratio', async () => {
    const out = await generate('boundaries-vectors', 'b', '--parts', '4');
    const { node_data } = await readMetadata(out, 'metadata.json');
    const counts = (name: string): number[] => node_data!['node']![name]!.row_counts;
    const bounds = (name: string): number[] =>
      counts(name).map((_, i, all) => all.slice(0, i + 1).reduce((a, b) => a + b));
    expect(counts('age')).toEqual(counts('degree'));
    const inner = bounds('embedding').slice(0, -1);
    expect(inner).toHaveLength(3);
    expect(inner.filter((bound) => bounds('age').includes(bound))).toEqual([]);
  });
});

describe('the short programs that stand for the reference', () => {
  it.each(['in_memory', 'streaming'])('%s aligns a graph and keeps its rows', async (peer) => {
    const out = await generate('user-item', 'graph', '--parts', '3');
    const clone = join(folder, 'clone');
    await cloneGraph(out, clone);
    const before = await hashes(out);
    await run(`peers/${peer}.py`, clone);
    expect(await hashes(out)).toEqual(before);
    await run('peers/same_rows.py', out, clone);
    expect(await verifyPrefix({ inputPrefix: clone })).toMatchObject({ ready: true, violations: [] });
  });

  it('are told when they lose rows', async () => {
    const out = await generate('user-item', 'graph', '--parts', '3');
    const clone = join(folder, 'clone');
    await cloneGraph(out, clone);
    await run('peers/streaming.py', clone);
    const file = join(clone, 'updated_row_counts_metadata.json');
    const metadata = await readMetadata(clone, 'updated_row_counts_metadata.json');
    entriesOf(metadata)[0]!.data.reverse();
    await writeFile(file, JSON.stringify(metadata));
    await expect(run('peers/same_rows.py', out, clone)).rejects.toThrow(/user:rated:item/);
  });
});

describe('the launcher', () => {
  it('counts the bytes, the memory and the exit code of what it runs', async () => {
    const script = 'import sys; block = b"x" * 50_000_000; open(sys.argv[1], "wb").write(block)';
    const out = join(folder, 'written');
    const printed = await run('measure/launch.py', '--folder', folder, '--', python, '-c', script, out);
    const report = JSON.parse(printed) as Record<string, number>;
    expect(report).toMatchObject({ exitCode: 0, filesWritten: 1, outputBytes: 50_000_000 });
    expect(report['bytesWritten']).toBeGreaterThanOrEqual(50_000_000);
    expect(report['bytesWritten']).toBeLessThan(51_000_000);
    expect(report['peakRssBytes']).toBeGreaterThan(50_000_000);
  });
});
