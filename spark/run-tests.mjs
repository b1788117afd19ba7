// Runs the tests with real Spark: makes their Python environment once (pyspark is some 300 MB), then starts vitest.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const requirements = join(root, 'spark', 'requirements.txt');
// Under node_modules, which git does not look at.
const venv = join(root, 'node_modules', '.cache', 'spark-venv');
const stampFile = join(venv, 'requirements.stamp');
const stamp = createHash('sha256').update(readFileSync(requirements)).digest('hex');
const python = join(venv, 'bin', 'python');

const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
if (java.error || java.status !== 0) {
  fail(
    'Spark needs Java, and there is no "java" on the PATH: install a JDK 17 (apt-get install openjdk-17-jre-headless)',
  );
}
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  console.error('making a Python environment with Spark (some 300 MB, once)');
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(dirname(venv), { recursive: true });
  call(process.env.PYTHON ?? 'python3', ['-m', 'venv', venv]);
  call(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(stampFile, stamp);
}
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(root, 'spark', 'vitest.config.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', config, ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, SPARK_PYTHON: python },
  },
);
process.exit(status ?? 1);

function call(command, args) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    rmSync(venv, { recursive: true, force: true });
    fail(`${command} ${args.join(' ')} failed`);
  }
}

function fail(message) {
  console.error(`test:spark: ${message}`);
  process.exit(1);
}
