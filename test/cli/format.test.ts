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

// U+2028 and friends break lines, U+202E turns the rest of one around, the others can't be seen at all.
describe('characters that are not to be seen', () => {
  const ranges: [string, number, number][] = [
    ['control characters', 0x00, 0x08],
    ['control characters', 0x0b, 0x1f],
    ['control characters', 0x7f, 0x9f],
    ['the soft hyphen', 0xad, 0xad],
    ['the Arabic letter mark', 0x61c, 0x61c],
    ['fillers', 0x115f, 0x1160],
    ['the Mongolian vowel separator', 0x180e, 0x180e],
    ['spaces without width, joiners, marks of direction', 0x200b, 0x200f],
    ['line breaks, embeddings and overrides of direction', 0x2028, 0x202e],
    ['invisible operators', 0x2060, 0x2064],
    ['isolates of direction', 0x2066, 0x206f],
    ['a filler', 0x3164, 0x3164],
    ['halves of a pair', 0xd800, 0xdfff],
    ['the byte order mark', 0xfeff, 0xfeff],
    ['annotations', 0xfff9, 0xfffb],
    ['the language tag', 0xe0001, 0xe0001],
    ['tags', 0xe0020, 0xe007f],
  ];
  test.each(ranges)('%s, from %i to %i, are shown as escapes', (_name, from, to) => {
    for (let code = from; code <= to; code++) {
      const hex = code.toString(16).padStart(4, '0');
      const escape = hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`;
      expect(oneLine(`a${String.fromCodePoint(code)}b`)).toBe(`a${escape}b`);
    }
  });

  test('have visible neighbours, which stay', () => {
    const text = 'a\u00a0\u2010\u2026\u202f\u2070\ufe0f\ufffd\u{1f3f4}\u{10ffff}';
    expect(oneLine(text)).toBe(text);
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
