// Makes `.venv`, the tests' own Python environment, from test/requirements.txt. Does nothing when it is up to date.
// The interpreter is $PYTHON, or else the first of python3 and python that is new enough.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const venv = join(root, '.venv');
const stampFile = join(venv, 'requirements.stamp');
const requirements = join(root, 'test', 'requirements.txt');
const windows = process.platform === 'win32';
const venvPython = windows ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python');

const stamp = createHash('sha256').update(readFileSync(requirements)).digest('hex');
if (!isUpToDate()) make();

function isUpToDate() {
  return (
    existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp && runs(venvPython, ['--version'])
  );
}

function make() {
  const python = findPython();
  console.error(
    `python-env: making .venv with ${python.command} ${python.version} (pyarrow and four other readers of Parquet, moto; about 1 GB)`,
  );
  rmSync(venv, { recursive: true, force: true });

  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--requirement',
    requirements,
  ];
  if (!runs(python.command, ['-m', 'venv', venv])) {
    // Debian and Ubuntu keep ensurepip in a package of its own (python3-venv): borrow the interpreter's pip instead.
    rmSync(venv, { recursive: true, force: true });
    if (
      !runs(python.command, ['-m', 'venv', '--without-pip', venv]) ||
      !runs(python.command, ['-m', 'pip', '--version'])
    ) {
      fail(
        `${python.command} can make no virtual environment`,
        'install python3-venv (apt-get install python3-venv)',
      );
    }
    install(python.command, [...pip, '--target', sitePackages()]);
  } else {
    install(venvPython, pip);
  }
  if (
    !runs(venvPython, [
      '-c',
      'import pyarrow.parquet, numpy, moto, boto3, duckdb, polars, datafusion, fastparquet',
    ])
  ) {
    fail(
      'the packages of test/requirements.txt were installed but cannot be imported',
      'remove .venv and try again',
    );
  }
  // Written last, so that a run that was cut short is done again.
  writeFileSync(stampFile, stamp);
}

function findPython() {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ['python3', 'python'];
  let tooOld = '';
  for (const command of candidates) {
    const asked = spawnSync(command, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
      encoding: 'utf8',
    });
    if (asked.status !== 0) continue;
    const version = asked.stdout.trim();
    const [major, minor] = version.split('.').map(Number);
    if (major === 3 && minor >= 9) return { command, version };
    tooOld = `${command} is Python ${version}; `;
  }
  return fail(
    `${tooOld}the tests need Python 3.9 or newer (${candidates.join(' or ')})`,
    'install python3, python3-venv and python3-pip, or set PYTHON',
  );
}

function sitePackages() {
  const asked = spawnSync(venvPython, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], {
    encoding: 'utf8',
  });
  return asked.stdout.trim();
}

function install(command, args) {
  const done = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.status !== 0)
    fail(
      'pip could not install test/requirements.txt',
      'see its message above; is a package registry reachable?',
    );
}

function runs(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function fail(what, todo) {
  console.error(`python-env: ${what}: ${todo}`);
  process.exit(1);
}
