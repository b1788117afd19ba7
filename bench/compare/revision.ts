/** An earlier version, checked out and built in a folder of its own with the packages that are installed here. */
import { spawnSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { BenchError } from '../bench-error.js';
import { repositoryRoot } from '../paths.js';

/** @throws BenchError */
export function buildRevision(revision: string, folder: string): void {
  mustRun('git', ['worktree', 'add', '--detach', '--force', folder, revision], repositoryRoot);
  symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
  build(folder);
}

export function removeRevision(folder: string): void {
  if (existsSync(folder)) mustRun('git', ['worktree', 'remove', '--force', folder], repositoryRoot);
}

/** What a program imports; the bundle of the command is not needed. */
export function build(folder: string): void {
  const compiler = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  mustRun(process.execPath, [compiler, '-p', 'tsconfig.build.json'], folder);
}

function mustRun(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new BenchError(`${command} ${args.join(' ')}: ${stdout}${stderr}`, 'see above');
}
