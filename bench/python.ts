/** The benchmarks' own Python environment: made when first needed, made again when its requirements change. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchFolder, repositoryRoot } from './paths.js';
import { BenchError } from './bench-error.js';

const environment = join(repositoryRoot, 'node_modules', '.cache', 'gs-repartition-bench-python');
const interpreter = join(environment, 'bin', 'python');

const PACKAGES = {
  base: { file: 'requirements.txt', probe: 'import pyarrow, numpy, duckdb', size: '300 MB' },
  spark: { file: 'requirements-spark.txt', probe: 'import pyspark', size: '350 MB' },
} as const;

/** Names an interpreter that has the packages already: nothing is installed then. */
const GIVEN = 'GS_REPARTITION_BENCH_PYTHON';

/**
 * The interpreter of an environment that has the packages.
 * @throws BenchError when Python is missing or too old, or pip fails
 */
export function benchPython(packages: keyof typeof PACKAGES = 'base'): string {
  const given = process.env[GIVEN];
  if (given) return given;
  if (packages !== 'base') benchPython('base');
  const { file, probe, size } = PACKAGES[packages];
  const requirements = join(benchFolder, file);
  if (isInstalled(packages)) return interpreter;
  console.error(`bench: installing the packages of bench/${file} (once, about ${size})`);
  if (packages === 'base') {
    const python = findPython();
    rmSync(environment, { recursive: true, force: true });
    if (!succeeds(python, ['-m', 'venv', environment])) {
      throw new BenchError(`${python} can make no virtual environment`, 'install python3-venv');
    }
  }
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--requirement',
    requirements,
  ];
  // What pip prints must not end up in a JSON document on standard output.
  if (spawnSync(interpreter, pip, { stdio: ['ignore', 2, 2] }).status !== 0) {
    throw new BenchError(`pip could not install bench/${file}`, 'see its message above');
  }
  if (!succeeds(interpreter, ['-c', probe])) {
    throw new BenchError(
      `the packages of bench/${file} cannot be imported`,
      `remove ${environment}, try again`,
    );
  }
  // Written last, so that an installation that was cut short is done again.
  const stamp = stampOf(packages);
  writeFileSync(stamp.file, stamp.text);
  return interpreter;
}

/** Whether the environment has the packages, in the releases that are asked for now. */
function isInstalled(packages: keyof typeof PACKAGES): boolean {
  const { file, text } = stampOf(packages);
  return existsSync(file) && readFileSync(file, 'utf8') === text && succeeds(interpreter, ['--version']);
}

function stampOf(packages: keyof typeof PACKAGES): { file: string; text: string } {
  const { file } = PACKAGES[packages];
  const text = createHash('sha256')
    .update(readFileSync(join(benchFolder, file)))
    .digest('hex');
  return { file: join(environment, `${file}.stamp`), text };
}

function findPython(): string {
  const candidates = process.env['PYTHON'] ? [process.env['PYTHON']] : ['python3', 'python'];
  const usable = candidates.find((python) =>
    succeeds(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']),
  );
  if (usable !== undefined) return usable;
  throw new BenchError(`no Python 3.10 or newer (${candidates.join(', ')})`, 'install one, or set PYTHON');
}

/** Whether there is a Java that Spark can start with. */
export function hasJava(): boolean {
  return succeeds('java', ['-version']);
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
