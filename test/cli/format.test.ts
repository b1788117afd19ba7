import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration, oneLine, plural } from '../../src/cli/format.js';
import { suggest } from '../../src/cli/suggest.js';

describe('numbers for people', () => {
  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10.0 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [134_217_728, '134 MB'],
    [1_500_000_000_000, '1.50 TB'],
    [Number.MAX_SAFE_INTEGER, '9.01 PB'],
  ])('%d bytes read as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test.each([
    [0.04, '0.0 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min 0 s'],
    [185, '3 min 5 s'],
    [3599.6, '1 h 0 min'],
    [7620, '2 h 7 min'],
  ])('%d seconds read as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  test('counts have their nouns', () => {
    expect([0, 1, 2, 1_234_567].map((n) => plural(n, 'part'))).toEqual([
      '0 parts',
      '1 part',
      '2 parts',
      '1,234,567 parts',
    ]);
  });
});

describe('text on one line', () => {
  test('keeps letters of all alphabets', () => {
    expect(oneLine('é ж 語 🙂 "quoted" \\n')).toBe('é ж 語 🙂 "quoted" \\n');
  });

  test('shows what would move the cursor', () => {
    expect(oneLine('a\nb\tc\rd\u001b[2Je\u0000\u007f\u009b\u2028')).toBe(
      'a\\nb\\tc\\u000dd\\u001b[2Je\\u0000\\u007f\\u009b\\u2028',
    );
  });
});

describe('did you mean', () => {
  const known = ['input-prefix', 'json', 'recount', 'concurrency'];
  test.each([
    ['input-prefx', 'input-prefix'],
    ['imput_prefix', 'input-prefix'],
    ['input', 'input-prefix'],
    ['JSON', 'json'],
    ['jsn', 'json'],
    ['concurency', 'concurrency'],
    ['r', undefined],
    ['colour', undefined],
    ['', undefined],
  ])('%s: %s', (typed, meant) => expect(suggest(typed, known)).toBe(meant));
});
