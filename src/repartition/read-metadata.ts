/** metadata.json from storage. */
import { RepartitionError } from '../errors.js';
import { type GraphMetadata, parseMetadata } from '../metadata/index.js';
import type { CallOptions, Storage } from '../storage/storage.js';

/** @throws RepartitionError `not-found` when there is none, `metadata` when it can't be understood */
export async function readMetadata(
  storage: Storage,
  file: string,
  options: CallOptions,
): Promise<GraphMetadata> {
  const stat = await storage.stat(file, options);
  if (!stat) {
    throw new RepartitionError('not-found', `no ${file} under ${storage.describe('')}`, {
      hint: 'Give the prefix that gs-processing wrote to, or the name with --input-metadata-file-name.',
    });
  }
  const bytes = await storage.read(file, 0, stat.size, { ...options, version: stat.version });
  return parseMetadata(bytes, storage.describe(file));
}
