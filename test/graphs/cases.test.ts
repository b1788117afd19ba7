/** The rules of alignment, each on a small graph of its own: see test/fixtures/README.md for what is in them. */
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { repartition, type RepartitionOptions, type Summary, verifyPrefix } from 'gs-repartition';
import { describe, expect, test } from 'vitest';
import { expectSameRows } from '../support/same-rows.js';
import {
  checksums,
  copyFixture,
  dglView,
  type DglView,
  editMetadata,
  entriesOf,
  readMetadata,
} from './prefix.js';

const UPDATED = 'updated_row_counts_metadata.json';

interface Aligned {
  prefix: string;
  summary: Summary;
  /** Row counts by `<type> <data set>`. */
  counts: Record<string, number[] | undefined>;
  view: DglView;
}

/** Aligns a copy of a case; three readers and DistPartitioning's view judge it, and `verify` when the test ends. */
async function align(name: string, options: Partial<RepartitionOptions> = {}): Promise<Aligned> {
  const prefix = await copyFixture(`cases/${name}`);
  const summary = await repartition({ inputPrefix: prefix, ...options });
  const before = entriesOf(await readMetadata(prefix));
  const after = entriesOf(await readMetadata(prefix, UPDATED));
  for (const [dataSet, { data }] of after) {
    const paths = (parts: readonly string[]): string[] => parts.map((path) => join(prefix, path));
    await expectSameRows(paths(before.get(dataSet)!.data), paths(data));
  }
  const counts = Object.fromEntries([...after].map(([dataSet, { row_counts: rows }]) => [dataSet, rows]));
  return { prefix, summary, counts, view: await dglView(prefix, UPDATED) };
}

/** Shapes of a data set's parts as DistPartitioning gets them. */
function shapes({ view }: Aligned, section: string, type: string, name: string): (number[] | null)[] {
  return view.sections[section]![type]![name]!.shapes;
}

describe("the reference's own scenarios", () => {
  const tens = [10, 10, 10, 10, 10];
  const flat = tens.map((rows) => [rows]);
  const column = tens.map((rows) => [rows, 1]);

  for (const [name, edgeLabel] of [
    ['reference-edge-class', flat],
    ['reference-node-class', flat],
    ['reference-link-predict', column],
    ['reference-link-prediction', column],
  ] as const) {
    test(`${name}: counts agree, labels and masks are flat where the task reads them so`, async () => {
      const aligned = await align(name, { targetLayout: 'most-frequent' });
      for (const counts of Object.values(aligned.counts)) expect(counts).toEqual(tens);
      expect(aligned.view.violations).toEqual([]);
      expect(shapes(aligned, 'edge_data', 'user:rated:movie', 'label')).toEqual(edgeLabel);
      expect(shapes(aligned, 'edge_data', 'movie:rated-rev:user', 'label')).toEqual(edgeLabel);
      expect(shapes(aligned, 'edge_data', 'user:rated:movie', 'train_mask')).toEqual(flat);
      expect(shapes(aligned, 'node_data', 'user', 'label')).toEqual(flat);
      expect(shapes(aligned, 'node_data', 'user', 'test_mask')).toEqual(flat);
      expect(shapes(aligned, 'edges', 'user:rated:movie', 'structure')).toEqual(
        tens.map((rows) => [rows, 2]),
      );
    }, 60_000);
  }

  for (const layout of [
    [12, 12, 12, 9, 5],
    [10, 10, 15, 10, 5],
    [1, 1, 1, 1, 46],
  ]) {
    test(`the most frequent layout ${layout.join(' ')} is everybody's`, async () => {
      const aligned = await align(`layouts-${layout.join('-')}`, { targetLayout: 'most-frequent' });
      for (const counts of Object.values(aligned.counts)) expect(counts).toEqual(layout);
      expect(aligned.view.violations).toEqual([]);
      expect(shapes(aligned, 'node_data', 'user', 'label')).toEqual(layout.map((rows) => [rows]));
    }, 60_000);
  }
});

describe('rules of alignment', () => {
  test('a -rev relation without a forward twin is aligned like any other; one without features is left alone', async () => {
    const { counts, view } = await align('rev-without-twin');
    expect(counts['user:likes-rev:movie structure']).toEqual(counts['user:likes-rev:movie weight']);
    expect(counts['user:likes-rev:movie structure']).toEqual(counts['user:likes-rev:movie tags']);
    expect(counts['user:follows:user structure']).toEqual([6, 4]);
    expect(view.violations).toEqual([]);
  });

  test('missing row counts and totals are counted', async () => {
    const { prefix, view } = await align('no-row-counts');
    const metadata = await readMetadata(prefix, UPDATED);
    expect([metadata.num_nodes_per_type, metadata.num_edges_per_type]).toEqual([
      [20, 30],
      [40, 40],
    ]);
    expect(view.violations).toEqual([]);
  });

  test('metadata from before 0.4 have masks under their default names', async () => {
    const aligned = await align('pre-0.4');
    expect(aligned.view.violations).toEqual([]);
    for (const mask of ['train_mask', 'val_mask', 'test_mask']) {
      expect(shapes(aligned, 'node_data', 'user', mask).every((shape) => shape?.length === 1)).toBe(true);
    }
  });

  test('two labelled types: each label is flat, a feature of the same name is not', async () => {
    const aligned = await align('two-labels');
    const dimensions = (type: string, name: string): (number | undefined)[] => [
      ...new Set(shapes(aligned, 'node_data', type, name).map((shape) => shape?.length)),
    ];
    expect([
      dimensions('user', 'gender'),
      dimensions('movie', 'genre'),
      dimensions('movie', 'train_genre'),
    ]).toEqual([[1], [1], [1]]);
    expect(dimensions('movie', 'gender')).toEqual([2]);
    expect(aligned.view.violations).toEqual([]);
  });

  test('different file counts within a type become one', async () => {
    const { counts, view } = await align('file-counts');
    expect(
      new Set(Object.entries(counts).flatMap(([name, c]) => (name.startsWith('user ') ? [c!.length] : [])))
        .size,
    ).toBe(1);
    expect(view.violations).toEqual([]);
  });

  test('a stale shape is never left, whatever the column', async () => {
    const aligned = await align('stale-shape');
    expect(aligned.view.violations).toEqual([]);
    for (const [name, layout] of [
      ['age', 2],
      ['gender', 1],
      ['vector', 2],
      ['matrix', 3],
    ] as const) {
      const found = shapes(aligned, 'node_data', 'user', name);
      expect([name, found.map((shape) => shape?.[0])]).toEqual([name, aligned.counts[`user ${name}`]]);
      expect([name, new Set(found.map((shape) => shape?.length))]).toEqual([name, new Set([layout])]);
    }
  });

  test('a list or fixed-size-list column never gets a flat shape', async () => {
    const aligned = await align('fixed-size-list');
    expect(aligned.view.violations).toEqual([]);
    expect(shapes(aligned, 'node_data', 'user', 'interests').every((shape) => shape?.length === 2)).toBe(
      true,
    );
    expect(
      shapes(aligned, 'edge_data', 'user:rated:movie', 'topics').every((shape) => shape?.length === 2),
    ).toBe(true);
    expect(
      shapes(aligned, 'edge_data', 'user:rated:movie', 'train_mask').every((shape) => shape?.length === 1),
    ).toBe(true);
  });

  test('no list column gets a part without rows, which has no width', async () => {
    const { counts } = await align('empty-list-parts');
    expect(counts['user vector']).toEqual([14, 16]);
  });

  test('a graph that is aligned already keeps every part, and is published all the same', async () => {
    const { prefix, summary } = await align('aligned');
    expect([summary.dataSets.rewritten, summary.parts.spliced, summary.bytes.copied]).toEqual([0, 0, 0]);
    expect(await readFile(join(prefix, UPDATED), 'utf8')).toBe(
      await readFile(join(prefix, 'metadata.json'), 'utf8'),
    );
  });

  test('structures without features are left alone', async () => {
    const { summary, counts } = await align('no-features');
    const before = await readMetadata(await copyFixture('cases/no-features'));
    expect(summary.dataSets.rewritten).toBe(0);
    for (const [type, entry] of Object.entries(before.edges)) {
      expect(counts[`${type} structure`]).toEqual(entry.row_counts);
    }
  });

  test('numbers, unknown keys and names come through exactly; __proto__ is a type', async () => {
    const { prefix, view, counts } = await align('lossless');
    const text = await readFile(join(prefix, UPDATED), 'utf8');
    for (const number of ['9007199254740993', '1e400', '1.0', '0.10', '1E+5'])
      expect(text).toContain(` ${number}`);
    expect(text).toContain('"st\\u00e4dte"');
    expect(counts['__proto__ constructor']).toEqual(counts['__proto__ toString']);
    const edges = text.slice(text.indexOf('"edges": {'));
    const order = [...edges.matchAll(/^ {8}"([^"]+)": \{$/gm)].map(([, key]) => key);
    expect(order.slice(0, 3)).toEqual([
      'movie:10:movie',
      '__proto__:knows:movie',
      'movie:filmed_in:st\\u00e4dte',
    ]);
    expect(view.violations).toEqual([]);
  });

  for (const layout of ['fewest-bytes', 'most-frequent'] as const) {
    test(`every kind of column, page and codec keeps its rows (${layout})`, async () => {
      const { summary } = await align('column-kinds', { targetLayout: layout });
      expect(summary.parts.spliced).toBeGreaterThan(0);
    }, 120_000);
  }

  test('every kind of column, page and codec, cut into seven parts', async () => {
    await align('column-kinds', { numOutputFiles: 7 });
  }, 120_000);

  test('totals that differ are an error that names both data sets', async () => {
    const prefix = await copyFixture('cases/totals-differ');
    const before = await checksums(prefix);
    await expect(repartition({ inputPrefix: prefix })).rejects.toThrow(/ has 40 rows but .*vector has 39/);
    const after = await checksums(prefix);
    after.delete('repartition_status.json');
    expect(after).toEqual(before);
    // What no run will mend, verify must not send people to.
    const { violations } = await verifyPrefix({ inputPrefix: prefix });
    expect(violations.map(({ message }) => message)).toEqual([
      expect.stringMatching(/ 40 and 39 rows in all, which no layout fits; run gs-processing again$/),
    ]);
  });

  test('an id mapping that must be counted and is missing is an error before any write', async () => {
    const prefix = await copyFixture('cases/no-row-counts');
    await rm(join(prefix, 'raw_id_mappings'), { recursive: true });
    const before = await checksums(prefix);
    await expect(repartition({ inputPrefix: prefix })).rejects.toThrow('raw_id_mappings');
    const after = await checksums(prefix);
    after.delete('repartition_status.json');
    expect(after).toEqual(before);
  });

  test('counts that lie are an error; --recount believes the files', async () => {
    const prefix = await copyFixture('cases/counts-lie');
    await expect(repartition({ inputPrefix: prefix })).rejects.toThrow(/has 15 rows, the metadata say 20/);
    await repartition({ inputPrefix: prefix, recount: true });
    expect((await dglView(prefix, UPDATED)).violations).toEqual([]);
  });

  test('verify names type, data set and part of every violation', async () => {
    const prefix = await copyFixture('cases/aligned');
    await editMetadata(prefix, (metadata) => {
      metadata.node_data!['user']!['vector']!.row_counts = [15, 15];
      metadata.edges['user:rated:movie']!.data.reverse();
      metadata.edges['user:rated:movie']!.row_counts!.reverse();
    });
    await rename(join(prefix, 'metadata.json'), join(prefix, UPDATED));
    const { ready, violations } = await verifyPrefix({ inputPrefix: prefix });
    expect(ready).toBe(false);
    expect(violations.map(({ type, dataSet, message }) => `${type} ${dataSet}: ${message}`)).toEqual(
      expect.arrayContaining([
        'user vector: has 16 rows, the metadata say 15',
        'user:rated:movie weight: has 22 rows, part 0 of structure has 18',
      ]),
    );
  });
});
