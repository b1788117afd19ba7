/** The lists of parts, before any is read. */
import { RepartitionError } from '../../errors.js';
import type { AlignmentGroup } from '../../metadata/index.js';
import { dataSetName } from '../data-set-name.js';

/**
 * A part that is listed twice has its rows twice, and takes the place of another.
 * @throws RepartitionError `metadata` naming the first one
 */
export function requireEachPartOnce(groups: readonly AlignmentGroup[]): void {
  for (const dataSet of groups.flatMap(({ dataSets }) => dataSets)) {
    const twice = partsListedTwice(dataSet.parts)[0];
    if (twice === undefined) continue;
    const owner = dataSetName(dataSet);
    throw new RepartitionError('metadata', `${owner} lists ${twice} twice`, {
      hint: 'Restore the file that gs-processing wrote, or run gs-processing again.',
      dataSet: owner,
      part: twice,
    });
  }
}

/** Paths that stand in a list more than once. */
export function partsListedTwice(parts: readonly string[]): string[] {
  // Nearly always there are none, and a set of a million paths takes 50 MB.
  if (goUp(parts) || new Set(parts).size === parts.length) return [];
  const seen = new Set<string>();
  return parts.filter((path) => seen.has(path) || !seen.add(path));
}

/** Whether each is longer than the one before, or comes after it in the alphabet: as numbers in names do. */
function goUp(paths: readonly string[]): boolean {
  return paths.every((path, i) => {
    const before = i === 0 ? '' : paths[i - 1]!;
    return path.length > before.length || (path.length === before.length && path > before);
  });
}
