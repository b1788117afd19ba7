// Writes the manual page that the package brings: `man gs-repartition` after an installation for all users.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manualPage } from '../dist/cli/manual.js';

const folder = fileURLToPath(new URL('../dist/man/', import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'gs-repartition.1'), await manualPage());
