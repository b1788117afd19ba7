/** The name under which the updated metadata will be published: nothing else may lie there. */
import { RepartitionError } from '../../errors.js';
import type { GraphMetadata } from '../../metadata/index.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import type { RunSettings } from '../model.js';

/** Enough to see what kind of file it is. */
const HEAD_BYTES = 64;

/**
 * @throws RepartitionError `usage` when the name is a part's, or something is there that is no JSON document:
 *   publishing would overwrite it
 */
export async function requireFreeName(
  storage: Storage,
  metadata: GraphMetadata,
  { metadataFile, updatedFile }: RunSettings,
  options: CallOptions,
): Promise<void> {
  if (partsOf(metadata).some((parts) => parts.includes(updatedFile))) {
    throw taken(storage, updatedFile, 'is a part that the metadata list');
  }
  const below = foldersOf(updatedFile).find(
    (folder) => folder === metadataFile || partsOf(metadata).some((parts) => parts.includes(folder)),
  );
  if (below !== undefined) throw taken(storage, updatedFile, `would lie in ${below}, which is a file`);
  const existing = await storage.stat(updatedFile, options);
  if (!existing || existing.size === 0) return;
  const head = await storage.read(updatedFile, 0, Math.min(existing.size, HEAD_BYTES), options);
  if (/^\s*\{/.test(new TextDecoder().decode(head))) return;
  throw taken(storage, updatedFile, 'is no JSON document');
}

/** `a/b/c` lies in `a/b` and in `a`. */
function foldersOf(file: string): string[] {
  return file
    .split('/')
    .slice(0, -1)
    .map((_, i, names) => names.slice(0, i + 1).join('/'));
}

function partsOf({ entries, idMappings }: GraphMetadata): (readonly string[])[] {
  return [...entries.map(({ entry }) => entry.parts), ...[...idMappings.values()].map(({ parts }) => parts)];
}

function taken(storage: Storage, file: string, what: string): RepartitionError {
  const path = storage.describe(file);
  return new RepartitionError('usage', `cannot publish as ${path}: it ${what}`, {
    hint: 'Give another name with `updatedMetadataFileName`.',
    operation: 'write',
    path,
  });
}
