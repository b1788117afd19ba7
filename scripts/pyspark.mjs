// PySpark for the tests that need it: some 300 MB a version, into folders inside `.venv`, which leaves the environment
// itself as the other tests want it.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installInto, mustRun, python } from './pip-folder.mjs';

export { python };

const root = dirname(dirname(fileURLToPath(import.meta.url)));

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
  return installInto(folder, requirements, 'PySpark (some 300 MB)');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
