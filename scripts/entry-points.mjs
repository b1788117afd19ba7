// The modules that programs import, as package.json lists them: `dist/bin/index.js` is made of `src/index.ts`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** By what a program writes after `from`: `gs-repartition`, `gs-repartition/parquet`. */
export const entryPoints = Object.entries(exports)
  .filter(([, target]) => target.import !== undefined)
  .map(([path, target]) => ({
    specifier: join(name, path),
    source: join(root, target.import.default.replace(/^\.\/dist\/bin\/(.*)\.js$/, 'src/$1.ts')),
  }));
