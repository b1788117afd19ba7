/** A run on a terminal: what somebody in front of it sees, and what is left of it when it is over. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { MAIN, statusOf, Workplace } from '../cli/processes.js';
import { repositoryRoot } from '../support/paths.js';
import { Terminal } from './tmux.js';

const place = new Workplace();
afterAll(() => place.remove());

const terminals: Terminal[] = [];
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.end();
});

const slowDisk = pathToFileURL(join(repositoryRoot, 'test/terminal/slow-disk.mjs')).href;

/** A shell on a terminal, and a graph that takes some seconds to align. */
function open(
  columns: number,
  { pace = 40, env = {} }: { pace?: number; env?: Record<string, string> } = {},
) {
  const terminal = new Terminal(columns, '/bin/sh', {
    env: { NODE_OPTIONS: `--import ${slowDisk}`, SLOW_DISK_MS: String(pace), ...env },
    folder: place.folder,
  });
  terminals.push(terminal);
  const prefix = place.movies();
  const command = `${process.execPath} ${MAIN} --input-prefix ${prefix} --concurrency 2`;
  return { terminal, prefix, command };
}

const isBar = (line: string): boolean => /Reading footers|Making parts|Checking parts|[█░]/.test(line);
const making = (lines: readonly string[]): string =>
  lines.find((line) => line.includes('Making parts')) ?? '';
/** Of small parts the time left is told once they come no faster and faster. */
const isUnderWay = (lines: readonly string[]): boolean =>
  / (?:left|estimate once the pace is steady|no estimate yet)$/.test(making(lines));
const isTold = (lines: readonly string[]): boolean => making(lines).endsWith(' left');
/** The prompt of a shell waits. */
const isOver = (lines: readonly string[]): boolean => /^(?:\^C)?[$#]$/.test(lines.at(-1)!);

/** The one line that shows how far the run is, at the bottom, and that it has room. */
function expectOneLine(lines: readonly string[], columns: number): void {
  expect(lines.filter(isBar)).toHaveLength(1);
  expect(isBar(lines.at(-1)!)).toBe(true);
  expect(lines.at(-1)!.length).toBeLessThan(columns);
}

describe.each([80, 200])('on a terminal of %d columns', (columns) => {
  test('a line says how far the run is, and leaves nothing but the summary', async () => {
    const { terminal, prefix, command } = open(columns, { pace: 80 });
    terminal.type(command, 'Enter');
    const during = await terminal.until(isTold);
    expectOneLine(during, columns);
    expect(making(during)).toMatch(/ \d+ %, .*(bytes|[kMG]B), .*[kM]?B\/s, .*about [\d.]+ s left$/);
    const after = await terminal.until(isOver);
    expect(after.filter(isBar)).toEqual([]);
    expect(after.join('\n')).toMatch(/\nAligned \d+ of \d+ types/);
    expect(after.join('\n')).toContain('rows per part');
    expect(statusOf(prefix)).toBe('succeeded');
  });

  test('Ctrl-C in the middle leaves two lines that say so', async () => {
    const { terminal, prefix, command } = open(columns);
    terminal.type(`${command} --log-level WARNING; echo "code $?"`, 'Enter');
    await terminal.until(isUnderWay);
    terminal.type('C-c');
    const after = await terminal.until(isOver);
    expect(after.filter(isBar)).toEqual([]);
    const said = after.slice(after.findIndex((line) => line.startsWith('gs-repartition: '))).join('\n');
    expect(said).toMatch(
      /^gs-repartition: stopping; press Ctrl-C again to stop at once\ngs-repartition: stopped before the end; [^█]*\ncode 130\n[$#]$/,
    );
    expect(statusOf(prefix)).toBe('failed');
  });
});

describe('a terminal that becomes narrower and wider in the middle always has one line, and then none:', () => {
  test.each([
    ['between usual widths, on an empty screen', 200, [80, 120, 79, 200], 'clear'],
    ['also to narrow ones, below what was done before', 80, [30, 12, 50, 80], 'seq 40'],
  ])('%s', async (_name, width, widths, before) => {
    const { terminal, command } = open(width, { pace: 250 });
    terminal.type(`${before}; ${command} --log-level WARNING`, 'Enter');
    await terminal.until(isUnderWay);
    for (const columns of widths) {
      terminal.resize(columns);
      // Narrow ones have no room for the words.
      const isShown = (lines: readonly string[]): boolean =>
        lines.at(-1)!.includes(' %') && lines.at(-1)!.length < columns;
      const lines = await terminal.until(isShown);
      expect(lines.filter((line) => isBar(line) || line.includes(' %'))).toHaveLength(1);
    }
    terminal.type('C-c');
    const after = await terminal.until(isOver);
    expect(after.filter((line) => isBar(line) || line.includes(' %'))).toEqual([]);
    expect(after.slice(-3).map((line) => line.slice(0, 24))).toEqual([
      'gs-repartition: stopping',
      'gs-repartition: stopped ',
      after.at(-1),
    ]);
  });
});

test('lines of the log appear above it', async () => {
  const { terminal, command } = open(100, { pace: 20 });
  terminal.type(`${command} --log-level DEBUG --summary short`, 'Enter');
  const during = await terminal.until(
    (lines) => isUnderWay(lines) && lines.some((line) => line.includes('DEBUG: spliced')),
  );
  expectOneLine(during, 100);
  const after = await terminal.until(isOver);
  expect(after.filter(isBar)).toEqual([]);
});

test('NO_COLOR, --no-progress and --quiet each leave out what they say', async () => {
  const plain = open(80, { pace: 0, env: { NO_COLOR: '1' } });
  plain.terminal.type(plain.command, 'Enter');
  await plain.terminal.until(isOver);
  expect(plain.terminal.coloured()).not.toContain('\u001b[3');

  const { terminal, command } = open(80, { pace: 5 });
  let bars = 0;
  terminal.type(`${command} --no-progress`, 'Enter');
  const shown = await terminal.until((lines) => {
    bars += lines.filter(isBar).length;
    return isOver(lines);
  });
  expect(bars).toBe(0);
  expect(shown.join('\n')).toContain('INFO: File repartitioning time');
  expect(terminal.coloured()).toContain('\u001b[32mINFO');

  const quiet = open(80, { pace: 0 });
  quiet.terminal.type(`clear; ${quiet.command} --quiet; echo "code $?"`, 'Enter');
  const left = await quiet.terminal.until((lines) => isOver(lines) && lines.includes('code 0'));
  expect(left.filter((line) => line !== '' && !line.includes('--quiet'))).toEqual(['code 0', left.at(-1)]);
});

test('a log has the same facts, with date and zone, and no sequences', async () => {
  const { terminal, command, prefix } = open(80, { pace: 300, env: { TZ: 'Asia/Kolkata' } });
  const log = `${prefix}.log`;
  terminal.type(`${command} 2> ${log}`, 'Enter');
  await terminal.until(() => readOr(log).includes('making parts: '));
  terminal.type('C-c');
  await terminal.until(isOver);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const told = lines.find((line) => line.includes('making parts: '))!;
  expect(told).toMatch(
    /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30\] INFO: making parts: \d+ %, .* of .*B, \d+ of \d+ parts, .*B\/s, about .* left$/,
  );
  expect(lines.join('\n')).not.toContain('\u001b');
});

test('with --log-format json each line of the log is a document, for CloudWatch', () => {
  const log = place.path('log');
  execFileSync('/bin/sh', [
    '-c',
    `exec "$@" 2> ${log}`,
    'sh',
    process.execPath,
    MAIN,
    '--input-prefix',
    place.movies(),
    '--log-format',
    'json',
  ]);
  const documents = readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(documents).toContainEqual(
    expect.objectContaining({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      level: 'INFO',
      message: expect.stringMatching(/^making \d+ parts, /) as unknown,
      progress: expect.objectContaining({ phase: 'parts', done: 0 }) as unknown,
    }),
  );
});

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
