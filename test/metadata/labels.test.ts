import { describe, expect, test } from 'vitest';
import { entry, graph, groupsOf, parse, type TestEntry, type TestGraph } from './graphs.js';

/** `type/name` of the data sets that must be flat. */
function flat(change: (info: Record<string, unknown>, document: TestGraph) => void): string[] {
  const document = graph();
  change(document.graph_info, document);
  return groupsOf(document).flatMap(({ dataSets }) =>
    dataSets.filter((set) => set.flat).map(({ places }) => `${places[0].type}/${places[0].name ?? ''}`),
  );
}

/** The same, of the node data alone. */
function flatNodes(change: (info: Record<string, unknown>, document: TestGraph) => void): string[] {
  return flat(change).filter((name) => !name.includes(':'));
}

function features(...names: string[]): Record<string, TestEntry> {
  return Object.fromEntries(names.map((name) => [name, entry(`node_data/${name}`, [10])]));
}

describe('labels', () => {
  test('of node and edge types; what is shared with the reverse type counts for both', () => {
    expect(flat(() => undefined)).toEqual([
      'user:rated:movie/rating',
      'user:rated:movie/train_mask',
      'user/gender',
    ]);
  });

  test('link prediction leaves edge labels alone, but not the masks and not the labels of nodes', () => {
    for (const task of ['link_predict', 'link_prediction']) {
      expect(flat((info) => (info['task_type'] = task))).toEqual([
        'user:rated:movie/train_mask',
        'user/gender',
      ]);
    }
  });

  test('two labelled node types each have their own label column', () => {
    const labels = flatNodes((info, { node_data }) => {
      info['ntype_label'] = ['user', 'movie'];
      info['ntype_label_property'] = ['gender', 'genre'];
      node_data['movie'] = { genre: entry('node_data/genre', [3]), gender: entry('node_data/mgender', [3]) };
    });
    expect(labels).toEqual(['user/gender', 'movie/genre']);
  });

  test('two labelled edge types: types come with their reverse ones, label columns once', () => {
    const labels = flat((info, { edges, edge_data }) => {
      edges['user:likes:tag'] = entry('edges/likes', [5]);
      edge_data['user:likes:tag'] = {
        stars: entry('edge_data/stars', [5]),
        rating: entry('edge_data/r2', [5]),
      };
      info['etype_label'] = [
        'user:rated:movie',
        'movie:rated-rev:user',
        'user:likes:tag',
        'tag:likes-rev:user',
      ];
      info['etype_label_property'] = ['rating', 'stars'];
    });
    expect(labels).toContain('user:rated:movie/rating');
    expect(labels).toContain('user:likes:tag/stars');
  });

  test('several tasks on one type: the first and the last label, and every one that has masks of its own', () => {
    const labels = flatNodes((info, { node_data }) => {
      node_data['user'] = features('age', 'gender', 'job', 'income', 'lp', 'train_mask_job', 'val_mask_job');
      info['label_properties'] = { user: { COLUMN_NAME: 'income', VALUE_COUNTS: { '1': 10 } } };
      info['ntype_to_label_masks'] = { user: ['train_mask_job', 'val_mask_job', 'test_mask_job'] };
    });
    expect(labels).toEqual([
      'user/gender',
      'user/job',
      'user/income',
      'user/train_mask_job',
      'user/val_mask_job',
    ]);
  });

  test('several properties of one type in a list of their own', () => {
    const labels = flatNodes((info, { node_data }) => {
      node_data['user'] = features('age', 'gender', 'job');
      info['ntype_label_property'] = [['gender', 'job']];
    });
    expect(labels).toEqual(['user/gender', 'user/job']);
  });

  test('a type listed once for each of its labels', () => {
    const labels = flatNodes((info, { node_data }) => {
      node_data['user'] = features('age', 'gender', 'job');
      info['ntype_label'] = ['user', 'user'];
      info['ntype_label_property'] = ['gender', 'job'];
    });
    expect(labels).toEqual(['user/gender', 'user/job']);
  });

  test('a label of a type that has no data at all is no trouble', () => {
    expect(flatNodes((info) => (info['ntype_label'] = ['user', 'movie', 'ghost']))).toEqual(['user/gender']);
  });
});

describe('masks', () => {
  const withMasks = (document: TestGraph): void => {
    Object.assign(document.node_data['user']!, features('val_mask', 'fold_1'));
  };

  test('before 0.4 masks are not listed and have the three default names', () => {
    const masks = flat((info, document) => {
      delete info['etype_to_label_masks'];
      withMasks(document);
    });
    expect(masks).toEqual([
      'user:rated:movie/rating',
      'user:rated:movie/train_mask',
      'user/gender',
      'user/val_mask',
    ]);
  });

  test('masks under names of their own count when they are listed', () => {
    const masks = flatNodes((info, document) => {
      info['ntype_to_label_masks'] = { user: ['fold_1'] };
      withMasks(document);
    });
    expect(masks).toEqual(['user/gender', 'user/fold_1']);
  });

  test('a type with listed masks is labelled for their sake, though it has no label', () => {
    const masks = flatNodes((info, document) => {
      info['ntype_label'] = [];
      info['ntype_label_property'] = [];
      info['ntype_to_label_masks'] = { user: ['fold_1'] };
      withMasks(document);
    });
    expect(masks).toEqual(['user/fold_1']);
  });

  test('a type without label and listed masks may call a feature what it likes', () => {
    const masks = flatNodes((info, document) => {
      info['ntype_label'] = [];
      withMasks(document);
    });
    expect(masks).toEqual([]);
  });

  test('without graph_info nobody knows the labels, but masks have their names', () => {
    for (const none of [undefined, null]) {
      const masks = flat((_, document) => {
        Object.assign(document, { graph_info: none });
        withMasks(document);
      });
      expect(masks).toEqual(['user:rated:movie/train_mask', 'user/val_mask']);
    }
  });
});

describe('graph_info that cannot be understood is an error that names the key', () => {
  const cases: [string, unknown, string][] = [
    ['ntype_label', 5, 'graph_info.ntype_label is not a list of names'],
    ['etype_label_property', ['rating', true], 'graph_info.etype_label_property[1] is not a list of names'],
    ['ntype_to_label_masks', ['m'], 'graph_info.ntype_to_label_masks is not an object'],
    [
      'etype_to_label_masks',
      { 'a:b:c': 1 },
      'graph_info.etype_to_label_masks["a:b:c"] is not a list of names',
    ],
  ];
  for (const [key, value, message] of cases) {
    test(`${key}: ${JSON.stringify(value)}`, () => {
      const document = graph();
      document.graph_info[key] = value;
      expect(() => parse(document)).toThrow(message);
    });
  }

  test('not an object', () => {
    expect(() => parse({ ...graph(), graph_info: [] })).toThrow('graph_info is not an object');
  });
});
