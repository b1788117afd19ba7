/** What is at a path: a part, a folder of parts, or a graph. Nothing is written. */
import { RepartitionError } from '../../errors.js';
import { splitPath } from '../../storage/split-path.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import type { InspectOptions } from '../api.js';
import { listOn } from '../listing/list-output.js';
import { onPrefix } from '../on-storage.js';
import { DEFAULT_METADATA, DEFAULT_UPDATED_METADATA, requireInspectOptions } from '../options.js';
import { inspectDataSet } from './inspect-data-set.js';
import { inspectPart } from './inspect-part.js';
import type { Inspection, PrefixInspection } from './model.js';

/** Where GSProcessing puts the parts of a data set, inside its folder. */
const PARTS_FOLDER = 'parquet';
/** What is hardly a folder. */
const FILE_NAME = /\.(?:parquet|parq|pq|json)$/i;

/**
 * Looks at a Parquet file, a folder of them, or a graph's prefix.
 * @throws RepartitionError `not-found` when there is none of these at the path; `parquet`, `metadata`, `access`, `storage`
 *
 * @example
 * ```ts
 * import { inspect } from 'gs-repartition';
 *
 * const found = await inspect({ path: 'graph' });
 * if (found.kind === 'prefix') console.log(found.aligned, found.totals.dataSets);
 * // false 43
 * ```
 */
export async function inspect(options: InspectOptions): Promise<Inspection> {
  requireInspectOptions(options);
  const { path, s3, signal } = options;
  const [folder, name] = splitPath(path);
  const on = <T>(inputPrefix: string, work: (storage: Storage) => Promise<T>): Promise<T> =>
    onPrefix({ inputPrefix, ...(s3 && { s3 }), ...(signal && { signal }) }, work);
  const asFile = async (): Promise<Inspection | undefined> =>
    name === undefined ? undefined : on(folder, (storage) => inspectFile(storage, name, options));
  const asFolder = (): Promise<Inspection> => on(path, (storage) => inspectFolder(storage, options));
  // By its name, for whoever may read a prefix need not be allowed to look around it.
  if (name !== undefined && FILE_NAME.test(name)) return (await asFile()) ?? asFolder();
  try {
    return await asFolder();
  } catch (error) {
    if (!(error instanceof RepartitionError) || error.code !== 'not-found') throw error;
    const file = await asFile().catch((problem: unknown) => {
      // A file is there; what is wrong with it says more than that it is no folder.
      if (problem instanceof RepartitionError && problem.code === 'parquet') throw problem;
      return undefined;
    });
    if (file) return file;
    throw error;
  }
}

async function inspectFile(
  storage: Storage,
  name: string,
  options: InspectOptions,
): Promise<Inspection | undefined> {
  const { pages = false, rows = 0, signal } = options;
  const stat = await statIfFile(storage, name, { signal });
  if (!stat) return undefined;
  if (name.toLowerCase().endsWith('.json')) return inspectPrefix(storage, name, options);
  return inspectPart(storage, stat, { pages, rows, signal });
}

/** A folder is none. */
async function statIfFile(storage: Storage, name: string, options: CallOptions): ReturnType<Storage['stat']> {
  let found: Awaited<ReturnType<Storage['stat']>>;
  await storage.look([name], (_path, stat) => (found = stat), options);
  return found;
}

async function inspectFolder(storage: Storage, options: InspectOptions): Promise<Inspection> {
  const { signal, metadataFileName } = options;
  if (metadataFileName !== undefined) {
    return inspectPrefix(storage, metadataFileName, options);
  }
  for (const file of [DEFAULT_UPDATED_METADATA, DEFAULT_METADATA]) {
    if (await statIfFile(storage, file, { signal })) return inspectPrefix(storage, file, options);
  }
  for (const folder of ['', PARTS_FOLDER]) {
    const files = (await storage.list(folder, { signal })).filter(({ path }) => isPart(path));
    if (files.length > 0) return inspectDataSet(storage, files, { signal });
  }
  throw new RepartitionError('not-found', `nothing to inspect at ${storage.describe('')}`, {
    hint: 'Give a Parquet file, a folder of Parquet files, or the prefix that gs-processing wrote to.',
    path: storage.describe(''),
  });
}

async function inspectPrefix(
  storage: Storage,
  metadataFileName: string,
  { signal, onProgress }: Pick<InspectOptions, 'signal' | 'onProgress'>,
): Promise<PrefixInspection> {
  const { inputPrefix, ...listing } = await listOn(storage, {
    metadataFileName,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return { ...listing, document: 'gs-repartition/inspect', kind: 'prefix', path: inputPrefix };
}

/** Spark's and Hadoop's own files begin with `_` or a dot. */
function isPart(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /\.(?:parquet|parq|pq)$/i.test(name) && !/^[._]/.test(name);
}
