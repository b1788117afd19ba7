/** Builds of the command, so that two commits can be compared beside each other. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BenchError } from '../bench-error.js';
import { commandOf, gsRepartition } from '../paths.js';

export interface Build {
  /** For the report: nothing that tells of this machine's folders. */
  name: string;
  argv: readonly string[];
}

/**
 * @param paths of checkouts that are built, or of their `dist/bin/main.js`; none for this checkout's own
 * @throws BenchError for a path without a build
 */
export function buildsOf(paths: readonly string[]): Build[] {
  if (paths.length === 0) return [{ name: 'gs-repartition', argv: gsRepartition }];
  const names = paths.map((path) => commitOf(resolve(path)));
  return paths.map((path, i) => {
    const given = resolve(path);
    const main =
      existsSync(given) && statSync(given).isDirectory() ? join(given, 'dist', 'bin', 'main.js') : given;
    if (!existsSync(main)) throw new BenchError(`no build at ${path}`, 'run npm run build in that checkout');
    const isTwice = names.indexOf(names[i]!) !== names.lastIndexOf(names[i]!);
    return { name: isTwice ? `${names[i]!} (${i + 1})` : names[i]!, argv: commandOf(main) };
  });
}

function commitOf(path: string): string {
  const folder = existsSync(path) && statSync(path).isDirectory() ? path : dirname(path);
  try {
    const git = ['-C', folder, 'describe', '--always', '--dirty'];
    return execFileSync('git', git, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'no commit';
  }
}
