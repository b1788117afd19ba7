/** Small metadata documents for tests. */
import { alignmentGroups, type GraphMetadata, parseMetadata } from '../../src/metadata/index.js';
import type { AlignmentGroup, DataSet } from '../../src/metadata/model.js';

export interface TestEntry {
  format: { name: string };
  data: string[];
  row_counts?: number[];
}

/** A document that a test may spoil in any way. */
export interface TestGraph {
  [key: string]: unknown;
  edge_type: string[];
  node_type: string[];
  edges: Record<string, TestEntry>;
  edge_data: Record<string, Record<string, TestEntry>>;
  node_data: Record<string, Record<string, TestEntry>>;
  graph_info: Record<string, unknown>;
}

/** A data set whose parts lie in `folder`. */
export function entry(folder: string, rowCounts: number[]): TestEntry {
  const data = rowCounts.map((_, i) => `${folder}/parquet/part-${String(i).padStart(5, '0')}.parquet`);
  return { format: { name: 'parquet' }, data, row_counts: rowCounts };
}

/** A forward and a reverse edge type that share a label and a mask; a labelled node type. */
export function graph(): TestGraph {
  const rating = entry('edge_data/rating', [10, 12, 10, 8, 10]);
  const mask = entry('edge_data/train_mask', [10, 10, 10, 10, 10]);
  return {
    edge_type: ['user:rated:movie', 'movie:rated-rev:user'],
    node_type: ['movie', 'user'],
    edges: {
      'user:rated:movie': entry('edges/forward', [8, 8, 8, 8, 18]),
      'movie:rated-rev:user': entry('edges/reverse', [18, 8, 8, 8, 8]),
    },
    edge_data: {
      'user:rated:movie': {
        rating,
        train_mask: mask,
        weight: entry('edge_data/weight', [10, 10, 10, 10, 10]),
      },
      'movie:rated-rev:user': { rating, train_mask: mask },
    },
    node_data: { user: { age: entry('node_data/age', [5, 5]), gender: entry('node_data/gender', [4, 6]) } },
    raw_id_mappings: {
      movie: entry('raw_id_mappings/movie', [3]),
      user: entry('raw_id_mappings/user', [10]),
    },
    num_nodes_per_type: [3, 10],
    num_edges_per_type: [50, 50],
    graph_info: {
      ntype_label: ['user'],
      ntype_label_property: ['gender'],
      etype_label: ['user:rated:movie', 'movie:rated-rev:user'],
      etype_label_property: ['rating'],
      task_type: 'edge_class',
      etype_to_label_masks: { 'user:rated:movie': ['train_mask'] },
    },
  };
}

export function parse(document: unknown): GraphMetadata {
  return parseMetadata(JSON.stringify(document), '/data/metadata.json');
}

export function groupsOf(document: unknown): AlignmentGroup[] {
  return alignmentGroups(parse(document));
}

/** `edge_data/user:rated:movie/rating = edge_data/movie:rated-rev:user/rating *`; a star on what must be flat. */
export function placesOf({ places, flat }: DataSet): string {
  const shown = places.map(({ section, type, name }) => [section, type, name ?? 'structure'].join('/'));
  return shown.join(' = ') + (flat ? ' *' : '');
}
