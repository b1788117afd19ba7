/** This package, as the files it makes name it. */
import { readFileSync } from 'node:fs';

let version: string | undefined;

/** From package.json, read once; src/parquet, dist/parquet and dist/bin are equally far from it. */
export function productVersion(): string {
  version ??= (
    JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  ).version;
  return version;
}
