/** Which tables a configuration names, and whether they are there: a job finds out much later. Pure. */

/**
 * The files and folders that a GConstruct or GSProcessing configuration names, in its order and each once. Both write
 * them as `files`, a name or a list of names; a split of one's own as `custom_split_filenames`.
 * https://graphstorm.readthedocs.io/en/latest/cli/graph-construction/distributed/gsprocessing/input-configuration.html
 */
export function tablesOf(configuration: unknown): string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (key === 'files') for (const name of names(item)) found.add(name);
        else if (key === 'custom_split_filenames') {
          const { train, valid, test } = (item ?? {}) as Record<string, unknown>;
          for (const name of [train, valid, test].flatMap(names)) found.add(name);
        } else visit(item);
      }
    }
  };
  visit(configuration);
  return [...found];
}

function names(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((one) => typeof one === 'string').filter((one) => one !== '');
}

/**
 * The tables that no path is: neither the table itself, nor in a folder of its name, nor what its wildcards stand for.
 * Addresses of other places are not looked for.
 * @param paths relative to the input prefix
 */
export function missingTables(tables: readonly string[], paths: ReadonlySet<string>): string[] {
  return tables.filter((table) => {
    if (/^[a-z][a-z0-9+.-]*:|^\//i.test(table)) return false;
    const name = table.replace(/^(\.\/+)+/, '').replace(/\/+$/, '');
    if (paths.has(name)) return false;
    const pattern = new RegExp(`^${name.split('').map(patternOf).join('')}(/|$)`);
    return ![...paths].some((path) => pattern.test(path));
  });
}

function patternOf(character: string): string {
  if (character === '*') return '[^/]*';
  return character === '?' ? '[^/]' : character.replace(/[\\^$.|+()[\]{}]/, '\\$&');
}
