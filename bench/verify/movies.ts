/** The movies graph, aligned, and bits flipped in what was made. */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../paths.js';
import { flipBits, type FlipReport, type FlipRequest } from './flips.js';

/** @param folder an empty one */
export async function flipMovies(folder: string, flips: number, seed: number): Promise<FlipReport> {
  const built = async <T>(module: string): Promise<T> =>
    (await import(pathToFileURL(join(repositoryRoot, 'dist', module)).href)) as T;
  const { repartition, locate, openStorage } = await built<
    Pick<FlipRequest, 'locate' | 'openStorage'> & { repartition: (options: object) => Promise<unknown> }
  >('index.js');
  const { readUnits } = await built<Pick<FlipRequest, 'readUnits'>>('repartition/verify/deep/pool.js');
  const prefix = join(folder, 'movies');
  await cp(join(repositoryRoot, 'test/fixtures/movies'), prefix, { recursive: true });
  await repartition({ inputPrefix: prefix, numOutputFiles: 3 });
  const text = await readFile(join(prefix, 'updated_row_counts_metadata.json'), 'utf8');
  const made = text.match(/"[^"]*\/parquet-repartitioned-[^"]*\.parquet"/g) ?? [];
  const parts = [...new Set(made)].map((path) => join(prefix, JSON.parse(path) as string));
  return flipBits({ parts, flips, seed, folder: join(folder, 'flips'), readUnits, openStorage, locate });
}
