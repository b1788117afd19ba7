// Hands aligned graphs over to DGL: npm run handover -- --dgl PATH --graphstorm PATH. Takes checkouts of both (DGL's at v2.1.0), makes a
// Python environment of its own (dgl and torch, some 5 GB), aligns the movies graph and a generated one, has
// DistPartitioning read each with two ranks, and compares every feature, label and mask by original id. Not in CI.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = [
  'dgl==2.1.0',
  'torch==2.2.1',
  'torchdata==0.7.1',
  // Later ones want a numpy that this torch does not know.
  'numpy<2',
  'pandas<2.3',
  'pyarrow==17.0.0',
  'pydantic',
  'pyyaml',
  'setuptools<81',
];
const RANKS = '2';

const { values } = parseArgs({
  options: { dgl: { type: 'string' }, graphstorm: { type: 'string' }, python: { type: 'string' } },
});
if (values.dgl === undefined || values.graphstorm === undefined) {
  console.error('handover: give checkouts: --dgl PATH --graphstorm PATH');
  process.exit(2);
}

function run(command, args) {
  console.log(`$ ${[command, ...args].join(' ').replaceAll(root, '')}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
}

/** An interpreter that has dgl: the one that was given, or one of an environment of our own. */
function environment() {
  if (values.python !== undefined) return values.python;
  const folder = join(root, 'node_modules', '.cache', 'gs-repartition-handover-python');
  const python = join(folder, 'bin', 'python');
  if (!existsSync(join(folder, 'complete'))) {
    rmSync(folder, { recursive: true, force: true });
    run('python3', ['-m', 'venv', folder]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
    writeFileSync(join(folder, 'complete'), '');
  }
  return python;
}

/** A null among integers is a double on one rank and none on the other: `verify --world-size` says so, and DGL stops. */
function movies(prefix) {
  cpSync(join(root, 'test/fixtures/movies'), prefix, { recursive: true });
  const file = join(prefix, 'metadata.json');
  const metadata = JSON.parse(readFileSync(file, 'utf8'));
  delete metadata.edge_data['movie:distributed_by:distributor'].us_gross;
  writeFileSync(file, JSON.stringify(metadata));
}

function generated(prefix, python) {
  run(python, [join(root, 'bench/verify/vectors.py'), prefix, '20000000', '1000000']);
  renameSync(join(prefix, 'updated_row_counts_metadata.json'), join(prefix, 'metadata.json'));
}

const python = environment();
const folder = mkdtempSync(join(tmpdir(), 'gs-repartition-handover-'));
try {
  const command = join(root, 'dist/bin/main.js');
  for (const [name, make] of Object.entries({ movies, generated })) {
    const prefix = join(folder, name);
    make(prefix, python);
    run(process.execPath, [command, '--input-prefix', prefix, '--num-output-files', '3', '--no-progress']);
    const verify = ['verify', '--input-prefix', prefix, '--deep', '--world-size', RANKS, '--no-progress'];
    run(process.execPath, [command, ...verify]);
    const output = join(folder, `${name}-partitions`);
    run(python, [join(root, 'scripts/handover.py'), prefix, values.dgl, values.graphstorm, output, RANKS]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
