/** From words to a command and its values, with yargs. */
import yargs, { type Argv } from 'yargs';
import { type LongOption, plainWords, writtenOut } from './abbreviations.js';
import type { Command } from './command.js';
import { commands, groups, lateCommands } from './commands/index.js';
import { commonOptions } from './common-options.js';
import { fromEnvironment, type OptionSet, type Source, usage, yargsOptions } from './options.js';
import { suggest } from './suggest.js';
import { version } from './version.js';

export type Parsed =
  | { kind: 'run'; command: Command; values: Readonly<Record<string, unknown>> }
  /** `--help` or `--version`. */
  | { kind: 'text'; text: string };

const EPILOGUE = [
  'Every option can come from the environment, as GS_REPARTITION_INPUT_PREFIX and so on; the command line wins.',
  '',
  'Exit codes:',
  '  0    success; verify: the prefix is ready; status: the run succeeded',
  '  1    failure; verify: the prefix is not ready; status: failed, stale, or no run',
  '  2    usage error',
  '  3    emr-serverless: the job succeeded, but its output is not aligned (--fallback none)',
  '  4    emr-serverless, sagemaker, partition: the job failed or was cancelled',
  '  5    verify: whether the prefix is ready could not be told (no metadata, no access, a disk that fails)',
  '  6    status: a run is at work',
  '  130  interrupted (the same command resumes)',
].join('\n');

const HELP_WIDTH = 100;

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
  const late = await Promise.all(lateCommands.filter(isTyped).map(({ load }) => load()));
  const known = [...commands, ...late, ...[...members.values()].flat()];
  const source = { ...given, argv: spelledOut(given.argv, known) };
  let selected: Parsed | undefined;
  let active: Command | undefined;
  const root = yargs([...source.argv]);
  (root as UsageConfigurable).usageConfiguration({ 'hide-types': true });
  root
    .scriptName('gs-repartition')
    .usage(`$0 ${commands.find(({ name }) => name === '$0')?.usage ?? '<command>'}`)
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
    })
    .wrap(Math.min(columns ?? HELP_WIDTH, HELP_WIDTH))
    .help('help', 'Show this help')
    .alias('help', 'h')
    .version('version', 'Show the version', version)
    .epilogue(EPILOGUE)
    .exitProcess(false)
    .fail((message, error: unknown) => {
      if (active?.argument && message.startsWith('Not enough non-option arguments'))
        throw needsArgument(active);
      throw error instanceof Error && error.name !== 'YError' ? error : usage(asSentence(message));
    })
    // Before yargs looks for missing options: a mistyped one is the better explanation.
    .middleware((argv) => {
      if (active) requireKnownWords(argv, active, source);
    }, true);
  const add = (parent: Argv, name: string, command: Command): void => {
    parent.command(
      command.argument ? `${name} <${command.argument.name}>` : name,
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
  for (const command of [...commands, ...late]) add(root, command.name, command);
  for (const { name, describe } of lateCommands.filter((one) => !isTyped(one))) root.command(name, describe);
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
        if (word === undefined) throw usage(`which command of ${group}?`, `There are ${words.join(', ')}.`);
        const meant = suggest(String(word), words);
        throw usage(
          `unknown command ${group} ${word}`,
          meant === undefined ? `There are ${words.join(', ')}.` : `Did you mean ${group} ${meant}?`,
        );
      },
    );
  }
  let text = '';
  await root.parseAsync([...source.argv], {}, (_error, _argv, output) => {
    text = output;
  });
  if (text !== '') return { kind: 'text', text };
  if (!selected) throw usage('no command');
  return selected;
}

/** With the options of the command that the words name; which one that is shows when they are written out. */
function spelledOut(argv: readonly string[], known: readonly Command[]): string[] {
  const all = known.flatMap(longOptions);
  const [first = '', second = ''] = plainWords(writtenOutLeniently(argv, all), all);
  const named =
    known.find(({ name }) => name === `${first} ${second}`) ??
    known.find(({ name }) => name === first) ??
    known.find(({ name }) => name === '$0');
  return named ? writtenOut(argv, longOptions(named)) : [...argv];
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

function longOptions(command: Command): LongOption[] {
  const own = Object.entries(optionsOf(command)).flatMap(([name, { alias, parse: reads }]) =>
    [name, ...(alias === undefined ? [] : [alias])].map((one) => ({
      name: one,
      takesValue: reads !== undefined,
    })),
  );
  return [...own, { name: 'help', takesValue: false }, { name: 'version', takesValue: false }];
}

/** In the order of `--help`. A command may have its own words for a common option. */
function optionsOf({ options }: Command): OptionSet {
  return { ...options, ...commonOptions, ...options };
}

function withOptions(builder: Argv, command: Command, source: Source): Argv {
  const options = optionsOf(command);
  builder.options(yargsOptions(options, source)).config(fromEnvironment(options, source));
  // yargs itself writes the name and the description of the command without a name.
  if (command.name !== '$0') builder.usage(`$0 ${command.name} ${command.usage}\n\n${command.describe}`);
  const { argument } = command;
  if (argument) builder.positional(argument.name, { describe: argument.describe, type: 'string' });
  for (const [line, meaning] of command.examples) builder.example(line, meaning);
  return builder;
}

/** yargs' own strict mode would do, but for its wording and its order. */
function requireKnownWords(
  argv: { _: (string | number)[]; '--'?: string[] },
  command: Command,
  source: Source,
): void {
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
    const meant = suggest(typed.replace(/^-+/, ''), known);
    throw usage(
      `unknown option ${typed}`,
      meant === undefined ? seeHelp(command) : `Did you mean --${meant}?`,
    );
  }
  const ownWords = command.name === '$0' ? 0 : command.name.split(' ').length;
  const extra = argv._[ownWords] ?? (command.passesOn ? undefined : argv['--']?.[0]);
  if (extra !== undefined) throw unexpectedWord(String(extra), command);
}

function needsArgument({ name, argument }: Command): Error {
  return usage(
    `${name} needs a ${argument?.name ?? 'word'}`,
    `Give one: gs-repartition ${name} <${argument?.name ?? ''}>.`,
  );
}

function unexpectedWord(word: string, command: Command): Error {
  const names = [...commands, ...lateCommands, ...groups]
    .map(({ name }) => name)
    .filter((name) => name !== '$0');
  const meant = command.name === '$0' ? suggest(word, names) : undefined;
  if (meant !== undefined) return usage(`unknown command ${word}`, `Did you mean ${meant}?`);
  return usage(
    `unexpected argument ${JSON.stringify(word)}`,
    `Every option takes one value; ${seeHelp(command).toLowerCase()}`,
  );
}

/** The word with which a key came in: yargs takes `-json` apart into letters. */
function asTyped(key: string, argv: readonly string[]): string {
  const isItsWord = (word: string): boolean =>
    key.length === 1 ? /^-[^-]/.test(word) && word.includes(key) : word.replace(/=.*/s, '') === `--${key}`;
  const word = argv.find(isItsWord)?.replace(/=.*/s, '');
  return word ?? (key.length === 1 ? `-${key}` : `--${key}`);
}

function seeHelp({ name }: Command): string {
  return `See gs-repartition ${name === '$0' ? '' : `${name} `}--help.`;
}

/** yargs speaks in headings, here and there on several lines. */
function asSentence(message: string | null): string {
  const words = (message ?? 'the command line cannot be understood').replace(/\s+/g, ' ').trim();
  const missing = /^Missing required arguments?: (.*)$/.exec(words)?.[1];
  if (missing !== undefined) return `--${missing.replaceAll(', ', ' and --')} is required`;
  const bare = /^Not enough arguments following: (.*)$/.exec(words)?.[1];
  if (bare !== undefined) return `--${bare} needs a value`;
  return words.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase());
}
