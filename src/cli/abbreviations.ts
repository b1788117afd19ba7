/**
 * Options as Python's argparse takes them, for scripts that were written for GraphStorm's own command: a long option may be
 * cut short as long as no other begins so, and underscores stand for dashes.
 * Source: https://docs.python.org/3/library/argparse.html#allow-abbrev
 */
import { type Command, optionsOf } from './command.js';
import { usage } from './options.js';

/** What GraphStorm's own command has: a script that was written for it means these when it cuts them short. */
const OF_THE_REFERENCE = new Set([
  'input-prefix',
  'input-metadata-file-name',
  'updated-metadata-file-name',
  'streaming-repartitioning',
  'log-level',
]);

/** What is known of an option here. */
export interface LongOption {
  name: string;
  /** Takes the next word, unless its own has `=`. */
  takesValue: boolean;
}

/** All that a command takes. */
export function longOptions(command: Pick<Command, 'options'>): LongOption[] {
  const own = Object.entries(optionsOf(command)).flatMap(([name, { alias, parse: reads }]) =>
    [name, ...(alias === undefined ? [] : [alias])].map((one) => ({
      name: one,
      takesValue: reads !== undefined,
    })),
  );
  return [...own, { name: 'help', takesValue: false }, { name: 'version', takesValue: false }];
}

/** The words with every long option written out. What is no option, or an unknown one, stays as it is. */
export function writtenOut(argv: readonly string[], options: readonly LongOption[]): string[] {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return [...words.map((word) => writtenOutWord(word, options)), ...(end < 0 ? [] : argv.slice(end))];
}

/** @throws RepartitionError `usage` when several options begin so */
function writtenOutWord(word: string, options: readonly LongOption[]): string {
  const [, typed, rest = ''] = /^--([^=]+)(=.*)?$/s.exec(word) ?? [];
  if (typed === undefined) return word;
  const name = typed.replaceAll('_', '-');
  if (options.some((option) => option.name === name)) return `--${name}${rest}`;
  const begun = options.filter((option) => option.name.startsWith(name)).map((option) => option.name);
  const older = begun.filter((one) => OF_THE_REFERENCE.has(one));
  const meant = older.length > 0 ? older : begun;
  if (meant.length > 1) {
    throw usage(`--${typed} may be ${meant.map((one) => `--${one}`).join(' or ')}`, 'Write more of it.');
  }
  return meant.length === 1 ? `--${meant[0]!}${rest}` : word;
}

/** The words that are neither options nor their values. */
export function plainWords(argv: readonly string[], options: readonly LongOption[]): string[] {
  const plain: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '--') break;
    if (!word.startsWith('-')) plain.push(word);
    else if (options.some(({ name, takesValue }) => takesValue && word === `--${name}`)) i++;
  }
  return plain;
}
