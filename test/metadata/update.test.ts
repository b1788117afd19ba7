import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  alignmentGroups,
  idMappingsToCount,
  parseMetadata,
  updateMetadata,
} from '../../src/metadata/index.js';
import { repositoryRoot } from '../support/paths.js';
import { entry, graph, parse, type TestEntry, type TestGraph } from './graphs.js';

interface UpdateOptions {
  recount?: boolean;
  /** Rows of each data set. */
  rows?: number[];
  /** Rows of each id mapping that has to be counted. */
  mapped?: number[];
}

function updateText(
  text: string,
  { recount = false, rows = [7, 3], mapped = [2, 8] }: UpdateOptions = {},
): string {
  const metadata = parseMetadata(text, 'm');
  const dataSets = alignmentGroups(metadata).flatMap((group) =>
    group.dataSets.map((dataSet) => ({
      dataSet,
      parts: rows.map((_, i) => `new/part-${i}`),
      rowCounts: rows,
    })),
  );
  const idMappings = new Map(idMappingsToCount(metadata).map((mapping) => [mapping.type, mapped]));
  return [...updateMetadata(metadata, { dataSets, idMappings, recount })].join('');
}

function update(document: unknown, options: UpdateOptions = {}): TestGraph {
  return JSON.parse(updateText(JSON.stringify(document), options)) as TestGraph;
}

function without(...keys: string[]): TestGraph {
  return Object.fromEntries(Object.entries(graph()).filter(([key]) => !keys.includes(key))) as TestGraph;
}

describe('the updated metadata', () => {
  test('new parts and counts stand at every place of a shared data set', () => {
    const updated = update(graph());
    for (const type of ['user:rated:movie', 'movie:rated-rev:user']) {
      expect(updated.edge_data[type]!['rating']).toEqual({
        format: { name: 'parquet' },
        data: ['new/part-0', 'new/part-1'],
        row_counts: [7, 3],
      });
    }
  });

  test('row counts are written where there were none, after what the entry had', () => {
    const document = graph();
    document.node_data = { user: { age: { format: { name: 'parquet' }, data: ['a'] } } };
    expect(JSON.stringify(update(document).node_data)).toBe(
      '{"user":{"age":{"format":{"name":"parquet"},"data":["new/part-0","new/part-1"],"row_counts":[7,3]}}}',
    );
  });

  test('types stand in the order of edge_type and node_type, others behind', () => {
    const document = graph();
    document.edge_type = ['movie:rated-rev:user'];
    document['num_edges_per_type'] = [50];
    document.node_type = ['10', 'user', '2'];
    document['num_nodes_per_type'] = [1, 1, 1];
    const text = JSON.stringify(document).replace(
      '"node_data":{',
      `"node_data":{"z":{},"2":{"x":${JSON.stringify(entry('x', [1]))}},"y":null,`,
    );
    const updated = updateText(text);
    const keysOf = (section: string): string[] =>
      [
        ...new RegExp(`^    "${section}": \\{\n(.*?)\n    \\}`, 'ms')
          .exec(updated)![1]!
          .matchAll(/^ {8}"(.*?)": /gm),
      ].map((match) => match[1]!);
    expect(keysOf('edges')).toEqual(['movie:rated-rev:user', 'user:rated:movie']);
    expect(keysOf('edge_data')).toEqual(['movie:rated-rev:user', 'user:rated:movie']);
    expect(keysOf('node_data')).toEqual(['user', '2', 'z', 'y']);
  });

  test('what is unknown, and what we do not count, stays exactly', () => {
    const text = JSON.stringify({ ...graph(), extra: 'EXTRA' }, null, 4).replace(
      '"EXTRA"',
      '{\n        "10": 1.50,\n        "9": 123456789012345678901234567890,\n        "__proto__": null\n    }',
    );
    const updated = updateText(text);
    expect(updated.slice(updated.indexOf('"extra"'))).toBe(text.slice(text.indexOf('"extra"')));
    expect(JSON.parse(updated)).toMatchObject({
      num_nodes_per_type: [3, 10],
      raw_id_mappings: graph()['raw_id_mappings'],
      graph_info: graph().graph_info,
    });
  });

  test('nothing changed: the same text', () => {
    const text = JSON.stringify(graph(), null, 4);
    const metadata = parseMetadata(text, 'm');
    const dataSets = alignmentGroups(metadata).flatMap((group) =>
      group.dataSets.map((dataSet) => ({ dataSet, parts: dataSet.parts, rowCounts: dataSet.rowCounts! })),
    );
    const changes = { dataSets, idMappings: new Map<string, number[]>(), recount: false };
    const blocks = updateMetadata(metadata, changes);
    expect([...blocks].join('')).toBe(text);
    expect([...blocks].join('')).toBe(text);
    expect([...updateMetadata(metadata, changes)].join('')).toBe(text);
  });

  test('the movies graph as Python wrote it, with nothing changed: byte for byte', () => {
    const text = readFileSync(join(repositoryRoot, 'test/fixtures/movies/metadata.json'), 'utf8').trimEnd();
    const metadata = parseMetadata(text, 'm');
    const dataSets = alignmentGroups(metadata).flatMap((group) =>
      group.dataSets.map((dataSet) => ({ dataSet, parts: dataSet.parts, rowCounts: dataSet.rowCounts! })),
    );
    const blocks = updateMetadata(metadata, { dataSets, idMappings: new Map(), recount: false });
    expect([...blocks].join('')).toBe(text);
  });

  test('the parsed document is left as it was', () => {
    const metadata = parse(graph());
    const groups = alignmentGroups(metadata);
    const dataSets = groups[0]!.dataSets.map((dataSet) => ({ dataSet, parts: ['x'], rowCounts: [1] }));
    const changes = { dataSets, idMappings: new Map([['user', [1]]]), recount: true };
    expect([...updateMetadata(metadata, changes)].join('')).toContain('"x"');
    expect(alignmentGroups(metadata)).toEqual(groups);
    expect(metadata).toEqual(parse(graph()));
  });
});

describe('totals', () => {
  const totals = (document: TestGraph, options?: UpdateOptions): unknown[] => {
    const updated = update(document, options);
    return [updated['num_nodes_per_type'], updated['num_edges_per_type']];
  };

  test('missing ones are counted: nodes without features from their id mapping', () => {
    const document = without('num_nodes_per_type', 'num_edges_per_type');
    expect(totals(document)).toEqual([
      [10, 10],
      [10, 10],
    ]);
    expect(totals({ ...document, num_nodes_per_type: null }, { rows: [4, 4], mapped: [8] })).toEqual([
      [8, 8],
      [8, 8],
    ]);
  });

  test('features count a node type that has no id mapping', () => {
    const document = without('num_nodes_per_type', 'raw_id_mappings');
    document.node_data['movie'] = { year: entry('node_data/year', [3]) };
    expect(totals(document)[0]).toEqual([10, 10]);
  });

  test('id mappings are found under their old name, and get their row counts', () => {
    const document = without('num_nodes_per_type', 'raw_id_mappings');
    const mapping: TestEntry = { format: { name: 'parquet' }, data: ['m/0', 'm/1'] };
    document['node_id_mappings'] = { movie: mapping, user: mapping };
    const updated = update(document, { mapped: [4, 6] });
    expect(updated['num_nodes_per_type']).toEqual([10, 10]);
    expect(updated['node_id_mappings']).toEqual({
      movie: { ...mapping, row_counts: [4, 6] },
      user: { ...mapping, row_counts: [4, 6] },
    });
  });

  test('only id mappings without rows have to be counted while the totals are there', () => {
    expect(idMappingsToCount(parse(graph()))).toEqual([]);
    const mapping = { format: { name: 'parquet' }, data: ['m/0'] };
    const document = { ...graph(), raw_id_mappings: { movie: entry('m', [3]), user: mapping } };
    expect(idMappingsToCount(parse(document))).toEqual([{ type: 'user', parts: ['m/0'] }]);
    expect(
      idMappingsToCount(parse({ ...document, num_nodes_per_type: null })).map(({ type }) => type),
    ).toEqual(['movie', 'user']);
  });

  test('totals that are there are replaced only by a recount', () => {
    expect(totals(graph())).toEqual([
      [3, 10],
      [50, 50],
    ]);
    expect(totals(graph(), { recount: true, rows: [4] })).toEqual([
      [3, 4],
      [4, 4],
    ]);
  });

  test('an id mapping that differs from the features is an error that names both', () => {
    expect(() => update(without('num_nodes_per_type'), { mapped: [11] })).toThrow(
      'm: node type "user" has 11 nodes in raw_id_mappings but 10 rows in node_data',
    );
  });
});
