/** Completion for fish: https://fishshell.com/docs/current/completions.html */
import { type CommandWords, firstWords, type OptionWords, secondWords, valueFlags } from './words.js';

export function fishScript(commands: readonly CommandWords[]): string {
  const lines = [
    ...firstWords(commands).map(({ word, describe }) => line('', `-a ${word}`, describe)),
    ...[...secondWords(commands)].flatMap(([name, words]) =>
      words.map(({ word, describe }) => line(name, `-a ${word}`, describe)),
    ),
    ...commands.flatMap(({ name, options }) =>
      options.map((option) => line(name, flagOf(option), option.describe)),
    ),
  ];
  return `# Completion of gs-repartition for fish, made by: gs-repartition completion fish
function __gs_repartition_is
  set -l words (commandline -opc)
  set -e words[1]
  set -l command
  set -l isvalue 0
  for word in $words
    if test $isvalue = 1
      set isvalue 0
      continue
    end
    switch $word
      case ${valueFlags(commands).join(' ')}
        set isvalue 1
      case '-*'
      case '*'
        set -a command $word
    end
  end
  test "$command" = "$argv[1]"
end
complete -c gs-repartition -f
${lines.join('\n')}
`;
}

function flagOf({ flag, value }: OptionWords): string {
  const name = `-l ${flag.slice(2)}`;
  if (value === 'none') return name;
  if (value === 'any') return `${name} -x`;
  if (value === 'folder') return `${name} -x -a '(__fish_complete_directories)'`;
  if (value === 'file') return `${name} -r -F`;
  return `${name} -x -a ${quoted(value.join(' '))}`;
}

/** @param command for which it is, `''` where none was named */
function line(command: string, what: string, describe: string): string {
  return `complete -c gs-repartition -n ${quoted(`__gs_repartition_is ${quoted(command)}`)} ${what} -d ${quoted(describe)}`;
}

/** In fish a backslash hides a quote, also between quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
