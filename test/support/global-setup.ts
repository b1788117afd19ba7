/** Before any test: the Python environment must be there, and `dist/` must be what `src/` says. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { buildWhenStale } from '../../scripts/build-when-stale.mjs';
import { python, repositoryRoot } from './paths.js';

export default function setup(): void {
  requirePython();
  // Workers and the command run from there; a stale one would test yesterday's code.
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
