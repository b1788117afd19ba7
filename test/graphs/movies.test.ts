/** The main job on a real graph: real Spark and pyarrow parts, aligned on local disk. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repartition, verifyPrefix } from 'gs-repartition';
import { describe, expect, test } from 'vitest';
import { expectSameRows } from '../support/same-rows.js';
import { checksums, copyFixture, dglView, entriesOf, readMetadata } from './prefix.js';

const UPDATED = 'updated_row_counts_metadata.json';

describe('the movies graph, written by Spark and pyarrow', () => {
  for (const targetLayout of ['fewest-bytes', 'most-frequent'] as const) {
    test(`aligned to ${targetLayout}: three readers find every row, null and footer key where it was`, async () => {
      const prefix = await copyFixture('movies');
      await repartition({ inputPrefix: prefix, targetLayout });
      const before = entriesOf(await readMetadata(prefix));
      const after = entriesOf(await readMetadata(prefix, UPDATED));
      expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
      for (const [name, { data }] of after) {
        const paths = (parts: readonly string[]): string[] => parts.map((path) => join(prefix, path));
        await expectSameRows(paths(before.get(name)!.data), paths(data));
      }
    }, 180_000);
  }

  test('DistPartitioning reads it: no violation after, many before', async () => {
    const prefix = await copyFixture('movies');
    await repartition({ inputPrefix: prefix });
    expect((await dglView(prefix, 'metadata.json')).violations.length).toBeGreaterThan(20);
    const view = await dglView(prefix, UPDATED);
    expect(view.violations).toEqual([]);
    expect(
      view.sections['node_data']!['movie']!['train_mask']!.shapes.every((shape) => shape?.length === 1),
    ).toBe(true);
    expect(view.sections['node_data']!['movie']!['title_embedding']!.shapes[0]).toHaveLength(2);
    expect(await verifyPrefix({ inputPrefix: prefix })).toMatchObject({ ready: true, violations: [] });
  });

  test('the metadata keep all they said, in the order DistPartitioning goes by', async () => {
    const prefix = await copyFixture('movies');
    await repartition({ inputPrefix: prefix });
    const before = await readMetadata(prefix);
    const after = await readMetadata(prefix, UPDATED);
    const { edges, edge_data: edgeData, node_data: nodeData } = after;
    expect({ ...before, edges, edge_data: edgeData, node_data: nodeData }).toEqual(after);
    expect(Object.keys(edges)).toEqual(after.edge_type);
    expect(Object.keys(edgeData!)).toEqual(after.edge_type.filter((type) => before.edge_data![type]));
    expect(Object.keys(nodeData!)).toEqual(after.node_type.filter((type) => before.node_data![type]));
    const text = await readFile(join(prefix, UPDATED), 'utf8');
    expect(text).toBe(JSON.stringify(after, null, 4));
  });

  test('inputs are untouched, and a second run copies nothing and leaves the same bytes', async () => {
    const prefix = await copyFixture('movies');
    const inputs = await checksums(prefix);
    const first = await repartition({ inputPrefix: prefix });
    const outputs = await checksums(prefix);
    for (const [path, sum] of inputs) expect([path, outputs.get(path)]).toEqual([path, sum]);
    expect(first.parts.resumed).toBe(0);

    const second = await repartition({ inputPrefix: prefix });
    expect(second.parts).toEqual({
      kept: first.parts.kept,
      spliced: 0,
      reencoded: 0,
      resumed: first.parts.spliced,
    });
    expect(second.bytes).toEqual({ kept: first.bytes.kept, copied: 0, written: 0 });
    const again = await checksums(prefix);
    again.delete('repartition_status.json');
    outputs.delete('repartition_status.json');
    expect(again).toEqual(outputs);
  });

  test('an aligned prefix, aligned once more from its updated metadata, keeps every part', async () => {
    const prefix = await copyFixture('movies');
    await repartition({ inputPrefix: prefix });
    const summary = await repartition({
      inputPrefix: prefix,
      inputMetadataFileName: UPDATED,
      updatedMetadataFileName: 'again.json',
    });
    expect(summary.dataSets.rewritten).toBe(0);
    expect(await readFile(join(prefix, 'again.json'), 'utf8')).toBe(
      await readFile(join(prefix, UPDATED), 'utf8'),
    );
  });

  test('into three even parts per type, for three DistPartitioning ranks', async () => {
    const prefix = await copyFixture('movies');
    await repartition({ inputPrefix: prefix, numOutputFiles: 3 });
    for (const [name, { row_counts: counts }] of entriesOf(await readMetadata(prefix, UPDATED))) {
      expect([name, counts?.length]).toEqual([name, 3]);
      expect(Math.max(...counts!) - Math.min(...counts!)).toBeLessThanOrEqual(1);
    }
    expect((await dglView(prefix, UPDATED)).violations).toEqual([]);
  });
});
