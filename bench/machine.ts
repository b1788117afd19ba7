/** What a measurement was made on, and how: it says nothing without. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from './paths.js';
import { benchPython } from './python.js';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  os: string;
  fileSystem: string;
  node: string;
  version: string;
  commit: string;
  /** Programs that could run when the benchmark started, on average over a minute: above 0.5, others disturb it. */
  loadBefore: number;
}

/** How a report came about. */
export interface Circumstances {
  /** Of its beginning, in UTC: `2025-01-31`. */
  date: string;
  /** What was typed, without the places of folders. */
  command: string;
  /** Of the programs that were measured beside ours. */
  versions: Record<string, string>;
}

const FOLDER_OPTIONS = /^--(?:dir|save|graphstorm|command|spark-submit)$/;

/** @param args of `npm run bench --` */
export function describeCircumstances(args: readonly string[]): Circumstances {
  const typed = args.map((arg, i) => {
    if (FOLDER_OPTIONS.test(args[i - 1] ?? '') && !arg.startsWith('-')) return '…';
    return arg.replace(/^(--(?:dir|save|graphstorm|command|spark-submit))=.*/, '$1=…');
  });
  return {
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench -- ${typed.join(' ')}`.trim(),
    versions: versions(),
  };
}

const PYTHON_VERSIONS = `
import importlib.metadata as m, json, sys
found = {d.metadata["Name"].lower(): d.version for d in m.distributions()}
print(json.dumps({"python": sys.version.split()[0], **{p: found[p] for p in sys.argv[1:] if p in found}}))
`;

function versions(): Record<string, string> {
  const printed = output(benchPython(), ['-c', PYTHON_VERSIONS, 'pyarrow', 'duckdb', 'pyspark']);
  // Without Java there is no output at all.
  const java = /"(.+)"/.exec(String(spawnSync('java', ['-version']).stderr))?.[1];
  const cp = /\d\S*$/.exec(output('cp', ['--version']).split('\n')[0] ?? '')?.[0];
  return {
    ...(JSON.parse(printed || '{}') as Record<string, string>),
    ...(java !== undefined && { java }),
    ...(cp !== undefined && { cp }),
  };
}

/** @param folder on the disk that is measured */
export async function describeMachine(folder: string): Promise<Machine> {
  const pack = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string };
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    os: `${platform()} ${release().split('-')[0]!}`,
    fileSystem: await fileSystemOf(folder),
    node: process.version,
    version: pack.version,
    commit: commitMeasured(),
    loadBefore: loadavg()[0]!,
  };
}

/** Reports of other runs, saved beside each other, change nothing that is measured. */
function commitMeasured(): string {
  const git = ['-C', repositoryRoot];
  const commit = output('git', [...git, 'describe', '--always']);
  const changed = output('git', [...git, 'status', '--porcelain', '--', '.', ':!bench/results']);
  return changed ? `${commit}-dirty` : commit;
}

async function fileSystemOf(folder: string): Promise<string> {
  const name = output('stat', ['--file-system', '--format=%T', folder]);
  return name || `type ${(await statfs(folder)).type.toString(16)}`;
}

function output(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
