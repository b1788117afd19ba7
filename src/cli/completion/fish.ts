/** Completion for fish: https://fishshell.com/docs/current/completions.html */
import { type CommandWords, firstWords, type OptionWords, secondWords } from './words.js';

export function fishScript(commands: readonly CommandWords[]): string {
  const first = firstWords(commands);
  const names = first.map(({ word }) => word).join(' ');
  const lines = [
    '# Completion of gs-repartition for fish, made by: gs-repartition completion fish',
    'complete -c gs-repartition -f',
    ...first.map(({ word, describe }) =>
      line(`not __fish_seen_subcommand_from ${names}`, `-a ${word}`, describe),
    ),
    ...[...secondWords(commands)].flatMap(([name, words]) => {
      const taken = words.map(({ word }) => word).join(' ');
      const when = `__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${taken}`;
      return words.map(({ word, describe }) => line(when, `-a ${word}`, describe));
    }),
    ...commands.flatMap((command) =>
      command.options.map((option) => line(conditionOf(command, names), flagOf(option), option.describe)),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function conditionOf({ name }: CommandWords, names: string): string {
  if (name === '') return `not __fish_seen_subcommand_from ${names}`;
  return name
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
}

function flagOf({ flag, value }: OptionWords): string {
  const name = `-l ${flag.slice(2)}`;
  if (value === 'none') return name;
  if (value === 'any') return `${name} -x`;
  if (value === 'folder') return `${name} -x -a '(__fish_complete_directories)'`;
  if (value === 'file') return `${name} -r -F`;
  return `${name} -x -a ${quoted(value.join(' '))}`;
}

function line(when: string, what: string, describe: string): string {
  return `complete -c gs-repartition -n ${quoted(when)} ${what} -d ${quoted(describe)}`;
}

/** In fish a backslash hides a quote, also between quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
