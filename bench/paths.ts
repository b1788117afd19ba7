/** Where things are. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const benchFolder = dirname(fileURLToPath(import.meta.url));
export const resultsFolder = join(benchFolder, 'results');
export const repositoryRoot = dirname(benchFolder);

/** The command as a user's process runs it. */
export const gsRepartition = [process.execPath, join(repositoryRoot, 'dist', 'bin', 'main.js')];
