// Python packages in a folder of their own inside `.venv`: what they depend on may be other versions than the environment's.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const python = join(root, '.venv', 'bin', 'python');

/**
 * Installs what a requirements file names, unless it is there. The environment itself must be there.
 * @param what for people who wait, as in "PySpark (some 300 MB)"
 * @returns the folder for PYTHONPATH
 */
export function installInto(folder, requirements, what) {
  const packages = join(root, '.venv', folder);
  const stampFile = join(packages, 'requirements.stamp');
  const stamp = createHash('sha256')
    .update(readFileSync(join(root, requirements)))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return packages;
  console.error(`installing ${what} into .venv/${folder}, once`);
  rmSync(packages, { recursive: true, force: true });
  // An environment that was made without ensurepip has no pip of its own.
  const hasPip = spawnSync(python, ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;
  const pip = [hasPip ? python : (process.env.PYTHON ?? 'python3'), '-m', 'pip', 'install'];
  const [command, ...words] = [...pip, '--quiet', '--disable-pip-version-check', '--target', packages];
  mustRun(command, [...words, '--requirement', join(root, requirements)]);
  // Written last, so that a run that was cut short is done again.
  writeFileSync(stampFile, stamp);
  return packages;
}

export function mustRun(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  console.error(`${command} ${args.join(' ')} failed; its message is above`);
  process.exit(1);
}
