/** Where things are. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const benchFolder = dirname(fileURLToPath(import.meta.url));
export const resultsFolder = join(benchFolder, 'results');
export const repositoryRoot = dirname(benchFolder);

/** A built command as a user's shell runs it: its first lines are the shell's. */
export function commandOf(main: string): string[] {
  return [process.platform === 'win32' ? process.execPath : 'sh', main];
}

/** Ours. */
export const gsRepartition = commandOf(join(repositoryRoot, 'dist', 'bin', 'main.js'));
