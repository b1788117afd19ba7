import { execFileSync } from 'node:child_process';
import fc from '../support/properties.js';
import { describe, expect, test } from 'vitest';
import { isObject, type Json, jsonBlocks } from '../../src/metadata/json.js';
import { JsonReader, parseJson } from '../../src/metadata/json-reader.js';
import { MetadataReader } from '../../src/metadata/parse.js';
import { python } from '../support/paths.js';

const roundTrip = (text: string): string => [...jsonBlocks(parseJson(text, 'metadata.json'))].join('');

describe('metadata.json comes out as it went in', () => {
  test('numbers keep their text: beyond 2^53, fractions, exponents', () => {
    const text =
      '[\n    12345678901234567890,\n    9007199254740991,\n    1.0,\n    -0.0,\n    -0,\n    1e-07,\n    1E5,\n    1e400\n]';
    expect(roundTrip(text)).toBe(text);
  });

  test('what Python writes for a label without values is read: NaN and the infinities', () => {
    const text = '{\n    "MAX_VALUE": NaN,\n    "bounds": [\n        -Infinity,\n        Infinity\n    ]\n}';
    expect(roundTrip(text)).toBe(text);
  });

  test('keys keep their order, also those that JavaScript objects move or lose', () => {
    const text =
      '{\n    "b": 1,\n    "10": 2,\n    "2": 3,\n    "__proto__": {\n        "constructor": 4\n    },\n    "": 5\n}';
    expect(roundTrip(text)).toBe(text);
  });

  test("formatted as Python's json.dump(indent=4): ASCII escapes in lower case, empty containers closed", () => {
    const text = '{"naïve":[],"😀":{},"tab":"\\t\\u001f\\u007f\\/\\ud800"}';
    expect(roundTrip(text)).toBe(
      '{\n    "na\\u00efve": [],\n    "\\ud83d\\ude00": {},\n    "tab": "\\t\\u001f\\u007f/\\ud800"\n}',
    );
  });

  test('a byte order mark and any spacing are no trouble', () => {
    expect(roundTrip('\uFEFF{"a"\t:\r\n[ 1 ,2 ]\n}\n')).toBe(
      '{\n    "a": [\n        1,\n        2\n    ]\n}',
    );
  });

  test('whatever the document: the same text as Python writes, and read back the same', () => {
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: 'binary' }),
        fc.maxSafeInteger(),
        fc.constantFrom(true, false, null),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('tree'), { maxKeys: 4 }),
      ),
    }));
    const documents = fc.sample(tree, { numRuns: 150, seed: 7 }).map((value) => JSON.stringify(value));
    const program =
      'import json,sys; print(json.dumps([json.dumps(json.loads(d), indent=4) for d in json.load(sys.stdin)]))';
    const output = execFileSync(python, ['-c', program], {
      input: JSON.stringify(documents),
      encoding: 'utf8',
    });
    const expected = JSON.parse(output) as string[];
    expect(documents.map(roundTrip)).toEqual(expected);
    expect(expected.map(roundTrip)).toEqual(expected);
  });
});

describe('broken JSON is one error with file, line and column', () => {
  const broken: [string, string, string][] = [
    ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: a comma or } is missing'],
    ['a comma too many', '[1,\n]', 'line 2, column 1: no value starts here'],
    ['a comma before the end', '{"a": 1,}', 'line 1, column 9: a key is missing'],
    ['a key without quotes', '{a: 1}', 'line 1, column 2: a key or } is missing'],
    ['a missing colon', '{"a" 1}', 'line 1, column 6: a colon is missing'],
    ['a missing value', '{"a": }', 'line 1, column 7: no value starts here'],
    ['a file cut off in a list', '{\n  "a": [1, 2', 'line 2, column 13: it ends here'],
    ['a file cut off in a string', '{\n  "a": "par', 'line 2, column 8: a string does not end'],
    ['an empty file', ' \n', 'the file is empty'],
    ['a comment', '{} // done', 'line 1, column 4: a comment'],
    ['a comment inside', '{"a": /* one */ 1}', 'line 1, column 7: a comment'],
    ['a word', '[nan]', 'line 1, column 2: no value starts here'],
    ['a number with a leading zero', '[01]', 'line 1, column 3: a comma or ] is missing'],
    ['a number cut off', '[1.]', 'line 1, column 2: a number does not end'],
    ['a line break in a string', '["a\nb"]', 'line 1, column 2: a string does not end'],
    ['an unknown escape', '["\\x41"]', 'line 1, column 2: an unknown escape in a string'],
    ['a short \\u escape', '["\\u12"]', 'line 1, column 2: a \\u escape needs four hexadecimal digits'],
    ['a key that occurs twice', '{"a": 1, "a": 2}', 'line 1, column 10: the key "a" occurs twice'],
    ['two documents', '{}\n{}', 'line 2, column 1: something follows the document'],
    ['endless nesting', '['.repeat(100_000), 'more than 200 levels'],
  ];
  for (const [name, text, message] of broken) {
    test(name, () => {
      const parse = (): Json => parseJson(text, '/data/metadata.json');
      expect(parse).toThrow(message);
      expect(parse).toThrow('/data/metadata.json: not valid JSON at line');
    });
  }

  test('whatever is cut off or changed: an error, or a document, and never anything else', () => {
    const text =
      '{"data": ["a/part-0.parquet", "b"], "row_counts": [1, 2.5e3], "x": {"y": null, "z": [true]}}';
    const change = fc.record({
      at: fc.nat(text.length),
      skip: fc.nat(3),
      insert: fc.string({ maxLength: 2 }),
    });
    fc.assert(
      fc.property(change, ({ at, skip, insert }) => {
        const changed = text.slice(0, at) + insert + text.slice(at + skip);
        try {
          expect(isObject(parseJson(changed, 'm'))).toBeTypeOf('boolean');
        } catch (error) {
          expect(String(error)).toMatch(/^RepartitionError: m: not valid JSON at line \d+, column \d+: /);
        }
      }),
    );
  });
});

describe('read piece by piece', () => {
  const said = (parse: () => Json): unknown => {
    try {
      return [...jsonBlocks(parse())].join('');
    } catch (error) {
      return String(error);
    }
  };

  test('wherever it is cut, and whatever is wrong with it: as if it were read at once', () => {
    const text =
      '\uFEFF{"data": ["a/part-0.parquet with a long name", "b\\u00e9"],\r\n  "row_counts": [1, 2.5e3, -Infinity, NaN],' +
      '\n\n "x": {"y": null, "z": [true, false, {}, []], "k\uD83D\uDE00": "K\u00f6ln \uD83D\uDE00"} }  \n ';
    const edit = fc.record({ at: fc.nat(text.length), skip: fc.nat(2), insert: fc.string({ maxLength: 2 }) });
    const cuts = fc.array(fc.nat(text.length + 2), { maxLength: 12 });
    fc.assert(
      fc.property(fc.option(edit), cuts, (edit, cuts) => {
        const changed = edit ? text.slice(0, edit.at) + edit.insert + text.slice(edit.at + edit.skip) : text;
        const bounds = [0, ...cuts.sort((a, b) => a - b), changed.length];
        const inPieces = (): Json => {
          const reader = new JsonReader('m');
          bounds.slice(1).forEach((end, i) => reader.feed(changed.slice(bounds[i], end)));
          return reader.end();
        };
        expect(said(inPieces)).toEqual(said(() => parseJson(changed, 'm')));
      }),
      { numRuns: 500 },
    );
  });

  test('many megabytes at once: no second text is held, and no letter is lost where they are cut', () => {
    const name = (i: number): string => `${i} K\u00f6ln \u{1F600} ${'x'.repeat(80)}`;
    const names = Array.from({ length: 100_000 }, (_, i) => `"${name(i)}"`);
    const bytes = Buffer.from(`{"edge_type": [], "node_type": [], "edges": {}, "more": [${names.join()}]}`);
    const reader = new MetadataReader('m');
    const before = process.memoryUsage().external;
    reader.feed(bytes);
    expect(process.memoryUsage().external - before).toBeLessThan(bytes.length / 2);
    const read = reader.end().document.get('more') as string[];
    expect(read.findIndex((text, i) => text !== name(i))).toBe(-1);
    expect(read).toHaveLength(names.length);
  });

  test('takes no memory for what is no value', () => {
    const block = ' '.repeat(1024 * 1024);
    const reader = new JsonReader('m');
    const before = process.memoryUsage().heapUsed;
    reader.feed('{"data": [');
    for (let i = 0; i < 300; i++)
      reader.feed(`${block}${i > 0 ? ',' : ''} "a name of more than thirteen letters"`);
    reader.feed(']}');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(128 * 1024 * 1024);
    expect((reader.end() as Map<string, Json[]>).get('data')).toHaveLength(300);
  });

  test('does not gather a string without an end', () => {
    const reader = new JsonReader('m');
    const feed = (): void => {
      reader.feed('["');
      for (;;) reader.feed('x'.repeat(1024 * 1024));
    };
    expect(feed).toThrow('line 1, column 2: a string or number of more than 16777216 letters');
  });
});
