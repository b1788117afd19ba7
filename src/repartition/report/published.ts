/** The documents of a prefix, and how large the parts are that they list. */
import { RepartitionError } from '../../errors.js';
import { alignmentGroups, type GraphMetadata } from '../../metadata/index.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import { DEFAULT_METADATA } from '../options.js';
import { readMetadata } from '../prepare/read-metadata.js';
import type { SizeOf } from './groups.js';

export interface Published {
  /** What was aligned, if that is another document. */
  input: GraphMetadata | undefined;
  /** What was checked; undefined where it can't be understood. */
  published: GraphMetadata | undefined;
  sizeOf: SizeOf;
}

/** @param checked the document that was checked, as a person would write its path */
export async function readPublished(
  storage: Storage,
  checked: string,
  options: CallOptions,
): Promise<Published> {
  const published = await readIfGood(storage, nameOf(storage, checked), options);
  const isInput = checked === storage.describe(DEFAULT_METADATA);
  const input = isInput ? undefined : await readIfGood(storage, DEFAULT_METADATA, options);
  const paths = new Set<string>();
  for (const metadata of [input, published]) {
    for (const { dataSets } of metadata ? alignmentGroups(metadata) : []) {
      for (const { parts } of dataSets) for (const path of parts) paths.add(path);
    }
  }
  const sizes = new Map<string, number>();
  await storage.look(paths, (path, stat) => stat && sizes.set(path, stat.size), options);
  return { input, published, sizeOf: (path) => sizes.get(path) ?? 0 };
}

function nameOf(storage: Storage, described: string): string {
  return described.slice(storage.describe('').replace(/\/+$/, '').length).replace(/^\/+/, '');
}

/** What is wrong with documents, the check has told. */
async function readIfGood(
  storage: Storage,
  file: string,
  options: CallOptions,
): Promise<GraphMetadata | undefined> {
  try {
    return (await readMetadata(storage, file, 'metadataFileName', options)).metadata;
  } catch (error) {
    if (error instanceof RepartitionError && ['not-found', 'metadata'].includes(error.code)) return undefined;
    throw error;
  }
}
