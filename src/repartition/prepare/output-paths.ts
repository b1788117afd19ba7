/** Names of new parts: the same inputs give the same names, so a run finds what an earlier one finished. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { ENGINE_VERSION } from '../../parquet/engine-version.js';
import { folderOf } from '../../storage/folder-of.js';
import type { FooterKeys, Layout, PartFacts } from '../model.js';

/** What goes into a data set's new parts. */
export interface OutputIdentity {
  parts: readonly Pick<PartFacts, 'path' | 'size' | 'version' | 'tail'>[];
  layout: Layout;
  /** Footer keys to set, by index of the new part; those without are left out. */
  keys: ReadonlyMap<number, FooterKeys>;
  /** As in `CountedDataSet`; not part of what the parts are. */
  home?: string | undefined;
}

/**
 * Paths of new parts by index: `<folder>/parquet-repartitioned-<8 hex>/part-<index><rest of the first part's name>`.
 * The folder is a sibling of the first part's folder, unless it has another home.
 */
export function outputPaths(identity: OutputIdentity): (index: number) => string {
  const first = identity.parts[0]?.path ?? '';
  const parent = identity.home ?? siblingsFolder(first);
  const folder = `parquet-repartitioned-${identityHash(identity)}`;
  const start = `${parent === '' ? folder : `${parent}/${folder}`}/part-`;
  const rest = restOfName(posix.basename(first));
  return (index) => `${start}${String(index).padStart(5, '0')}${rest}`;
}

/** The folder in which a part's folder lies; `''` is the prefix. */
export function siblingsFolder(part: string): string {
  return folderOf(folderOf(part));
}

/** What follows `part-<number>`; of any other name, only the ending. */
function restOfName(name: string): string {
  return /^part-\d+(.*)$/s.exec(name)?.[1] ?? posix.extname(name);
}

function identityHash({ parts, layout, keys }: OutputIdentity): string {
  const hash = createHash('sha256');
  // Values are JSON, so that none of them holds a line break: what is hashed can be read in one way only.
  hash.update(`${JSON.stringify({ engine: ENGINE_VERSION, parts: parts.length, keys: keys.size })}\n`);
  for (const lines of inBlocks(parts, ({ path, size, version, tail }) => [path, size, version, tail]))
    hash.update(lines);
  for (const lines of inBlocks(keys, (entry) => entry)) hash.update(lines);
  return hash.update(layout.join()).digest('hex').slice(0, 8);
}

/** JSON lines, a thousand at a time: neither a call for each nor one string for all. */
function* inBlocks<T>(values: Iterable<T>, shown: (value: T) => unknown): Generator<string> {
  let lines: string[] = [];
  for (const value of values) {
    lines.push(`${JSON.stringify(shown(value))}\n`);
    if (lines.length < 1000) continue;
    yield lines.join('');
    lines = [];
  }
  yield lines.join('');
}
