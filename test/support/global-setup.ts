/** Before any test: the Python environment must be there, and `dist/` must be what `src/` says. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { python, repositoryRoot } from './paths.js';

export default function setup(): void {
  requirePython();
  buildWhenStale();
}

/** Fails with the command to run rather than skipping what needs Python. */
function requirePython(): void {
  const stamp = join(repositoryRoot, '.venv', 'requirements.stamp');
  const requirements = readFileSync(join(repositoryRoot, 'test', 'requirements.txt'));
  const wanted = createHash('sha256').update(requirements).digest('hex');
  if (!existsSync(python) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    throw new Error('the tests need an up-to-date .venv: run `node scripts/python-env.mjs` (or `npm test`)');
  }
}

/** Workers and the command run from `dist/`; a stale one would test yesterday's code. */
function buildWhenStale(): void {
  if (newest(join(repositoryRoot, 'dist', 'bin')) >= newest(join(repositoryRoot, 'src'))) return;
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  // Type errors don't stop tsc from writing; `npm run typecheck` judges them. Without output there is nothing to test.
  for (const step of [[tsc, '-p', 'tsconfig.build.json'], ['scripts/bundle.mjs'], ['scripts/manual.mjs']]) {
    const done = spawnSync(process.execPath, step, { cwd: repositoryRoot, encoding: 'utf8' });
    if (done.status !== 0) console.error(`${step.join(' ')}:\n${done.stdout}${done.stderr}`);
  }
}

/** Milliseconds; 0 for a folder that does not exist. */
function newest(folder: string): number {
  if (!existsSync(folder)) return 0;
  const times = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(0, ...times);
}
