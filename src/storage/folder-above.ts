/** The deepest folder of a graph, `edges/user:rates:movie/parquet`, lies so far below what it is a folder of. */
const FOLDERS_ABOVE = 4;

/**
 * The nearest folder above a prefix that holds what the prefix lacks: the prefix may be one of a graph's own folders.
 *
 * @param above the folders above, the nearest first
 * @param holds whether it is there; what may not be looked at is nothing to advise, so a failure is a no
 */
export async function folderAbove<Folder>(
  above: readonly Folder[],
  holds: (folder: Folder) => Promise<boolean>,
): Promise<Folder | undefined> {
  for (const folder of above.slice(0, FOLDERS_ABOVE)) {
    if (await holds(folder).catch(() => false)) return folder;
  }
  return undefined;
}
