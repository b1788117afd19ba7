/** Metadata that are not where they were looked for: what is there, and where they may be. */
import { RepartitionError } from '../../errors.js';
import type { CallOptions, Storage, Surroundings } from '../../storage/storage.js';
import { DEFAULT_METADATA } from '../options.js';

/** Names that an error can hold. */
const MOST_NAMES = 3;

/**
 * @param file that is not under the prefix
 * @param what is missing, when that is more than `no <file>`
 * @param option the one that names the file
 */
export async function notFound(
  storage: Storage,
  file: string,
  { option, what = `no ${file}` }: { option: string; what?: string },
  options: CallOptions,
): Promise<RepartitionError> {
  const prefix = storage.describe('');
  // What goes wrong here is not what somebody has to know.
  const around = await storage.surroundings?.(file, options).catch(() => undefined);
  const usual = await otherName(storage, file, options);
  const [message, hint] = explained(prefix, file, around) ?? [
    `${what} under ${prefix}`,
    usual === undefined
      ? `Give the prefix that gs-processing wrote to, or the name with \`${option}\`.`
      : `There is ${usual}: give that with \`${option}\`.`,
  ];
  return new RepartitionError('not-found', message, {
    hint,
    operation: 'read',
    path: storage.describe(file),
  });
}

/** Metadata that are there under their usual name. */
async function otherName(storage: Storage, file: string, options: CallOptions): Promise<string | undefined> {
  if (file === DEFAULT_METADATA) return undefined;
  const there = await storage.stat(DEFAULT_METADATA, options).catch(() => undefined);
  return there && DEFAULT_METADATA;
}

/** A message and a hint, where there is more to say than that it is missing. */
function explained(
  prefix: string,
  file: string,
  around: Surroundings | undefined,
): [string, string] | undefined {
  if (around?.prefix === 'nothing') {
    const [kind, advice] = prefix.includes('://')
      ? [
          'nothing under',
          'Check the bucket and the prefix: capitals matter, and a slash at the end does not.',
        ]
      : ['no folder', adviceForPath(prefix)];
    return [`there is ${kind} ${prefix}`, advice];
  }
  if (around?.prefix === 'file') {
    const folder = prefix.slice(0, prefix.lastIndexOf('/'));
    return [`${prefix} is a file, not a folder`, `Give the folder that it lies in: ${folder || '/'}`];
  }
  if (around?.above !== undefined) {
    return [
      `no ${file} under ${prefix}, but there is above it`,
      `Give that folder as \`inputPrefix\`: ${around.above}`,
    ];
  }
  if (!around || around.below.length === 0) return undefined;
  const named = around.below.slice(0, MOST_NAMES).map((name) => `${prefix.replace(/\/$/, '')}/${name}`);
  const more = around.below.length - named.length;
  return [
    `no ${file} under ${prefix}, but there is in folders below it`,
    `Give one of them as \`inputPrefix\`: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  ];
}

function adviceForPath(path: string): string {
  if (process.platform !== 'win32' && /(?:^|\/)(?:[a-z]:[\\/]|\\\\)/i.test(path)) {
    return 'That is a path of Windows, and this is another system: give the one that the folder has here, such as /mnt/c/graph.';
  }
  if (/(?:^|\/)~/.test(path)) return 'No shell has put the home folder in the place of "~": write it out.';
  if (path !== path.trimEnd()) return 'Its name ends with a space or a line break: leave that out.';
  if (/[*?]/.test(path)) return 'No shell has found anything for the pattern: give the name of one folder.';
  if (/(?:^|\/)["'“”‘„«]|["'”’»]$/.test(path)) {
    return 'Its quotation marks are taken for letters of the name: leave them out.';
  }
  const variable = /\$(?:\w+|\{\w+\})/.exec(path);
  if (variable) return `No shell has put a value in the place of "${variable[0]}": write it out.`;
  return 'Check the path, and give the folder that gs-processing wrote to.';
}

/** @throws RepartitionError `not-found` where there is no such prefix at all */
export async function requirePrefix(storage: Storage, file: string, options: CallOptions): Promise<void> {
  const around = await storage.surroundings?.(file, options);
  if (around && around.prefix !== 'folder')
    throw await notFound(storage, file, { option: 'inputPrefix' }, options);
}
