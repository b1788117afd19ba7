/** What a shell can complete, as plain data: made from the commands themselves, and the same for all shells. */
import { quoted } from '../../quoted.js';
import { type Command, optionsOf } from '../command.js';
import type { Option } from '../options.js';

export interface CommandWords {
  /** `''` for the command without a name, `emr-serverless submit` for one of a group. */
  name: string;
  describe: string;
  options: OptionWords[];
}

export interface OptionWords {
  /** With its dashes. */
  flag: string;
  describe: string;
  /** What follows it: nothing, one of some words, something on the disk, or anything. */
  value: 'none' | readonly string[] | 'folder' | 'file' | 'any';
}

export function wordsOf(commands: readonly Command[]): CommandWords[] {
  return commands.map((command) => ({
    name: command.name === '$0' ? '' : command.name,
    describe: command.describe,
    options: [
      ...Object.entries(optionsOf(command)).map(([name, option]) => optionWords(name, option)),
      { flag: '--help', describe: 'Show this help', value: 'none' },
      { flag: '--version', describe: 'Show the version', value: 'none' },
    ],
  }));
}

function optionWords(name: string, { describe, parse, choices, completes }: Option<unknown>): OptionWords {
  const value = parse === undefined ? 'none' : (choices ?? completes ?? 'any');
  return { flag: `--${name}`, describe, value };
}

/** The words that begin a command, with what each means. */
export function firstWords(commands: readonly CommandWords[]): { word: string; describe: string }[] {
  const words = new Map<string, string>();
  for (const { name, describe } of commands) {
    const [first = '', second] = name.split(' ');
    if (first === '') continue;
    const known = words.get(first);
    if (second === undefined) words.set(first, describe);
    else words.set(first, known === undefined ? second : `${known}, ${second}`);
  }
  return [...words].map(([word, describe]) => ({ word, describe }));
}

/** By first word, the second ones. */
export function secondWords(
  commands: readonly CommandWords[],
): Map<string, { word: string; describe: string }[]> {
  const words = new Map<string, { word: string; describe: string }[]>();
  for (const { name, describe } of commands) {
    const [first = '', word] = name.split(' ');
    if (word !== undefined) words.set(first, [...(words.get(first) ?? []), { word, describe }]);
  }
  return words;
}

/** Flags after which a value comes, of all commands: that may look like a command. */
export function valueFlags(commands: readonly CommandWords[]): string[] {
  return [...new Set(commands.flatMap(({ options }) => options.filter(takesValue).map(({ flag }) => flag)))];
}

/**
 * The cases by which a shell goes from the command so far to that with one word more.
 * @param word what the shell calls that word, as it stands in its script
 */
export function commandCases(commands: readonly CommandWords[], word: string): string {
  const first = firstWords(commands).map((one) => `' ${one.word}'`);
  const second = [...secondWords(commands)].flatMap(([name, words]) =>
    words.map((one) => `'${name} ${one.word}'`),
  );
  return `      ${first.join('|')}) command="${word}";;
      ${second.join('|')}) command="$command ${word}";;`;
}

/** The cases, by command and flag, of what is completed as a value. @param reply what a shell does for each */
export function valueCases(
  commands: readonly CommandWords[],
  reply: (value: OptionWords['value']) => string,
): string {
  return commands
    .flatMap(({ name, options }) =>
      options
        .filter(takesValue)
        .map(({ flag, value }) => `    ${quoted(`${name} ${flag}`)}) ${reply(value)} return;;`),
    )
    .join('\n');
}

function takesValue({ value }: OptionWords): boolean {
  return value !== 'none';
}
