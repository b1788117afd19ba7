import { describe, expect, test } from 'vitest';
import { RepartitionError } from '../../src/errors.js';
import {
  alignmentGroups,
  idMappingsToCount,
  parseMetadata,
  updateMetadata,
} from '../../src/metadata/index.js';
import type { DataSet } from '../../src/metadata/index.js';
import { entry, graph } from './graphs.js';

type Document = ReturnType<typeof graph>;

const parse = (document: unknown): ReturnType<typeof parseMetadata> =>
  parseMetadata(JSON.stringify(document), '/data/metadata.json');

/** Group → data set names, with a star on those that must be flat. */
function describeGroups(document: unknown): Record<string, string[]> {
  const name = ({ places, flat }: DataSet): string =>
    places.map((place) => `${place.section}/${place.type}/${place.name ?? ''}`).join(' = ') +
    (flat ? ' *' : '');
  return Object.fromEntries(
    alignmentGroups(parse(document)).map((group) => [group.types.join(' + '), group.dataSets.map(name)]),
  );
}

describe('alignment groups', () => {
  test('an edge type, its reverse and what they share are one group, each shared data set once', () => {
    expect(describeGroups(graph())).toEqual({
      'user:rated:movie + movie:rated-rev:user': [
        'edges/user:rated:movie/',
        'edges/movie:rated-rev:user/',
        'edge_data/user:rated:movie/rating = edge_data/movie:rated-rev:user/rating *',
        'edge_data/user:rated:movie/train_mask = edge_data/movie:rated-rev:user/train_mask *',
        'edge_data/user:rated:movie/weight',
      ],
      user: ['node_data/user/age', 'node_data/user/gender *'],
    });
  });

  test('without edge data the two directions need not agree', () => {
    expect(Object.keys(describeGroups({ ...graph(), edge_data: {} }))).toEqual([
      'user:rated:movie',
      'movie:rated-rev:user',
      'user',
    ]);
  });

  test('a relation that somebody named likes-rev, without a forward twin, is an ordinary type', () => {
    const document = {
      edge_type: ['a:likes-rev:b'],
      node_type: ['a', 'b'],
      edges: { 'a:likes-rev:b': entry('edges/x', [2]) },
      edge_data: { 'a:likes-rev:b': { w: entry('edge_data/w', [1, 1]) } },
    };
    expect(describeGroups(document)).toEqual({
      'a:likes-rev:b': ['edges/a:likes-rev:b/', 'edge_data/a:likes-rev:b/w'],
    });
  });

  test('a type named __proto__ is a type', () => {
    const text = JSON.stringify({ edge_type: [], node_type: ['__proto__'], edges: {} }).replace(
      /}$/,
      `,"node_data":{"__proto__":{"x":${JSON.stringify(entry('node_data/x', [1]))}}}}`,
    );
    const groups = alignmentGroups(parseMetadata(text, 'm'));
    expect(groups.map((group) => group.types)).toEqual([['__proto__']]);
  });
});

describe('labels and masks', () => {
  function flat(change: (info: Record<string, unknown>, document: Document) => void): string[] {
    const document = graph();
    change(document['graph_info'] as Record<string, unknown>, document);
    return alignmentGroups(parse(document)).flatMap(({ dataSets }) =>
      dataSets.filter((set) => set.flat).map(({ places }) => `${places[0].type}/${places[0].name ?? ''}`),
    );
  }

  test('link prediction leaves edge labels alone, but not the masks', () => {
    for (const task of ['link_predict', 'link_prediction']) {
      expect(flat((info) => (info['task_type'] = task))).toEqual([
        'user:rated:movie/train_mask',
        'user/gender',
      ]);
    }
  });

  test('before 0.4 masks are not listed and have the three default names', () => {
    const masks = flat((info, document) => {
      delete info['etype_to_label_masks'];
      delete info['ntype_to_label_masks'];
      const features = (document['node_data'] as Record<string, Record<string, unknown>>)['user']!;
      features['val_mask'] = entry('node_data/val_mask', [10]);
      features['other_mask'] = entry('node_data/other_mask', [10]);
    });
    expect(masks).toEqual([
      'user:rated:movie/rating',
      'user:rated:movie/train_mask',
      'user/gender',
      'user/val_mask',
    ]);
  });

  test('two labelled node types each have their own label column', () => {
    const labels = flat((info, document) => {
      info['ntype_label'] = ['user', 'movie'];
      info['ntype_label_property'] = ['gender', 'genre'];
      const data = document['node_data'] as Record<string, unknown>;
      data['movie'] = { genre: entry('node_data/genre', [3]), gender: entry('node_data/mgender', [3]) };
    });
    expect(labels.filter((name) => !name.includes(':'))).toEqual(['user/gender', 'movie/genre']);
  });

  test('masks under names of their own count when they are listed', () => {
    const masks = flat((info, document) => {
      info['ntype_to_label_masks'] = { user: ['fold_1'] };
      const features = (document['node_data'] as Record<string, Record<string, unknown>>)['user']!;
      features['fold_1'] = entry('node_data/fold_1', [10]);
      features['train_mask'] = entry('node_data/train_mask', [10]);
    });
    expect(masks.filter((name) => !name.includes(':'))).toEqual(['user/gender', 'user/fold_1']);
  });

  test('without graph_info nothing is labelled', () => {
    expect(flat((_, document) => delete document['graph_info'])).toEqual([]);
  });
});

describe('bad metadata', () => {
  const cases: [string, (document: Document) => void, string][] = [
    ['no edge_type', (d) => delete d['edge_type'], 'edge_type is missing'],
    ['no edges', (d) => delete d['edges'], 'edges is missing'],
    ['node_type that is a string', (d) => (d['node_type'] = 'user'), 'node_type is not a list'],
    [
      'an edge type without edges',
      (d) => (d['edge_type'] = ['a:b:c']),
      'edge_type lists "a:b:c", but edges has no such type',
    ],
    [
      'too few row counts',
      (d) => (d['edges'] = { 'user:rated:movie': { ...entry('e', [1, 2]), row_counts: [3] } }),
      'edges["user:rated:movie"] lists 2 parts but 1 row counts',
    ],
    [
      'a negative row count',
      (d) => (d['edges'] = { 'user:rated:movie': { ...entry('e', [1, 2]), row_counts: [3, -1] } }),
      'row_counts[1] is not a number of rows',
    ],
    [
      'CSV',
      (d) => (d['node_data'] = { user: { age: { ...entry('e', [1]), format: { name: 'csv' } } } }),
      'node_data["user"]["age"]: its format is "csv"',
    ],
    [
      'totals of another length',
      (d) => (d['num_nodes_per_type'] = [1]),
      'num_nodes_per_type has 1 numbers for 2 types',
    ],
  ];
  for (const [name, change, message] of cases) {
    test(`${name}: one line that names the key`, () => {
      const document = graph();
      change(document);
      expect(() => parse(document)).toThrow(RepartitionError);
      expect(() => parse(document)).toThrow(message);
    });
  }

  const paths = [
    '/etc/passwd',
    '../x',
    'a/../../x',
    'a//b',
    './a',
    's3://other/x',
    'file:x',
    'a\\b',
    '',
    'a\0b',
  ];
  for (const path of paths) {
    test(`the path ${JSON.stringify(path)} does not leave the prefix`, () => {
      const document = graph();
      document['node_data'] = { user: { age: { format: { name: 'parquet' }, data: [path] } } };
      expect(() => parse(document)).toThrow('is not a path inside the prefix');
    });
  }
});

describe('the updated metadata', () => {
  function update(document: unknown, recount = false): Document {
    const metadata = parse(document);
    const dataSets = alignmentGroups(metadata).flatMap((group) =>
      group.dataSets.map((dataSet) => ({ dataSet, parts: ['new/part-0', 'new/part-1'], rowCounts: [7, 3] })),
    );
    const idMappings = new Map(idMappingsToCount(metadata).map(({ type }) => [type, [2, 4]]));
    return JSON.parse(updateMetadata(metadata, { dataSets, idMappings, recount })) as Document;
  }

  test('new parts and counts stand at every place of a shared data set', () => {
    const updated = update(graph());
    for (const type of ['user:rated:movie', 'movie:rated-rev:user']) {
      expect((updated['edge_data'] as Record<string, Record<string, unknown>>)[type]!['rating']).toEqual({
        format: { name: 'parquet' },
        data: ['new/part-0', 'new/part-1'],
        row_counts: [7, 3],
      });
    }
  });

  test('types stand in the order of edge_type and node_type, others behind', () => {
    const document = graph();
    document['edge_type'] = ['movie:rated-rev:user', 'user:rated:movie'];
    const updated = update(document);
    expect(Object.keys(updated['edges'] as object)).toEqual(['movie:rated-rev:user', 'user:rated:movie']);
    expect(Object.keys(updated['edge_data'] as object)).toEqual(['movie:rated-rev:user', 'user:rated:movie']);
  });

  test('what is unknown, and what we do not count, stays', () => {
    const updated = update({ ...graph(), extra: { deep: [1, null, true] } });
    expect([updated['extra'], updated['num_nodes_per_type'], updated['raw_id_mappings']]).toEqual([
      { deep: [1, null, true] },
      [3, 10],
      graph()['raw_id_mappings'],
    ]);
  });

  test('missing totals are counted: nodes without features from their id mapping', () => {
    const document = graph();
    delete document['num_nodes_per_type'];
    delete document['num_edges_per_type'];
    const updated = update(document);
    expect([updated['num_nodes_per_type'], updated['num_edges_per_type']]).toEqual([
      [6, 10],
      [10, 10],
    ]);
  });

  test('totals that are there are replaced only by a recount', () => {
    expect(update(graph())['num_edges_per_type']).toEqual([50, 50]);
    expect(update(graph(), true)['num_edges_per_type']).toEqual([10, 10]);
  });

  test('a node type that nothing counts is an error that names it', () => {
    const document = graph();
    delete document['num_nodes_per_type'];
    delete document['raw_id_mappings'];
    expect(() => update(document)).toThrow('node type "movie" has neither raw_id_mappings nor features');
  });
});
