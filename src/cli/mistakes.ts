/** Words that people type and that are no options or commands here: what to type instead. */

/** By what was typed, without dashes: a sentence, or the option that is meant. */
const NO_OPTIONS: Readonly<Record<string, string>> = {
  'output-prefix':
    'There is no other output: new parts are made beside the old ones under --input-prefix, which stay as they are.',
  overwrite: 'Nothing is overwritten: new parts are made beside the old ones; --remake makes them again.',
  in: '--input-prefix',
  path: '--input-prefix',
  threads: '--concurrency',
  workers: '--concurrency',
  'num-workers': '--concurrency',
  'num-parts': '--num-output-files',
  'num-partitions': '--num-output-files',
  partitions: '--num-output-files',
  verbose: '--log-level DEBUG',
  debug: '--log-level DEBUG',
  v: '--log-level DEBUG',
  silent: '--quiet',
  q: '--quiet',
  n: '--dry-run',
  y: '--yes',
  V: '--version',
  'aws-profile': '--profile',
  'aws-region': '--region',
  'no-sign-request':
    'Requests are always signed: give credentials of any account, by --profile or the environment.',
};

/** Other names of the same. */
const SAME_AS: Readonly<Record<string, string>> = {
  o: 'output-prefix',
  out: 'output-prefix',
  output: 'output-prefix',
  'output-dir': 'output-prefix',
  'output-path': 'output-prefix',
  's3-output-prefix': 'output-prefix',
  f: 'overwrite',
  force: 'overwrite',
  i: 'in',
  input: 'in',
  'input-dir': 'in',
  'input-path': 'in',
  folder: 'in',
  prefix: 'in',
  j: 'threads',
  'num-threads': 'threads',
  jobs: 'threads',
};

/**
 * @param typed an option that does not exist, without dashes
 * @param known the options that the command has
 * @returns a sentence; undefined where nobody knows what is meant
 */
export function adviceForOption(typed: string, known: readonly string[]): string | undefined {
  if (typed === 'dry-run' && known.includes('yes')) return 'Without --yes nothing is changed.';
  const name = Object.hasOwn(SAME_AS, typed) ? SAME_AS[typed]! : typed;
  const advice = Object.hasOwn(NO_OPTIONS, name) ? NO_OPTIONS[name] : undefined;
  if (!advice?.startsWith('--')) return advice;
  const [, option = ''] = /^--(\S+)/.exec(advice) ?? [];
  return known.includes(option) ? `Did you mean ${advice}?` : undefined;
}

/**
 * @param word where a command is expected
 * @param groups those of the commands that need two words
 * @returns a sentence; undefined where nobody knows what is meant
 */
export function adviceForWord(
  word: string,
  groups: readonly { name: string; words: readonly string[] }[],
): string | undefined {
  if (/^(?:align|repartition|gs-repartition|start)$/.test(word)) {
    return 'The alignment has no word of its own: gs-repartition --input-prefix <folder or s3://bucket/prefix>';
  }
  if (word === 'version') return 'Did you mean --version?';
  if (word === 'help') return 'Help is an option: gs-repartition <command> --help.';
  const meant = groups.filter(({ words }) => words.includes(word)).map(({ name }) => `${name} ${word}`);
  return meant.length === 0 ? undefined : `Did you mean ${meant.join(' or ')}?`;
}

/** What documents and word processors make of two dashes. */
const LONG_DASHES = /^[‐-―−]+/;

/** @returns a sentence for an option whose dashes are none; undefined for any other word */
export function adviceForDashes(word: string): string | undefined {
  if (!LONG_DASHES.test(word)) return undefined;
  return `Its dash is not that of a keyboard: type ${word.replace(LONG_DASHES, '--')}.`;
}

/** Whether a word is a path or a URL rather than the name of anything here. */
export function looksLikePath(word: string): boolean {
  return /^(?:[./~]|[a-z][a-z0-9+.-]*:)/i.test(word) || word.includes('/') || word.includes('\\');
}
