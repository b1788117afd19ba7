/** Who is measured: programs that align a graph, as commands, and `cp`, which no alignment can beat by much. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchFolder, gsRepartition } from './paths.js';
import { benchPython } from './python.js';
import type { TargetLayout } from '../src/repartition/model.js';

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
  const script = 'mkdir "$2" && xargs -0 -a "$1" cp --reflink=never -t "$2" --';
  return ['sh', '-c', script, 'cp', list, join(prefix, 'copied')];
}

/** A peer written for these benchmarks. */
export function script(name: string, prefix: string, ...args: string[]): string[] {
  return [benchPython(), join(benchFolder, 'peers', `${name}.py`), prefix, ...args];
}
