/** What real shells complete, and what the programs that show manuals make of ours. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MAIN } from '../cli/processes.js';
import { repositoryRoot } from '../support/paths.js';
import { Terminal } from './tmux.js';

const home = mkdtempSync(join(tmpdir(), 'gs-repartition-shells-'));
const terminals: Terminal[] = [];
beforeAll(() => {
  mkdirSync(join(home, 'bin'));
  const command = `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`;
  writeFileSync(join(home, 'bin', 'gs-repartition'), command, { mode: 0o755 });
  mkdirSync(join(home, 'graphs', 'movies'), { recursive: true });
  writeFileSync(join(home, 'prices.json'), '{}');
  const init = '$(gs-repartition completion';
  writeFileSync(join(home, '.bashrc'), `PS1='$ '\neval "${init} bash)"\n`);
  writeFileSync(join(home, '.zshrc'), `PS1='$ '\nautoload -U compinit && compinit -u\neval "${init} zsh)"\n`);
  mkdirSync(join(home, '.config', 'fish', 'completions'), { recursive: true });
  writeFileSync(join(home, '.config', 'fish', 'config.fish'), "function fish_prompt; echo -n '$ '; end\n");
  const { stdout } = spawnSync(process.execPath, [MAIN, 'completion', 'fish'], { encoding: 'utf8' });
  writeFileSync(join(home, '.config', 'fish', 'completions', 'gs-repartition.fish'), stdout);
});
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.end();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A line in the making, and what TAB makes of it. */
const cases = [
  ['gs-repartition ver', 'gs-repartition verify'],
  ['gs-repartition verify --dee', 'gs-repartition verify --deep'],
  ['gs-repartition emr-serverless se', 'gs-repartition emr-serverless setup'],
  ['gs-repartition --target-layout few', 'gs-repartition --target-layout fewest-bytes'],
  ['gs-repartition plan --input-prefix gra', 'gs-repartition plan --input-prefix graphs/'],
  ['gs-repartition --dry-run --price-table pri', 'gs-repartition --dry-run --price-table prices.json'],
  // A value that looks like a command is none.
  ['gs-repartition --profile verify --num-out', 'gs-repartition --profile verify --num-output-files'],
] as const;

describe.each([
  ['bash', 'bash --noprofile'],
  ['zsh', 'zsh'],
  ['fish', 'fish'],
])('%s', (_shell, command) => {
  test('completes commands, options and values', async () => {
    const env = {
      HOME: home,
      ZDOTDIR: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      PATH: `${join(home, 'bin')}:${process.env['PATH']!}`,
    };
    const terminal = new Terminal(120, command, { env, folder: home });
    terminals.push(terminal);
    await terminal.until((lines) => lines.at(-1)?.startsWith('$') ?? false);
    for (const [typed, completed] of cases) {
      terminal.type('-l', typed);
      await terminal.until((lines) => lines.at(-1)!.includes(typed));
      terminal.type('Tab');
      const lines = await terminal.until((some) => some.at(-1)!.trimEnd().startsWith(`$ ${completed}`));
      expect(lines.at(-1)!.trimEnd()).toBe(`$ ${completed}`);
      terminal.type('C-u');
      await terminal.until((some) => some.at(-1) === '$');
    }
  });
});

test('the manual page has no fault that mandoc knows, and shows every command and option', () => {
  const page = join(repositoryRoot, 'dist/man/gs-repartition.1');
  const lint = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', page], { encoding: 'utf8' });
  // A page without a date is one for all builds.
  expect(lint.stdout.split('\n').filter((line) => line !== '' && !/missing date|AUTHORS/.test(line))).toEqual(
    [],
  );
  const shown = spawnSync('mandoc', ['-T', 'utf8', page], { encoding: 'utf8' }).stdout.replaceAll(
    /.\u0008/g,
    '',
  );
  for (const text of [
    'gs-repartition verify',
    '--input-prefix <value>',
    '--log-format',
    'emr-serverless submit',
    'EXIT STATUS',
    '130',
  ]) {
    expect(shown).toContain(text);
  }
});
