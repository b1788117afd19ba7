/** Where new parts may lie: never outside the prefix, wherever a symbolic link on the way to the old ones leads. */
import type { CallOptions, Storage } from '../../storage/storage.js';
import type { CountedGroup } from '../model.js';
import { siblingsFolder } from './output-paths.js';

/** Gives those data sets a home whose new parts can't lie beside the old ones. */
export async function findHomes(
  storage: Storage,
  groups: readonly CountedGroup[],
  options: CallOptions,
): Promise<void> {
  if (!storage.home) return;
  for (const dataSet of groups.flatMap(({ dataSets }) => dataSets)) {
    const usual = siblingsFolder(dataSet.parts[0]?.path ?? '');
    const home = await storage.home(usual, options);
    if (home !== usual) dataSet.home = home;
  }
}
