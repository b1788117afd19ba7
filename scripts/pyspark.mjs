// PySpark for the tests that need it: some 300 MB a version, into folders inside `.venv`, which leaves the environment
// itself as the other tests want it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const python = join(root, '.venv', 'bin', 'python');

// https://spark.apache.org/docs/3.5.6/#downloading
export function requireJava(versions = ['8', '11', '17']) {
  const asked = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const todo = 'install Java 17 (apt-get install openjdk-17-jre-headless) or put it on the PATH';
  if (asked.error || asked.status !== 0) fail(`Spark needs Java, and no "java" runs here: ${todo}`);
  const [, version = ''] = /version "(?:1\.)?(\d+)/.exec(asked.stderr) ?? [];
  if (!versions.includes(version))
    fail(`Spark runs on Java ${versions.join(', ')}, and "java" is Java ${version}: ${todo}`);
}

/** Installs what a requirements file names, unless it is there. Returns the folder for PYTHONPATH. */
export function installSpark(folder, requirements) {
  mustRun(process.execPath, [join(root, 'scripts', 'python-env.mjs')]);
  const packages = join(root, '.venv', folder);
  const stampFile = join(packages, 'requirements.stamp');
  const stamp = createHash('sha256')
    .update(readFileSync(join(root, requirements)))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return packages;
  console.error(`installing PySpark into .venv/${folder} (some 300 MB, once)`);
  rmSync(packages, { recursive: true, force: true });
  // An environment that was made without ensurepip has no pip of its own.
  const hasPip = spawnSync(python, ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;
  const pip = [hasPip ? python : (process.env.PYTHON ?? 'python3'), '-m', 'pip', 'install'];
  const [command, ...words] = [...pip, '--quiet', '--disable-pip-version-check', '--target', packages];
  mustRun(command, [...words, '--requirement', join(root, requirements)]);
  writeFileSync(stampFile, stamp);
  return packages;
}

function mustRun(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) fail(`${command} ${args.join(' ')} failed; its message is above`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
