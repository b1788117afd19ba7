/** The documents under a prefix: what was published, what it was made from, and what the last run says of itself. */
import { RepartitionError } from '../../errors.js';
import type { GraphMetadata } from '../../metadata/index.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import type { Status } from '../commit/status.js';
import type { VerifyOptions } from '../api.js';
import { DEFAULT_METADATA, DEFAULT_UPDATED_METADATA, fileName } from '../options.js';
import { readMetadata } from '../prepare/read-metadata.js';
import { readStatusJson } from '../runs/read-status.js';

export interface Documents {
  /** The name of the document that is checked. */
  file: string;
  /** The document, or why it can't be one. */
  checked: GraphMetadata | RepartitionError;
  /** It is what an alignment reads, not what one has published. */
  isInput: boolean;
  /** What an alignment would read now, where that is another document: it, why it can't be one, or nothing. */
  input: GraphMetadata | RepartitionError | undefined;
  status: Status | undefined;
}

/**
 * Reads them all.
 * @throws RepartitionError `not-found` when there is nothing to check; `access`, `storage`
 */
export async function readDocuments(storage: Storage, options: VerifyOptions): Promise<Documents> {
  const { signal } = options;
  const inputFile = fileName('inputMetadataFileName', options.inputMetadataFileName ?? DEFAULT_METADATA);
  const asked =
    options.metadataFileName === undefined
      ? undefined
      : fileName('metadataFileName', options.metadataFileName);
  const file = asked ?? (await usualFile(storage, inputFile, { signal }));
  const checked = await readOrWhy(storage, file, { signal });
  if (!checked) throw nothingToCheck(storage, file, asked === undefined);
  const isInput = file === inputFile;
  return {
    file,
    checked,
    isInput,
    input: isInput ? undefined : await readOrWhy(storage, inputFile, { signal }),
    // Whatever is wrong with it, the graph may be ready.
    status: ((await readStatusJson(storage, { signal })) ?? undefined) as Status | undefined,
  };
}

/** The name of the document that was published, or of the one before an alignment where nothing was. */
export async function usualFile(storage: Storage, inputFile: string, options: CallOptions): Promise<string> {
  const published = await storage.stat(DEFAULT_UPDATED_METADATA, options);
  if (published) return DEFAULT_UPDATED_METADATA;
  return (await storage.stat(inputFile, options)) ? inputFile : DEFAULT_UPDATED_METADATA;
}

function nothingToCheck(storage: Storage, file: string, isUsual: boolean): RepartitionError {
  const what = isUsual ? `neither ${file} nor ${DEFAULT_METADATA}` : `no ${file}`;
  return new RepartitionError('not-found', `${what} under ${storage.describe('')}`, {
    hint: 'Give the prefix that gs-processing wrote to, or the name with `metadataFileName`.',
    operation: 'read',
    path: storage.describe(file),
  });
}

/** What keeps us from looking is thrown, what is wrong with the document is returned. */
async function readOrWhy(
  storage: Storage,
  file: string,
  options: CallOptions,
): Promise<GraphMetadata | RepartitionError | undefined> {
  try {
    return (await readMetadata(storage, file, 'metadataFileName', options)).metadata;
  } catch (error) {
    if (!(error instanceof RepartitionError)) throw error;
    if (error.code === 'not-found') return undefined;
    if (error.code === 'metadata') return error;
    throw error;
  }
}
