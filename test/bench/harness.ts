/** The harness as a person starts it, in a folder of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { python, repositoryRoot } from '../support/paths.js';

/** @returns what was printed on standard output */
export async function bench(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(repositoryRoot, 'bench', 'bench.mjs'), ...args, '--dir', folder],
    // The tests' own packages: no DuckDB, no Spark, but nothing to install.
    { env: { ...process.env, GS_REPARTITION_BENCH_PYTHON: python }, maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}
