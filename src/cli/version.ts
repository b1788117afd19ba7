import { readFileSync } from 'node:fs';

/** The package's version; `dist/cli` and `src/cli` are equally far from package.json. */
export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
