/** Completion for bash: https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
import { quoted } from '../../quoted.js';
import {
  commandCases,
  type CommandWords,
  firstWords,
  type OptionWords,
  secondWords,
  valueCases,
  valueFlags,
} from './words.js';

export function bashScript(commands: readonly CommandWords[]): string {
  const first = firstWords(commands).map(({ word }) => word);
  const groups = [...secondWords(commands)];
  return `# Completion of gs-repartition for bash, made by: gs-repartition completion bash
_gs_repartition() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i-1]}" in ${valueFlags(commands).join('|')}) continue;; esac
    case "$command \${COMP_WORDS[i]}" in
${commandCases(commands, '${COMP_WORDS[i]}')}
    esac
  done
  COMPREPLY=()
  case "$command $previous" in
${valueCases(commands, replyOf)}
  esac
  local words=''
  case "$command" in
${commands.map(wordsCase(first)).join('\n')}
${groups.map(([name, words]) => `    ${quoted(name)}) words=${quoted(words.map(({ word }) => word).join(' '))};;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _gs_repartition gs-repartition
`;
}

function replyOf(value: OptionWords['value']): string {
  if (value === 'any' || value === 'none') return '';
  if (value === 'folder') return `compopt -o filenames; COMPREPLY=($(compgen -d -- "$current"));`;
  if (value === 'file') return `compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"));`;
  return `COMPREPLY=($(compgen -W ${quoted(value.join(' '))} -- "$current"));`;
}

function wordsCase(first: readonly string[]): (command: CommandWords) => string {
  return ({ name, options }) => {
    const flags = options.map(({ flag }) => flag);
    return `    ${quoted(name)}) words=${quoted((name === '' ? [...first, ...flags] : flags).join(' '))};;`;
  };
}
