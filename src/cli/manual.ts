/**
 * The manual page, from the same data as `--help`; `scripts/manual.mjs` writes it into the package. The language is that of
 * the man macros: https://man7.org/linux/man-pages/man7/groff_man.7.html
 */
import { type Command, optionsOf } from './command.js';
import { allCommands } from './commands/index.js';
import { ENVIRONMENT, EXIT_CODES, optionGroups } from './help.js';
import type { Option } from './options.js';
import { version } from './version.js';

const NAME = 'gs-repartition';

/** The page as text. */
export async function manualPage(): Promise<string> {
  const commands = await allCommands();
  const main = commands.find(({ name }) => name === '$0')!;
  const shared = optionGroups(optionsOf(main)).slice(1);
  return [
    `.TH ${escaped(NAME.toUpperCase())} 1 "" "${NAME} ${version}" "User Commands"`,
    '.SH NAME',
    escaped(`${NAME} - ${lowerFirst(main.describe)}`),
    '.SH SYNOPSIS',
    ...commands.flatMap((command, i) => [...(i > 0 ? ['.PP'] : []), `.B ${escaped(commandLine(command))}`]),
    '.SH DESCRIPTION',
    escaped(
      'Data sets of one node or edge type get the same number of rows in each of their Parquet parts, by copying whole ' +
        'pages. Inputs are never changed; the new metadata are written last, at once. The same command resumes a run ' +
        'that was broken off.',
    ),
    '.SH OPTIONS',
    ...ownOptions(main),
    ...shared.flatMap(([title, names]) => [
      `.SH ${escaped(title.toUpperCase())}`,
      ...optionLines(names.map((name) => [name, optionsOf(main)[name] ?? HELP[name]!])),
    ]),
    '.SH COMMANDS',
    ...commands.filter((command) => command !== main).flatMap(commandSection),
    '.SH ENVIRONMENT',
    escaped(ENVIRONMENT),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, escaped(meaning)]),
    '.SH EXAMPLES',
    ...commands
      .flatMap(({ examples }) => examples)
      .flatMap(([line, meaning], i) => [
        ...(i > 0 ? ['.PP'] : []),
        `${escaped(meaning)}:`,
        '.PP',
        '.nf',
        '.RS 4',
        escaped(line.replaceAll('$0', NAME)),
        '.RE',
        '.fi',
      ]),
    '',
  ].join('\n');
}

const HELP: Readonly<Record<string, Option<unknown>>> = {
  help: { describe: 'Show this help' },
  version: { describe: 'Show the version' },
};

function commandLine({ name, usage }: Command): string {
  return [NAME, name === '$0' ? '' : name, usage].filter((word) => word !== '').join(' ');
}

function commandSection(command: Command): string[] {
  return [`.SS ${escaped(`${NAME} ${command.name}`)}`, escaped(command.describe), ...ownOptions(command)];
}

/** But for those that stand in sections of their own. */
function ownOptions(command: Command): string[] {
  const options = optionsOf(command);
  const [[title, names] = ['', []]] = optionGroups(options);
  return title === 'Options' ? optionLines(names.map((name) => [name, options[name]!])) : [];
}

function optionLines(options: readonly (readonly [string, Option<unknown>])[]): string[] {
  return options.flatMap(([name, { describe, alias, parse, default: byDefault, required }]) => {
    const flags = [name, ...(alias === undefined ? [] : [alias])].map((one) => `--${one}`).join(', ');
    const notes = [
      ...(required ? ['required'] : []),
      ...(byDefault === undefined ? [] : [`default: ${byDefault}`]),
    ];
    return [
      '.TP',
      `.B ${escaped(`${flags}${parse === undefined ? '' : ' <value>'}`)}`,
      escaped(`${describe}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`),
    ];
  });
}

/** Dashes as they are typed, and nothing that begins a macro. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
