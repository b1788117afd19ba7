// Builds, unless that was done after the last change: for commands that need a build and follow each other.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What the build reads. */
const SOURCES = [
  'src',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  ...['bundle', 'manual', 'page'].map((name) => join('scripts', `${name}.mjs`)),
];
const STEPS = [
  [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
  [join('scripts', 'bundle.mjs')],
  [join('scripts', 'manual.mjs')],
];

/**
 * Type errors keep nothing from being written, and `npm run typecheck` judges them: what is built can be tested.
 * @returns {boolean} whether all went well; of what did not, standard error tells
 */
export function buildWhenStale() {
  // The last that a build writes.
  const built = newest(join(root, 'dist', 'man'));
  if (built >= Math.max(...SOURCES.map((name) => newest(join(root, name))))) return true;
  let well = true;
  for (const step of STEPS) {
    const { status, stdout, stderr } = spawnSync(process.execPath, step, { cwd: root, encoding: 'utf8' });
    if (status === 0) continue;
    well = false;
    console.error(`${step.join(' ')}:\n${stdout}${stderr}`);
  }
  return well;
}

/** Milliseconds: when a file, or any in a folder, was written; 0 for what is not there. */
function newest(path) {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exit(buildWhenStale() ? 0 : 1);
