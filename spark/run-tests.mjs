// Runs the tests with real Spark, and installs what they need when it is missing. With --long they try much more.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installSpark, python, requireJava } from '../scripts/pyspark.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

requireJava();
const packages = installSpark('spark', 'spark/requirements.txt');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(root, 'spark', 'vitest.config.mjs');
const words = process.argv.slice(2).filter((word) => word !== '--long');
const length = process.argv.includes('--long') ? { SPARK_TESTS: 'all' } : {};
// These Javas live for seconds: what a compiler does for those that live for hours is half of their processor time.
const short = {
  SPARK_CONF_DIR: join(root, 'test', 'spark', 'conf'),
  SPARK_LAUNCHER_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
};
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...words], {
  cwd: root,
  stdio: 'inherit',
  // Spark starts its Python workers by name: they have to be the same interpreter.
  env: {
    ...process.env,
    ...length,
    ...short,
    SPARK_PYTHON: python,
    PYSPARK_PYTHON: python,
    PYTHONPATH: packages,
  },
});
process.exit(status ?? 1);
