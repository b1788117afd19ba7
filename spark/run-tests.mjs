// Runs the tests with real Spark. Installs what they need when it is missing: the tests' own Python environment, and
// PySpark (some 300 MB) into a folder inside it, which leaves the environment itself as the other tests want it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const python = join(root, '.venv', 'bin', 'python');
const packages = join(root, '.venv', 'spark');
const requirements = join(root, 'spark', 'requirements.txt');

requireJava();
mustRun(process.execPath, [join(root, 'scripts', 'python-env.mjs')]);
installSpark();
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(root, 'spark', 'vitest.config.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', config, ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    // Spark starts its Python workers by name: they have to be the same interpreter.
    env: { ...process.env, SPARK_PYTHON: python, PYSPARK_PYTHON: python, PYTHONPATH: packages },
  },
);
process.exit(status ?? 1);

// https://spark.apache.org/docs/3.5.6/#downloading
function requireJava() {
  const asked = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const todo = 'install Java 17 (apt-get install openjdk-17-jre-headless) or put it on the PATH';
  if (asked.error || asked.status !== 0) fail(`Spark needs Java, and no "java" runs here: ${todo}`);
  const [, version = ''] = /version "(?:1\.)?(\d+)/.exec(asked.stderr) ?? [];
  if (!['8', '11', '17'].includes(version)) {
    fail(`Spark 3.5 runs on Java 8, 11 and 17, and "java" is Java ${version}: ${todo}`);
  }
}

function installSpark() {
  const stampFile = join(packages, 'requirements.stamp');
  const stamp = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  console.error('test:spark: installing PySpark into .venv/spark (some 300 MB, once)');
  rmSync(packages, { recursive: true, force: true });
  // An environment that was made without ensurepip has no pip of its own.
  const hasPip = spawnSync(python, ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;
  const pip = [hasPip ? python : (process.env.PYTHON ?? 'python3'), '-m', 'pip', 'install'];
  const [command, ...words] = [...pip, '--quiet', '--disable-pip-version-check', '--target', packages];
  mustRun(command, [...words, '--requirement', requirements]);
  writeFileSync(stampFile, stamp);
}

function mustRun(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) fail(`${command} ${args.join(' ')} failed; its message is above`);
}

function fail(message) {
  console.error(`test:spark: ${message}`);
  process.exit(1);
}
