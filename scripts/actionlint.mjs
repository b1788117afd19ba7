// Checks the workflows of GitHub, the example among them, and the shell in them where shellcheck is there:
// `npm run lint:workflows`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goProgram } from './go-program.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = ['.github/workflows', 'examples/ci'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((file) => join(folder, file)),
);
const program = goProgram('github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.8', 'actionlint');
const { status } = spawnSync(program, files, { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
