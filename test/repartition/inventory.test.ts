/** What is found of parts is the same whoever reads their footers, and in whichever order they are met. */
import { describe, expect, test } from 'vitest';
import { alignmentGroups } from '../../src/metadata/index.js';
import type { Footer } from '../../src/parquet/footer.js';
import { FileMetaData, SchemaElement } from '../../src/parquet/format.js';
import { make } from '../../src/parquet/thrift.js';
import { type FooterThreads, readsInThreads } from '../../src/repartition/execute/thread-reads.js';
import type { CountedGroup } from '../../src/repartition/model.js';
import { takeInventory } from '../../src/repartition/prepare/inventory.js';
import { partsListedTwice } from '../../src/repartition/prepare/part-lists.js';
import { readMetadata } from '../../src/repartition/prepare/read-metadata.js';
import { DataSetSchemas } from '../../src/repartition/prepare/schemas.js';
import { readFooters } from '../../src/repartition/work/footers.js';
import { locate, openStorage } from '../../src/storages.js';
import { copyFixture } from '../graphs/prefix.js';
import { memoryFile, schemaOf } from '../parquet/memory.js';

describe('footers read in threads', () => {
  /** @param inventories that are taken: with the footers read in this thread, and in others that start after a while */
  async function inventories(
    name: string,
  ): Promise<{ here: CountedGroup[]; there: CountedGroup[]; jobs: number }> {
    const storage = await openStorage(await locate(await copyFixture(name, { spoiled: true })));
    const { metadata } = await readMetadata(storage, 'metadata.json', 'inputMetadataFileName', {});
    const groups = alignmentGroups(metadata);
    let jobs = 0;
    let start = (): void => undefined;
    const threads: FooterThreads = {
      count: 2,
      batches: 2,
      started: () => new Promise((resolve) => (start = resolve)),
      readFooters: async (reads) => {
        jobs++;
        // What comes back from a thread is a copy.
        return structuredClone(await readFooters(storage, reads, {}));
      },
    };
    const reader = readsInThreads(threads, storage, {});
    const here = await takeInventory(storage, groups, {});
    let done = 0;
    const there = await takeInventory(storage, groups, { reader, onPart: () => ++done === 2 && start() });
    expect(done).toBe(here.flatMap(({ dataSets }) => dataSets).flatMap(({ parts }) => parts).length);
    return { here, there, jobs };
  }

  // Nulls, nested and ragged columns, other keys, parts without rows.
  for (const name of ['movies', 'cases/column-kinds', 'cases/stale-shape', 'cases/fixed-size-list']) {
    test(`say the same of ${name}`, async () => {
      const { here, there, jobs } = await inventories(name);
      expect(there).toEqual(here);
      if (name === 'movies') expect(jobs).toBeGreaterThan(10);
    });
  }
});

describe('parts listed twice', () => {
  const numbered = Array.from({ length: 12 }, (_, i) => `part-${i}.parquet`);

  test.each([
    ['one after the other', [...numbered, 'part-11.parquet'], ['part-11.parquet']],
    ['far apart', [...numbered, 'part-3.parquet'], ['part-3.parquet']],
    ['in names that go down', ['b', 'a', 'a', 'b'], ['a', 'b']],
    ['nowhere, in numbers that go up', numbered, []],
    ['nowhere, in any order', ['part-2', 'part-10', 'part-1'], []],
  ])('%s', (_, parts, twice) => {
    expect(partsListedTwice(parts)).toEqual(twice);
  });
});

describe('the schemas of a data set', () => {
  const part = (path: string, rows: number, column: string): { path: string; footer: Footer } => {
    const [root, x] = schemaOf() as [SchemaElement, SchemaElement];
    const schema = [root, x.clone().set(SchemaElement.name, column)];
    const { footer } = memoryFile(
      path,
      make(FileMetaData, { version: 1, schema, numRows: 0, rowGroups: [] }),
    );
    return { path, footer: { ...footer, rows } };
  };

  test('differ wherever parts with rows do, whichever part without rows came before them', () => {
    const schemas = new DataSetSchemas('node_data of user, age');
    expect(schemas.add(part('part-0', 0, 'old'))).toBe(0);
    expect(schemas.add(part('part-1', 5, 'age'))).toBe(1);
    expect(schemas.add(part('part-2', 5, 'age'))).toBe(1);
    expect(schemas.add(part('part-3', 0, 'old'))).toBe(0);
    const act = (): unknown => schemas.add(part('part-4', 5, 'old'));
    expect(act).toThrow(
      'part-1 and part-4 are parts of node_data of user, age but their schemas differ at column',
    );
  });
});
