/** What a measurement was made on: it says nothing without. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from './paths.js';

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
    commit: output('git', ['-C', repositoryRoot, 'describe', '--always', '--dirty']),
    loadBefore: loadavg()[0]!,
  };
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
