/**
 * Which folders of made parts the documents under a prefix name. Not by understanding them: also one that is broken, or
 * in a format that is none of ours, keeps what it names. A folder's name is a hash of what was made there, so that it is
 * enough to find that name anywhere in the text.
 */
import type { AgedStat, CallOptions, Storage } from '../../storage/storage.js';

/** Read at a time. */
const BLOCK_BYTES = 1024 * 1024;
/** Of the block before, looked at again: more than a name takes, each letter escaped. */
const OVERLAP = 256;
/** Larger files are read only if they are JSON: others may be data of any size. */
const MOST_OTHER_BYTES = 64 * 1024 * 1024;

const FOLDER_NAME = /parquet-repartitioned-[0-9a-f]{8}/g;

/** The names that stand in a file, for each place once. */
export async function* foldersNamedIn(
  storage: Storage,
  { path, size, version }: AgedStat,
  options: CallOptions,
): AsyncGenerator<string> {
  let before = '';
  let seen = size <= MOST_OTHER_BYTES;
  for (let start = 0; start < size; start += BLOCK_BYTES) {
    const end = Math.min(size, start + BLOCK_BYTES);
    // A byte a letter: names are ASCII, and what is beside them does not matter.
    const block = Buffer.from(await storage.read(path, start, end, { ...options, version })).toString(
      'latin1',
    );
    if (start === 0 && block.startsWith('PAR1')) return;
    if (!seen) {
      const first = /[^\s\xef\xbb\xbf]/.exec(block)?.[0];
      if (first !== undefined && first !== '{') return;
      seen = first === '{';
    }
    const text = before + block;
    for (const [name] of unescaped(text).matchAll(FOLDER_NAME)) yield name;
    before = text.slice(-OVERLAP);
  }
}

/** JSON may write any letter as an escape. */
function unescaped(text: string): string {
  return text.includes('\\u00')
    ? text.replace(/\\u00([0-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    : text;
}
