// Starts the benchmarks: `npm run bench -- --help`. What is measured is dist/, which is built anew when src/ is newer.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** In ms since 1970; 0 when there is no such folder. */
function newest(folder) {
  try {
    const files = readdirSync(join(root, folder), { recursive: true });
    return Math.max(0, ...files.map((file) => statSync(join(root, folder, file)).mtimeMs));
  } catch {
    return 0;
  }
}

if (newest('dist/bin') < newest('src')) {
  console.error('bench: building dist/');
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
  const steps = [[compiler, '-p', 'tsconfig.build.json', '--noEmitOnError'], ['scripts/bundle.mjs']];
  for (const step of steps) {
    const built = spawnSync(process.execPath, step, { cwd: root, stdio: ['ignore', 2, 2] });
    if (built.status !== 0) process.exit(1);
  }
}
register('./typescript-hooks.mjs', import.meta.url);
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
