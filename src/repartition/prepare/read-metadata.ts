/** metadata.json from storage. */
import { type GraphMetadata, MetadataReader } from '../../metadata/index.js';
import type { CallOptions, ObjectStat, Storage } from '../../storage/storage.js';
import { notFound } from './missing.js';

export interface ReadMetadata {
  metadata: GraphMetadata;
  /** Which version of the file it was. */
  stat: ObjectStat;
}

/** Read at a time: nearly all metadata at once, and of the largest no more than this. */
const BLOCK_BYTES = 8 * 1024 * 1024;

/**
 * @param option the option that names the file, for the hint
 * @throws RepartitionError `not-found` when there is none, `metadata` when it can't be understood
 */
export async function readMetadata(
  storage: Storage,
  file: string,
  option: 'inputMetadataFileName' | 'metadataFileName',
  options: CallOptions,
): Promise<ReadMetadata> {
  const stat = await storage.stat(file, options);
  if (!stat) {
    throw await notFound(storage, file, { option }, options);
  }
  const reader = new MetadataReader(storage.describe(file));
  // One buffer for all blocks: V8 lets many lie before it looks for garbage.
  const into = new Uint8Array(Math.min(stat.size, BLOCK_BYTES));
  for (let start = 0; start < stat.size; start += BLOCK_BYTES) {
    const end = Math.min(stat.size, start + BLOCK_BYTES);
    reader.feed(await storage.read(file, start, end, { ...options, version: stat.version, into }));
  }
  return { metadata: reader.end(), stat };
}
