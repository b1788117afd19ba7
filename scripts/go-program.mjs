// Programs that are written in Go: built from their released source, once, under node_modules, which git does not look at.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Where the program is. Ends the process with a line when it cannot be built.
 * @param module the package of the command, as `go install` takes it
 * @param purpose for people without Go: what it is needed for
 */
export function goProgram(module, version, purpose) {
  const name = basename(module);
  const folder = join(root, 'node_modules', '.cache', name);
  const program = join(folder, `${name}-${version}`);
  if (existsSync(program)) return program;
  if (spawnSync('go', ['version']).error) {
    fail(`Go is needed to build ${purpose}, and there is no "go" on the PATH.`);
  }
  // A folder of its own: two builds at once do not meet, and the program appears whole or not at all.
  const building = join(folder, `building-${process.pid}`);
  mkdirSync(building, { recursive: true });
  console.error(`building ${module}@${version} (a minute or two, once)`);
  const built = spawnSync('go', ['install', `${module}@${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, GOBIN: building, CGO_ENABLED: '0' },
  });
  if (built.status !== 0) {
    rmSync(building, { recursive: true, force: true });
    fail(`go install ${module}@${version} failed.`);
  }
  renameSync(join(building, name), program);
  rmSync(building, { recursive: true, force: true });
  return program;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
