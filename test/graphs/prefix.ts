/** A graph's prefix in a temporary folder: copied from a fixture, aligned, and looked at as DistPartitioning would. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { python, repositoryRoot } from '../support/paths.js';
import { expectReady, hasSucceeded } from '../support/ready.js';

/** A metadata entry as JSON.parse gives it. */
export interface Entry {
  data: string[];
  row_counts?: number[];
}

export interface Metadata {
  edge_type: string[];
  node_type: string[];
  edges: Record<string, Entry>;
  edge_data?: Record<string, Record<string, Entry>>;
  node_data?: Record<string, Record<string, Entry>>;
  num_nodes_per_type?: number[];
  num_edges_per_type?: number[];
  [key: string]: unknown;
}

/**
 * A copy of `test/fixtures/<name>` that is removed after the test. Whatever has aligned it must have left it ready.
 * @param how.spoiled the test damages what was published
 */
export async function copyFixture(name: string, { spoiled = false } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gs-repartition-test-'));
  // Not named like the fixture: whoever finds the name in an output has found a path that should be relative.
  const prefix = join(folder, 'prefix');
  onTestFinished(async () => {
    try {
      if (!spoiled && (await hasSucceeded(prefix))) await expectReady(prefix, name);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  await cp(join(repositoryRoot, 'test/fixtures', name), prefix, { recursive: true });
  return prefix;
}

export async function readMetadata(prefix: string, file = 'metadata.json'): Promise<Metadata> {
  return JSON.parse(await readFile(join(prefix, file), 'utf8')) as Metadata;
}

/** Changes metadata.json in place. */
export async function editMetadata(prefix: string, edit: (metadata: Metadata) => void): Promise<void> {
  const metadata = await readMetadata(prefix);
  edit(metadata);
  await writeFile(join(prefix, 'metadata.json'), JSON.stringify(metadata));
}

/** All entries of a metadata file by a readable name; structures have none of their own. */
export function entriesOf(metadata: Metadata): Map<string, Entry> {
  const entries = new Map(
    Object.entries(metadata.edges).map(([type, entry]) => [`${type} structure`, entry]),
  );
  for (const section of [metadata.edge_data, metadata.node_data]) {
    for (const [type, features] of Object.entries(section ?? {})) {
      for (const [name, entry] of Object.entries(features)) entries.set(`${type} ${name}`, entry);
    }
  }
  return entries;
}

/** SHA-256 of every file under a prefix, by relative path. */
export async function checksums(prefix: string): Promise<Map<string, string>> {
  const files = await readdir(prefix, { recursive: true, withFileTypes: true });
  const sums = new Map<string, string>();
  for (const file of files.filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name);
    sums.set(
      relative(prefix, path),
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    );
  }
  return sums;
}

/** What DistPartitioning would make of a prefix: see test/python/dgl_view.py. */
export interface DglView {
  sections: Record<string, Record<string, Record<string, { shapes: (number[] | null)[]; dtypes: string[] }>>>;
  violations: { kind: string; type: string; name: string; message: string }[];
  stops: { kind: string; type: string; name: string; message: string; ranks: number }[];
}

export async function dglView(prefix: string, file: string): Promise<DglView> {
  const script = join(repositoryRoot, 'test/python/dgl_view.py');
  const { stdout } = await promisify(execFile)(python, [script, prefix, file], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as DglView;
}
