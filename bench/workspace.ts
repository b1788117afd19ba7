/** A temporary folder for a benchmark's data, removed at the end also when it fails or is interrupted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** @param dir the folder to make it in: it decides which disk is measured. Default: the system's for temporary files. */
export async function withWorkspace<T>(
  dir: string | undefined,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const parent = resolve(dir ?? tmpdir());
  await mkdir(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'gs-repartition-bench-'));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  const stop = (): void => {
    clean();
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await use(folder);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    clean();
  }
}
