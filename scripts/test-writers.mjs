// Aligns and judges files of every writer: those that pip installs, Spark 3.5 and 4, and parquet-go, which needs Go.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installSpark, python, requireJava } from './pyspark.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

requireJava(['17']);
const packages = [
  installSpark('spark', 'spark/requirements.txt'),
  installSpark('spark4', 'test/fixtures/writers/spark4.txt'),
];
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', 'test/writers', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      WRITERS: 'all',
      PYSPARKS: packages.join(':'),
      // Of the reader; the writers get theirs one by one.
      PYTHONPATH: packages[1],
      PYSPARK_PYTHON: python,
      NODE_OPTIONS: '',
    },
  },
);
process.exit(status ?? 1);
