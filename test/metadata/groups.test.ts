import { describe, expect, test } from 'vitest';
import { alignmentGroups, parseMetadata } from '../../src/metadata/index.js';
import { entry, graph, groupsOf, placesOf, type TestGraph } from './graphs.js';

/** Data set names by group. */
function describeGroups(document: unknown): Record<string, string[]> {
  return Object.fromEntries(
    groupsOf(document).map((group) => [group.types.join(' + '), group.dataSets.map(placesOf)]),
  );
}

/** A graph of edge types alone; a star marks those with an edge feature of their own. */
function edgesOnly(...types: string[]): TestGraph {
  const document = {
    ...graph(),
    edge_type: types.map((type) => type.replace('*', '')),
    edges: {},
    edge_data: {},
    node_data: {},
  } as TestGraph;
  delete document['num_edges_per_type'];
  for (const type of types) {
    const name = type.replace('*', '');
    document.edges[name] = entry(`edges/${name}`, [2]);
    if (type !== name) document.edge_data[name] = { w: entry(`edge_data/${name}-w`, [1, 1]) };
  }
  return document;
}

describe('alignment groups', () => {
  test('an edge type, its reverse and what they share are one group, each shared data set once', () => {
    expect(describeGroups(graph())).toEqual({
      'user:rated:movie + movie:rated-rev:user': [
        'edges/user:rated:movie/structure',
        'edges/movie:rated-rev:user/structure',
        'edge_data/user:rated:movie/rating = edge_data/movie:rated-rev:user/rating *',
        'edge_data/user:rated:movie/train_mask = edge_data/movie:rated-rev:user/train_mask *',
        'edge_data/user:rated:movie/weight',
      ],
      user: ['node_data/user/age', 'node_data/user/gender *'],
    });
  });

  test('types come in the order of the document, also when it lists the reverse first', () => {
    const document = graph();
    document.edges = {
      'movie:rated-rev:user': document.edges['movie:rated-rev:user']!,
      'user:rated:movie': document.edges['user:rated:movie']!,
    };
    expect(groupsOf(document).map((group) => group.types)).toEqual([
      ['movie:rated-rev:user', 'user:rated:movie'],
      ['user'],
    ]);
  });

  test('without edge data the two directions need not agree', () => {
    for (const none of [{}, null, undefined, { 'user:rated:movie': {} }, { 'user:rated:movie': null }]) {
      expect(Object.keys(describeGroups({ ...graph(), edge_data: none }))).toEqual([
        'user:rated:movie',
        'movie:rated-rev:user',
        'user',
      ]);
    }
  });

  test('edge data of either direction make them one', () => {
    expect(groupsOf(edgesOnly('a:x:b*', 'b:x-rev:a')).map(({ types }) => types)).toEqual([
      ['a:x:b', 'b:x-rev:a'],
    ]);
    expect(groupsOf(edgesOnly('a:x:b', 'b:x-rev:a*')).map(({ types }) => types)).toEqual([
      ['a:x:b', 'b:x-rev:a'],
    ]);
  });

  test('the reverse types of old gs-processing begin with rev-', () => {
    expect(groupsOf(edgesOnly('a:x:b*', 'b:rev-x:a')).map(({ types }) => types)).toEqual([
      ['a:x:b', 'b:rev-x:a'],
    ]);
    expect(groupsOf(edgesOnly('a:x:b', 'b:rev-x:a*')).map(({ types }) => types)).toEqual([
      ['a:x:b', 'b:rev-x:a'],
    ]);
  });

  test('another direction, another relation or other ends are no reverse', () => {
    const types = ['a:x:b*', 'a:x-rev:b', 'b:y-rev:a', 'c:x-rev:a', 'b:x-revised:a', 'b:-rev:a'];
    expect(groupsOf(edgesOnly(...types)).map((group) => group.types)).toEqual(
      types.map((type) => [type.replace('*', '')]),
    );
  });

  test('a relation that somebody named likes-rev, without a forward twin, is an ordinary type', () => {
    expect(describeGroups(edgesOnly('a:likes-rev:b*'))).toEqual({
      'a:likes-rev:b': ['edges/a:likes-rev:b/structure', 'edge_data/a:likes-rev:b/w'],
    });
  });

  test('two node types that list the same files are one group', () => {
    const document = graph();
    const shared = entry('node_data/shared', [1, 2]);
    document.node_data = {
      user: { a: shared },
      movie: { b: shared, c: entry('node_data/c', [3]) },
      tag: { d: entry('node_data/d', [9]) },
    };
    expect(describeGroups(document)).toMatchObject({
      'user + movie': ['node_data/user/a = node_data/movie/b', 'node_data/movie/c'],
      tag: ['node_data/tag/d'],
    });
  });

  test('lists that differ in one file, or in their order, are different data sets', () => {
    const document = graph();
    const data = ['p/0', 'p/1', 'p/2'];
    const of = (...parts: string[]): ReturnType<typeof entry> => ({
      format: { name: 'parquet' },
      data: parts,
    });
    document.node_data = {
      user: { a: of(...data), b: of('p/0', 'p/2', 'p/1'), c: of('p/0', 'p/1'), d: of(...data) },
    };
    expect(describeGroups(document)['user']).toEqual([
      'node_data/user/a = node_data/user/d',
      'node_data/user/b',
      'node_data/user/c',
    ]);
  });

  test('row counts come from whichever place has them, and a contradiction is kept', () => {
    const document = graph();
    const { rating } = document.edge_data['user:rated:movie']!;
    const { row_counts: counts, ...bare } = rating!;
    document.edge_data['user:rated:movie']!['rating'] = bare;
    const ratingOf = (of: TestGraph): unknown =>
      groupsOf(of)[0]!.dataSets.find(({ places }) => places[0].name === 'rating');
    expect(ratingOf(document)).toMatchObject({ rowCounts: counts });
    expect(ratingOf(document)).not.toHaveProperty('otherRowCounts');
    document.edge_data['user:rated:movie']!['rating'] = { ...bare, row_counts: [50, 0, 0, 0, 0] };
    expect(ratingOf(document)).toMatchObject({ rowCounts: [50, 0, 0, 0, 0], otherRowCounts: counts });
  });

  test('a type named __proto__ is a type', () => {
    const text = JSON.stringify({ edge_type: [], node_type: ['__proto__'], edges: {} }).replace(
      /}$/,
      `,"node_data":{"__proto__":{"constructor":${JSON.stringify(entry('node_data/x', [1]))}}}}`,
    );
    const groups = alignmentGroups(parseMetadata(text, 'm'));
    expect(groups.map(({ types, dataSets }) => [types, dataSets.map(placesOf)])).toEqual([
      [['__proto__'], ['node_data/__proto__/constructor']],
    ]);
  });
});
