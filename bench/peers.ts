/** Who is measured: programs that align a graph, as commands, and `cp`, the limit. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BenchError } from './bench-error.js';
import { benchFolder, gsRepartition } from './paths.js';
import { benchPython, hasJava } from './python.js';
import type { TargetLayout } from '../src/repartition/model.js';

export const PEERS = {
  'ours-fewest-bytes': 'gs-repartition, default layout',
  'ours-most-frequent': "gs-repartition, the reference's layout",
  'reference-in-memory': "the reference's in-memory algorithm (pyarrow)",
  'reference-streaming': "the reference's streaming algorithm (pyarrow)",
  'graphstorm-in-memory': "GraphStorm's own gs-repartition, in memory (its default)",
  'graphstorm-streaming': "GraphStorm's own gs-repartition, streaming",
  spark: 'Spark, local mode',
  duckdb: 'DuckDB',
  'cp-fewest-bytes': 'cp of the bytes that the default layout moves',
  'cp-most-frequent': "cp of the bytes that the reference's layout moves",
} as const;

export type Peer = keyof typeof PEERS;

/** The layouts whose moved bytes `cp` copies. */
export const CP_OF: Partial<Record<Peer, Peer>> = {
  'cp-fewest-bytes': 'ours-fewest-bytes',
  'cp-most-frequent': 'ours-most-frequent',
};

export interface PeerSettings {
  /** The root of a GraphStorm checkout. */
  graphstorm: string | undefined;
  /** What Spark's driver may use. */
  sparkMemoryMb: number;
  concurrency: number | undefined;
}

/** Why a peer cannot run here; undefined when it can. */
export function missing(peer: Peer, { graphstorm }: PeerSettings): string | undefined {
  if (peer === 'spark' && !hasJava()) return 'there is no Java 8, 11 or 17';
  if (!isGraphstorm(peer)) return undefined;
  if (graphstorm === undefined) return 'no checkout was given (--graphstorm FOLDER)';
  return existsSync(graphstormScript(graphstorm))
    ? importError(graphstorm)
    : `${graphstormScript(graphstorm)} is not there`;
}

export interface Command {
  argv: string[];
  env?: Record<string, string>;
}

/**
 * The peer's command for the graph under `prefix`.
 * @param moved the parts that `cp` copies
 */
export function commandOf(
  peer: Peer,
  prefix: string,
  settings: PeerSettings,
  moved: readonly string[],
): Command {
  switch (peer) {
    case 'ours-fewest-bytes':
      return { argv: ours(prefix, 'fewest-bytes', settings.concurrency) };
    case 'ours-most-frequent':
      return { argv: ours(prefix, 'most-frequent', settings.concurrency) };
    case 'cp-fewest-bytes':
    case 'cp-most-frequent':
      return { argv: cp(prefix, moved) };
    case 'reference-in-memory':
      return { argv: peerScript('in_memory', prefix) };
    case 'reference-streaming':
      return { argv: peerScript('streaming', prefix) };
    case 'duckdb':
      return { argv: peerScript('duckdb_copy', prefix) };
    case 'spark':
      return { argv: peerScript('spark_range', prefix, `${settings.sparkMemoryMb}m`) };
    case 'graphstorm-in-memory':
      return graphstorm(prefix, settings.graphstorm, 'false');
    case 'graphstorm-streaming':
      return graphstorm(prefix, settings.graphstorm, 'true');
  }
}

/** Ours, as a user's process. */
export function ours(prefix: string, layout: TargetLayout, concurrency?: number): string[] {
  const command = [...gsRepartition, '--input-prefix', prefix, '--target-layout', layout, '--json'];
  if (concurrency !== undefined) command.push('--concurrency', String(concurrency));
  return command;
}

/**
 * Copies the files to a new folder under the prefix. Without reflinks: on a file system that has them nothing would be
 * copied.
 */
export function cp(prefix: string, files: readonly string[]): string[] {
  const list = join(prefix, 'cp.list');
  writeFileSync(list, files.map((file) => `${join(prefix, file)}\0`).join(''));
  const script = 'mkdir "$2" && xargs -0 -r -a "$1" cp --reflink=never -t "$2" --';
  return ['sh', '-c', script, 'cp', list, join(prefix, 'copied')];
}

function peerScript(name: string, prefix: string, ...args: string[]): string[] {
  const python = benchPython(name === 'spark_range' ? 'spark' : 'base');
  return [python, join(benchFolder, 'peers', `${name}.py`), prefix, ...args];
}

function graphstormScript(checkout: string): string {
  return join(checkout, 'graphstorm-processing', 'graphstorm_processing', 'repartition_files.py');
}

const GRAPHSTORM_MODULE = 'graphstorm_processing.repartition_files';

function isGraphstorm(peer: Peer): boolean {
  return peer === 'graphstorm-in-memory' || peer === 'graphstorm-streaming';
}

/** The interpreter that GraphStorm's packages are installed for: $GRAPHSTORM_PYTHON, or python3. */
function graphstormPython(): string {
  return process.env['GRAPHSTORM_PYTHON'] ?? 'python3';
}

function graphstormEnv(checkout: string): Record<string, string> {
  return { PYTHONPATH: resolve(checkout, 'graphstorm-processing') };
}

/** Why the interpreter cannot import the program, mostly a package that it lacks; undefined when it can. */
function importError(checkout: string): string | undefined {
  const python = graphstormPython();
  const { status, error, stderr } = spawnSync(python, ['-c', `import ${GRAPHSTORM_MODULE}`], {
    encoding: 'utf8',
    env: { ...process.env, ...graphstormEnv(checkout) },
  });
  if (status === 0) return undefined;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  return `${python} cannot import ${GRAPHSTORM_MODULE} (${reason}); install what it lacks, or set GRAPHSTORM_PYTHON`;
}

function graphstorm(prefix: string, checkout: string | undefined, streaming: 'true' | 'false'): Command {
  if (checkout === undefined) throw new BenchError('GraphStorm is not here', 'give --graphstorm FOLDER');
  const argv = [graphstormPython(), '-m', GRAPHSTORM_MODULE, '--input-prefix', prefix];
  argv.push('--streaming-repartitioning', streaming, '--log-level', 'ERROR');
  return { argv, env: graphstormEnv(checkout) };
}
