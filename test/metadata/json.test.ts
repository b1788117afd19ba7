import { describe, expect, test } from 'vitest';
import { parseJson, stringifyJson } from '../../src/metadata/json.js';

const roundTrip = (text: string): string => stringifyJson(parseJson(text, 'metadata.json'));

describe('metadata.json comes out as it went in', () => {
  test('numbers keep their text: beyond 2^53, fractions, exponents', () => {
    const text = '[\n    12345678901234567890,\n    1.0,\n    -0.0,\n    1e-07,\n    1E5\n]';
    expect(roundTrip(text)).toBe(text);
  });

  test('keys keep their order, also those that JavaScript objects move or lose', () => {
    const text =
      '{\n    "b": 1,\n    "10": 2,\n    "2": 3,\n    "__proto__": {\n        "constructor": 4\n    }\n}';
    expect(roundTrip(text)).toBe(text);
  });

  test("formatted as Python's json.dump(indent=4): ASCII escapes in lower case, empty containers closed", () => {
    const text = '{"naïve":[],"😀":{},"tab":"\\t\\u001f\\u007f\\/"}';
    expect(roundTrip(text)).toBe(
      '{\n    "na\\u00efve": [],\n    "\\ud83d\\ude00": {},\n    "tab": "\\t\\u001f\u007f/"\n}',
    );
  });

  const broken: [string, string, string][] = [
    ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: CommaExpected'],
    ['a file cut off', '{\n  "a": [1, 2', 'line 2, column'],
    ['an empty file', '', 'line 1, column 1'],
    ['a comment', '{} // done', 'InvalidCommentToken'],
    ['NaN', '[NaN]', 'line 1, column 2: InvalidSymbol'],
    ['a key that occurs twice', '{"a": 1, "a": 2}', 'line 1, column 10: the key "a" occurs twice'],
  ];
  for (const [name, text, message] of broken) {
    test(`${name} is one error with file, line and column`, () => {
      expect(() => parseJson(text, '/data/metadata.json')).toThrow(message);
      expect(() => parseJson(text, '/data/metadata.json')).toThrow('/data/metadata.json: not valid JSON');
    });
  }
});
