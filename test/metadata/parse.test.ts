import { describe, expect, test } from 'vitest';
import { RepartitionError } from '../../src/errors.js';
import { declaredTotals, parseMetadata, uncountedTypes, undeclaredTypes } from '../../src/metadata/index.js';
import { entry, graph, parse, type TestGraph } from './graphs.js';

const type = 'user:rated:movie';

/** The graph with one feature replaced. */
function withAge(age: unknown): TestGraph {
  return Object.assign(graph(), { node_data: { user: { age } } });
}

function without(...keys: string[]): unknown {
  return Object.fromEntries(Object.entries(graph()).filter(([key]) => !keys.includes(key)));
}

describe('bad metadata is one line that names the key', () => {
  const parquet = { name: 'parquet' };
  const cases: [string, unknown, string][] = [
    ['a list', [], 'the document is not an object'],
    ['no edge_type', without('edge_type'), 'edge_type is missing'],
    ['no node_type', without('node_type'), 'node_type is missing'],
    ['no edges', without('edges'), 'edges is missing'],
    ['edges that are null', { ...graph(), edges: null }, 'edges is not an object'],
    ['node_type that is a string', { ...graph(), node_type: 'user' }, 'node_type is not a list'],
    ['a type that is a number', { ...graph(), node_type: ['user', 7] }, 'node_type[1] is not a string'],
    ['a type listed twice', { ...graph(), node_type: ['user', 'user'] }, 'node_type lists "user" twice'],
    [
      'an edge type without edges',
      { ...graph(), edge_type: ['a:b:c'] },
      'edge_type lists "a:b:c", but edges has no such type',
    ],
    [
      'an edge type of two words',
      { ...graph(), edges: { 'user:movie': entry('e', [1]) } },
      'edges: "user:movie" is not a type like src:relation:dst',
    ],
    [
      'an edge type without a relation',
      { ...graph(), edges: { 'user::movie': entry('e', [1]) } },
      'edges: "user::movie" is not a type like src:relation:dst',
    ],
    [
      'edge data of a type without edges',
      { ...graph(), edge_data: { 'a:b:c': {} } },
      'edge_data has the type "a:b:c", but edges has not',
    ],
    ['node data that are a list', { ...graph(), node_data: [] }, 'node_data is not an object'],
    [
      'features that are a list',
      { ...graph(), node_data: { user: [] } },
      'node_data["user"] is not an object',
    ],
    ['an entry that is a string', withAge('a.parquet'), 'node_data["user"]["age"] is not an object'],
    ['no format', withAge({ data: ['a'] }), 'node_data["user"]["age"].format is missing'],
    [
      'no format name',
      withAge({ format: {}, data: ['a'] }),
      'node_data["user"]["age"]: its format is missing',
    ],
    [
      'CSV',
      withAge({ format: { name: 'csv' }, data: ['a'] }),
      'node_data["user"]["age"]: its format is "csv"',
    ],
    ['no data', withAge({ format: parquet }), 'node_data["user"]["age"].data is missing'],
    ['no parts', withAge({ format: parquet, data: [] }), 'node_data["user"]["age"].data lists no parts'],
    [
      'a part that is null',
      withAge({ format: parquet, data: ['a', null] }),
      '["age"].data[1] is not a string',
    ],
    [
      'too few row counts',
      { ...graph(), edges: { [type]: { ...entry('e', [1, 2]), row_counts: [3] } } },
      'edges["user:rated:movie"] lists 2 parts but 1 row counts',
    ],
    ['a negative row count', withAge({ ...entry('e', [1, -1]) }), '.row_counts[1] is not a number of rows'],
    ['half a row', withAge({ ...entry('e', [1, 1.5]) }), '.row_counts[1] is not a number of rows'],
    ['2^53 rows', withAge({ ...entry('e', [2 ** 53]) }), '.row_counts[0] is not a number of rows'],
    [
      'rows in words',
      withAge({ ...entry('e', [1]), row_counts: ['1'] }),
      '.row_counts[0] is not a number of rows',
    ],
    [
      'row counts that are a number',
      withAge({ ...entry('e', [1]), row_counts: 1 }),
      '.row_counts is not a list',
    ],
    [
      'totals of another length',
      { ...graph(), num_nodes_per_type: [1] },
      'num_nodes_per_type has 1 numbers for 2 types',
    ],
    [
      'a total below zero',
      { ...graph(), num_edges_per_type: [1, -1] },
      'num_edges_per_type[1] is not a number',
    ],
  ];
  for (const [name, document, message] of cases) {
    test(name, () => {
      expect(() => parse(document)).toThrow(RepartitionError);
      expect(() => parse(document)).toThrow(message);
      expect(() => parse(document)).toThrow(/^\/data\/metadata\.json: .*$/);
    });
  }

  test('names with line breaks stay on one line', () => {
    const document = { ...graph(), node_data: { 'us\ner': { 'a\nge': 1 } } };
    expect(() => parse(document)).toThrow('node_data["us\\ner"]["a\\nge"] is not an object');
  });
});

describe('what is missing can be found out, or be missing', () => {
  test('an empty list of row counts says no more than none', () => {
    const empty = { format: { name: 'parquet' }, data: ['x/part-0'], row_counts: [] };
    const { entries } = parse({ ...graph(), node_data: { user: { age: empty } } });
    expect(entries.find(({ name }) => name === 'age')?.entry).toEqual({ parts: ['x/part-0'] });
  });

  test('a node type that nothing counts', () => {
    expect(uncountedTypes(parse(without('num_nodes_per_type', 'raw_id_mappings')))).toEqual(['movie']);
    expect(uncountedTypes(parse(without('num_nodes_per_type')))).toEqual([]);
    expect(uncountedTypes(parse(without('raw_id_mappings')))).toEqual([]);
  });

  test('types with data that no list of types has', () => {
    const { node_data, ...rest } = graph();
    const metadata = parse({
      ...rest,
      node_data: { ...node_data, genre: node_data['user'] },
      node_type: ['movie'],
      num_nodes_per_type: [3],
    });
    expect(undeclaredTypes(metadata)).toEqual([
      { section: 'node_data', type: 'user' },
      { section: 'node_data', type: 'genre' },
    ]);
    expect(undeclaredTypes(parse(graph()))).toEqual([]);
  });
});

describe('paths stay inside the prefix', () => {
  const outside = [
    '/etc/passwd',
    '../x',
    '..',
    'a/..',
    'a/../../x',
    'a//b',
    'a/',
    './a',
    'a/./b',
    's3://other/x',
    's3:other/x',
    'file:x',
    'C:/x',
    'a\\b',
    '..\\x',
    '',
    'a\0b',
    'a\nb',
  ];
  for (const path of outside) {
    test(`${JSON.stringify(path)} does not`, () => {
      const data = ['a/part-0.parquet', path];
      expect(() => parse(withAge({ format: { name: 'parquet' }, data }))).toThrow(
        `["age"].data[1]: ${JSON.stringify(path)} is not a path inside the prefix`,
      );
    });
  }

  test('dots, colons, spaces and letters of any script are part of names', () => {
    const data = [
      'edge_data/a:b:c-w/part-0.snappy.parquet',
      '...',
      '.hidden/..x',
      'a b/ü+%#😀',
      'part-00000',
    ];
    const { entries } = parse(withAge({ format: { name: 'parquet' }, data }));
    expect(entries.at(-1)?.entry.parts).toEqual(data);
  });
});

describe('what may be missing', () => {
  test('edge_data, node_data, row counts and totals', () => {
    const document = {
      edge_type: [type],
      node_type: ['movie', 'user'],
      edges: { [type]: { ...entry('e', [1, 2]), row_counts: null } },
      node_id_mappings: { movie: entry('m', [1]), user: entry('u', [1]) },
    };
    const metadata = parse(document);
    expect(metadata.entries).toEqual([{ section: 'edges', type, entry: { parts: entry('e', [1, 2]).data } }]);
    expect(declaredTotals(metadata)).toEqual([]);
  });

  test('an id mapping in another format does not stand in the way while nothing needs it', () => {
    const mapping = { format: { name: 'csv' }, data: ['/somewhere/else.csv'] };
    expect(parse({ ...graph(), raw_id_mappings: { movie: mapping } }).idMappings).toEqual(new Map());
  });

  test('the totals that the document declares', () => {
    expect(declaredTotals(parse(graph()))).toEqual([
      { kind: 'node', type: 'movie', total: 3 },
      { kind: 'node', type: 'user', total: 10 },
      { kind: 'edge', type, total: 50 },
      { kind: 'edge', type: 'movie:rated-rev:user', total: 50 },
    ]);
  });

  test('bytes that are no text are an error, not a question mark in what is published', () => {
    const bytes = Buffer.from(JSON.stringify({ ...graph(), graph_name: 'Köln' }), 'latin1');
    expect(() => parseMetadata(bytes, '/data/metadata.json')).toThrow(
      '/data/metadata.json: not a text in UTF-8',
    );
    const { document } = parseMetadata(Buffer.from(JSON.stringify({ ...graph(), graph_name: 'Köln' })), 'm');
    expect(document.get('graph_name')).toBe('Köln');
  });

  test('broken JSON is told by line and column', () => {
    expect(() => parseMetadata('{\n  "edge_type": [}', 'm')).toThrow(
      'm: not valid JSON at line 2, column 17',
    );
  });
});
