/** From words to a command and its values, with yargs. */
import { existsSync } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { type LongOption, longOptions, plainWords, writtenOut } from './abbreviations.js';
import { type Command, optionsOf } from './command.js';
import { ENVIRONMENT, EXIT_CODES, optionGroups } from './help.js';
import { adviceForDashes, adviceForOption, adviceForWord, looksLikePath } from './mistakes.js';
import { graphCommands, groups, lateCommands, mainCommand } from './commands/index.js';
import { fromEnvironment, type Source, usage, yargsOptions } from './options.js';
import { suggest } from './suggest.js';
import { version } from './version.js';

export type Parsed =
  | { kind: 'run'; command: Command; values: Readonly<Record<string, unknown>> }
  /** `--help` or `--version`. */
  | { kind: 'text'; text: string };

const EPILOGUE = [
  ENVIRONMENT,
  '',
  'Exit codes:',
  ...EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(3)}  ${meaning}`),
].join('\n');

/** Of help that goes to no terminal, and the least that it is drawn for. */
const [HELP_WIDTH, NARROWEST_HELP] = [100, 40];

/** Missing in the published types. */
type UsageConfigurable = Argv & { usageConfiguration(settings: { 'hide-types': boolean }): Argv };

/**
 * Finds out what a command line asks for.
 * @param columns the width of the terminal that help is for, if there is one
 * @throws RepartitionError `usage`
 */
export async function parse(given: Source, columns: number | undefined): Promise<Parsed> {
  const members = new Map<string, readonly Command[]>();
  // Also when the word is an option's value: loading what nobody runs does no harm.
  const isTyped = ({ name }: { name: string }): boolean => given.argv.includes(name);
  for (const { name, load } of groups.filter(isTyped)) members.set(name, await load());
  const typed = await Promise.all(lateCommands.filter(isTyped).map(({ load }) => load()));
  const known = [mainCommand, ...typed, ...[...members.values()].flat()];
  const source = { ...given, argv: spelledOut(given.argv, known) };
  let selected: Parsed | undefined;
  let active: Command | undefined;
  const root = yargs([...source.argv]);
  (root as UsageConfigurable).usageConfiguration({ 'hide-types': true });
  root
    .scriptName('gs-repartition')
    .usage(`$0 ${mainCommand.usage}`)
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
    })
    .wrap(Math.max(columns ?? HELP_WIDTH, NARROWEST_HELP))
    .help('help', 'Show this help')
    .alias('help', 'h')
    .version('version', 'Show the version', version)
    .epilogue(EPILOGUE)
    .exitProcess(false)
    .fail((message, error: unknown) => {
      if (active?.argument && message.startsWith('Not enough non-option arguments'))
        throw needsArgument(active);
      if (error instanceof Error && error.name !== 'YError') throw error;
      const sentence = asSentence(message);
      // What is wrong with a value says itself what would be right.
      const isAboutValues = !/ (?:required|needs a value)$/.test(sentence);
      throw usage(sentence, isAboutValues ? undefined : seeHelp(active ?? mainCommand));
    })
    // Before yargs looks for missing options: a mistyped one is the better explanation.
    .middleware((argv) => (active ? requireKnownWords(argv, active, source) : undefined), true);
  const add = (parent: Argv, name: string, command: Command): void => {
    parent.command(
      withArgument(name, command),
      command.describe,
      (builder) => {
        active = command;
        return withOptions(builder, command, source);
      },
      (values) => {
        selected = { kind: 'run', command, values };
      },
    );
  };
  add(root, mainCommand.name, mainCommand);
  for (const late of lateCommands) {
    const command = typed.find(({ name }) => name === late.name);
    if (command) add(root, command.name, command);
    else root.command(withArgument(late.name, late), late.describe);
  }
  for (const { name: group, words } of groups) {
    root.command(
      group,
      `${words.join(', ')}: see gs-repartition ${group} --help`,
      (builder) => {
        builder.usage(`$0 ${group} <command> [options]`);
        for (const command of members.get(group) ?? [])
          add(builder, command.name.slice(group.length + 1), command);
        return builder;
      },
      // Reached when no command of the group was meant.
      ({ _: [, word] }) => {
        if (word === undefined) throw usage(`which command of ${group}?`, thereAre(words));
        const meant = suggest(String(word), words);
        throw usage(
          `unknown command ${group} ${word}`,
          meant === undefined ? thereAre(words) : `Did you mean ${group} ${meant}?`,
        );
      },
    );
  }
  let text = '';
  await root.parseAsync([...source.argv], {}, (_error, _argv, output) => {
    text = output;
  });
  if (text !== '') return { kind: 'text', text };
  if (!selected) throw usage('no command', 'See gs-repartition --help.');
  return selected;
}

/** With the options of the command that the words name; which one that is shows when they are written out. */
function spelledOut(argv: readonly string[], known: readonly Command[]): string[] {
  const all = known.flatMap(longOptions);
  const [first = '', second = ''] = plainWords(writtenOutLeniently(argv, all), all);
  const named =
    known.find(({ name }) => name === `${first} ${second}`) ??
    known.find(({ name }) => name === first) ??
    mainCommand;
  return writtenOut(argv, longOptions(named));
}

/** What is ambiguous among the options of all commands need not be so for the one that is meant. */
function writtenOutLeniently(argv: readonly string[], options: readonly LongOption[]): string[] {
  return argv.map((word) => {
    try {
      return writtenOut([word], options)[0]!;
    } catch {
      return word;
    }
  });
}

/** `inspect <path>` */
function withArgument(name: string, { argument }: Pick<Command, 'argument'>): string {
  return argument ? `${name} <${argument.name}>` : name;
}

function withOptions(builder: Argv, command: Command, source: Source): Argv {
  const options = optionsOf(command);
  builder.options(yargsOptions(options, source)).config(fromEnvironment(options, source));
  for (const [title, names] of optionGroups(options)) builder.group(names, `${title}:`);
  // yargs itself writes the name and the description of the command without a name.
  if (command.name !== '$0') builder.usage(`$0 ${command.name} ${command.usage}\n\n${command.describe}`);
  const { argument } = command;
  if (argument) builder.positional(argument.name, { describe: argument.describe, type: 'string' });
  for (const [line, meaning] of command.examples) builder.example(line, meaning);
  return builder;
}

/**
 * yargs' own strict mode would do, but for its wording and its order.
 * @returns a promise only where something is wrong: yargs waits for it
 */
function requireKnownWords(
  argv: { _: (string | number)[]; '--'?: string[] },
  command: Command,
  source: Source,
): Promise<never> | undefined {
  const options = optionsOf(command);
  const known = [
    ...Object.entries(options).flatMap(([name, { alias }]) => (alias === undefined ? [name] : [name, alias])),
    ...(command.argument ? [command.argument.name] : []),
    'help',
    'version',
  ];
  const accepted = new Set([...known, 'h', '_', '$0', '--']);
  const unknown = Object.keys(argv).find((name) => !accepted.has(name));
  if (unknown !== undefined) {
    const typed = asTyped(unknown, source.argv);
    return refuseOption(typed, command, known);
  }
  const ownWords = command.name === '$0' ? 0 : command.name.split(' ').length;
  const extra = argv._[ownWords] ?? (command.passesOn ? undefined : argv['--']?.[0]);
  if (extra !== undefined)
    throw unexpectedWord(
      String(extra),
      command,
      (argv as Record<string, unknown>)['input-prefix'] !== undefined,
    );
  return undefined;
}

async function refuseOption(typed: string, command: Command, known: readonly string[]): Promise<never> {
  throw usage(`unknown option ${typed}`, await adviceFor(typed.replace(/^-+/, ''), command, known));
}

/** What to do about an option that the command does not have. */
async function adviceFor(typed: string, command: Command, known: readonly string[]): Promise<string> {
  const advice = adviceForOption(typed, known);
  if (advice !== undefined) return advice;
  const meant = suggest(typed, known);
  if (meant !== undefined) return `Did you mean --${meant}?`;
  const others = await Promise.all(graphCommands.map(({ load }) => load()));
  const owners = [mainCommand, ...others].filter(({ options }) => Object.hasOwn(options, typed)).map(titleOf);
  return owners.length === 0
    ? seeHelp(command)
    : `${owners.join(' and ')} ${owners.length === 1 ? 'has' : 'have'} it.`;
}

/** `gs-repartition verify` */
function titleOf({ name }: Command): string {
  return name === '$0' ? 'gs-repartition' : `gs-repartition ${name}`;
}

function needsArgument({ name, argument }: Command): Error {
  return usage(
    `${name} needs a ${argument?.name ?? 'word'}`,
    `Give one: gs-repartition ${name} <${argument?.name ?? ''}>.`,
  );
}

function unexpectedWord(word: string, command: Command, hasPrefix: boolean): Error {
  const names = [...lateCommands, ...groups].map(({ name }) => name);
  const advice = adviceForDashes(word) ?? (command.name === '$0' ? adviceForWord(word, groups) : undefined);
  if (advice !== undefined) return usage(`unexpected argument ${JSON.stringify(word)}`, advice);
  const meant = command.name === '$0' ? suggest(word, names) : undefined;
  if (meant !== undefined) return usage(`unknown command ${word}`, `Did you mean ${meant}?`);
  if (!hasPrefix && 'input-prefix' in command.options && (looksLikePath(word) || existsSync(word))) {
    return usage(`unexpected argument ${JSON.stringify(word)}`, `Did you mean --input-prefix ${word}?`);
  }
  return usage(`unexpected argument ${JSON.stringify(word)}`, everyOption(command));
}

function everyOption(command: Command): string {
  return `Every option takes one value; ${seeHelp(command).toLowerCase()}`;
}

/** The word with which a key came in: yargs takes `-json` apart into letters. */
function asTyped(key: string, argv: readonly string[]): string {
  const isItsWord = (word: string): boolean =>
    key.length === 1 ? /^-[^-]/.test(word) && word.includes(key) : word.replace(/=.*/s, '') === `--${key}`;
  const word = argv.find(isItsWord)?.replace(/=.*/s, '');
  return word ?? (key.length === 1 ? `-${key}` : `--${key}`);
}

/** `--role and --image-uri are required` */
function required(names: readonly string[]): string {
  const options = names.map((name) => `--${name}`);
  const last = options.pop()!;
  return options.length === 0 ? `${last} is required` : `${options.join(', ')} and ${last} are required`;
}

function thereAre(words: readonly string[]): string {
  return `There ${words.length === 1 ? 'is' : 'are'} ${words.join(', ')}.`;
}

function seeHelp({ name }: Command): string {
  return `See gs-repartition ${name === '$0' ? '' : `${name} `}--help.`;
}

/** yargs speaks in headings, here and there on several lines. */
function asSentence(message: string | null): string {
  const words = (message ?? 'the command line cannot be understood').replace(/\s+/g, ' ').trim();
  const missing = /^Missing required arguments?: (.*)$/.exec(words)?.[1];
  if (missing !== undefined) return required(missing.split(', '));
  const bare = /^Not enough arguments following: (.*)$/.exec(words)?.[1];
  if (bare !== undefined) return `--${bare} needs a value`;
  return words.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase());
}
