/** Generated graphs on disk, and clones of them that a program may change. */
import { copyFile, link, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BenchError } from './bench-error.js';
import { run } from './measure/measure.js';
import { benchFolder } from './paths.js';
import { benchPython } from './python.js';

export const METADATA = 'metadata.json';
export const UPDATED_METADATA = 'updated_row_counts_metadata.json';

export interface GraphRequest {
  /** A graph that `generate.py` knows. */
  graph: string;
  /** All data sets together, about. */
  bytes: number;
  partBytes: number;
  /** Parts of every data set, in place of `partBytes`. */
  parts?: number;
  seed: number;
}

/** Writes the graph to a new folder. @throws BenchError when the generator fails */
export async function generate(request: GraphRequest, folder: string): Promise<void> {
  const { graph, bytes, partBytes, parts, seed } = request;
  const args = [join(benchFolder, 'generate', 'generate.py'), '--graph', graph, '--bytes', String(bytes)];
  args.push('--part-bytes', String(partBytes), '--seed', String(seed), '--out', folder);
  if (parts !== undefined) args.push('--parts', String(parts));
  const { code, stderr } = await run(benchPython(), args);
  if (code !== 0) throw new BenchError(`could not generate ${graph}`, stderr.trim());
}

/** As much of a metadata document as the benchmarks look at. */
export interface Metadata {
  edges: Record<string, Entry>;
  edge_data?: Record<string, Record<string, Entry>>;
  node_data?: Record<string, Record<string, Entry>>;
}

export interface Entry {
  data: string[];
  row_counts: number[];
}

export async function readMetadata(folder: string, name: string): Promise<Metadata> {
  return JSON.parse(await readFile(join(folder, name), 'utf8')) as Metadata;
}

export function entriesOf({ edges, edge_data = {}, node_data = {} }: Metadata): Entry[] {
  const features = [edge_data, node_data].flatMap((section) => Object.values(section));
  return [...Object.values(edges), ...features.flatMap((type) => Object.values(type))];
}

/** The parts that an alignment replaced: the bytes that had to move. Paths relative to the prefix, each once. */
export function movedParts(before: Metadata, after: Metadata): string[] {
  const kept = new Set(entriesOf(after).flatMap(({ data }) => data));
  return [...new Set(entriesOf(before).flatMap(({ data }) => data))].filter((path) => !kept.has(path));
}

/** Labels and masks, which the reference overwrites where they are. */
const OVERWRITTEN = /-(?:train_mask|val_mask|test_mask|venue|subject|rating)\/parquet\//;

/**
 * A clone that shares its files' bytes (and their place in the page cache) with the original, but for those that a
 * program overwrites in place.
 */
export async function cloneGraph(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  for (const folder of new Set(entries.map((entry) => entry.parentPath))) {
    await mkdir(join(to, relative(from, folder)), { recursive: true });
  }
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const target = join(to, relative(from, path));
    await (OVERWRITTEN.test(target) ? copyFile(path, target) : link(path, target));
  }
}

export async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
