/** Names of new parts: the same inputs give the same names, so a run finds what an earlier one finished. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { FooterKeys, Layout, PartFacts } from './model.js';

/** Raise it when the same inputs would give other bytes: old outputs are then no longer taken for finished. */
const ENGINE_VERSION = 1;

/**
 * The folder for a data set's new parts: a sibling of its first part's folder, named by all that goes into them.
 * @param keys of each new part, in order
 */
export function outputFolder(
  parts: readonly PartFacts[],
  layout: Layout,
  keys: readonly FooterKeys[],
): string {
  const identity = {
    engine: ENGINE_VERSION,
    parts: parts.map(({ path, size, version }) => [path, size, version]),
    layout,
    keys,
  };
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 8);
  const folder = posix.dirname(posix.dirname(parts[0]?.path ?? ''));
  const name = `parquet-repartitioned-${hash}`;
  return folder === '.' ? name : `${folder}/${name}`;
}

/** `part-<index><rest of the first part's name>`; a name that isn't `part-<number>…` keeps only its ending. */
export function outputName(firstPart: string, index: number): string {
  const name = posix.basename(firstPart);
  const rest = /^part-\d+(.*)$/s.exec(name)?.[1] ?? posix.extname(name);
  return `part-${String(index).padStart(5, '0')}${rest}`;
}
