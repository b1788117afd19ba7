// Builds the production S3 server that the large tests run against, from its released source, and prints where the
// program is. Built once: it stays under node_modules, which git does not look at.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const VERSION = 'v1.8.0';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'node_modules', '.cache', 'versitygw');
const program = join(folder, `versitygw-${VERSION}`);

if (!existsSync(program)) {
  if (spawnSync('go', ['version']).error) {
    fail('Go is needed to build the S3 server of these tests, and there is no "go" on the PATH.');
  }
  // A folder of its own: two builds at once do not meet, and the program appears whole or not at all.
  const building = join(folder, `building-${process.pid}`);
  mkdirSync(building, { recursive: true });
  console.error(`building ${MODULE}@${VERSION} (a minute or two, once)`);
  const built = spawnSync('go', ['install', `${MODULE}@${VERSION}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, GOBIN: building, CGO_ENABLED: '0' },
  });
  if (built.status !== 0) {
    rmSync(building, { recursive: true, force: true });
    fail(`go install ${MODULE}@${VERSION} failed.`);
  }
  renameSync(join(building, 'versitygw'), program);
  rmSync(building, { recursive: true, force: true });
}
console.log(program);

function fail(message) {
  console.error(message);
  process.exit(1);
}
