/** Completion for zsh: https://zsh.sourceforge.io/Doc/Release/Completion-System.html */
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

export function zshScript(commands: readonly CommandWords[]): string {
  const first = firstWords(commands);
  const groups = [...secondWords(commands)];
  return `#compdef gs-repartition
# Completion of gs-repartition for zsh, made by: gs-repartition completion zsh
_gs_repartition() {
  local command='' previous="\${words[CURRENT-1]}" i
  local -a choices
  for ((i = 2; i < CURRENT; i++)); do
    case "\${words[i-1]}" in ${valueFlags(commands).join('|')}) continue;; esac
    case "$command \${words[i]}" in
${commandCases(commands, '${words[i]}')}
    esac
  done
  case "$command $previous" in
${valueCases(commands, replyOf)}
  esac
  case "$command" in
${commands.map(choicesCase(first)).join('\n')}
${groups.map(([name, words]) => `    ${quoted(name)}) choices=(${words.map(choice).join(' ')});;`).join('\n')}
  esac
  _describe gs-repartition choices
}
if [ "$funcstack[1]" = _gs_repartition ]; then _gs_repartition "$@"; else compdef _gs_repartition gs-repartition; fi
`;
}

function replyOf(value: OptionWords['value']): string {
  if (value === 'any' || value === 'none') return '';
  if (value === 'folder') return '_files -/;';
  if (value === 'file') return '_files;';
  return `compadd -- ${value.map(quoted).join(' ')};`;
}

function choicesCase(
  first: readonly { word: string; describe: string }[],
): (command: CommandWords) => string {
  return ({ name, options }) => {
    const flags = options.map(({ flag, describe }) => ({ word: flag, describe }));
    return `    ${quoted(name)}) choices=(${(name === '' ? [...first, ...flags] : flags).map(choice).join(' ')});;`;
  };
}

/** What follows the first colon is the description. */
function choice({ word, describe }: { word: string; describe: string }): string {
  return quoted(`${word.replaceAll(':', '\\:')}:${describe}`);
}
