/** Parts that were made, and damaged or exchanged afterwards: the next run sees it in their footers, and makes them anew. */
import { copyFile, cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownedTasks, prepare, repartition } from 'gs-repartition';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_MEMORY, Memory } from '../../src/memory.js';
import { footerBytes, readFooter } from '../../src/parquet/footer.js';
import {
  ColumnChunk,
  ColumnMetaData,
  FileMetaData,
  RowGroup,
  SchemaElement,
} from '../../src/parquet/format.js';
import { checksums } from '../graphs/prefix.js';
import { temporaryFolder } from '../s3/kit.js';
import { repositoryRoot } from '../support/paths.js';
import { expectReady } from '../support/ready.js';

interface Parts {
  /** The part that is damaged. */
  file: string;
  /** Another part of the same data set, of another, and an input. */
  neighbour: string;
  stranger: string;
  input: string;
}

/** Writes a part's footer anew. */
async function changeFooter(file: string, change: (meta: FileMetaData) => FileMetaData): Promise<void> {
  const bytes = new Uint8Array(await readFile(file));
  const read = (start: number, end: number): Promise<Uint8Array> => Promise.resolve(bytes.slice(start, end));
  const footer = await readFooter({
    name: file,
    size: bytes.length,
    readOverhead: 0,
    smallestCopy: 0,
    memory: Memory.within(DEFAULT_MEMORY),
    read,
  });
  await writeFile(
    file,
    Buffer.concat([bytes.slice(0, footer.start), footerBytes(change(footer.meta.clone()))]),
  );
}

/** Changes the metadata of the first column chunk. */
function changeChunk(meta: FileMetaData, change: (chunk: ColumnMetaData) => ColumnMetaData): FileMetaData {
  const [group, ...groups] = meta.require(FileMetaData.rowGroups);
  const [column, ...columns] = group!.require(RowGroup.columns);
  const changed = column!
    .clone()
    .set(ColumnChunk.metaData, change(column!.require(ColumnChunk.metaData).clone()));
  return meta.set(FileMetaData.rowGroups, [
    group!.clone().set(RowGroup.columns, [changed, ...columns]),
    ...groups,
  ]);
}

const bytesOf = (file: string): Promise<Buffer> => readFile(file);

const DAMAGES: Record<string, (parts: Parts) => Promise<void>> = {
  deleted: ({ file }) => rm(file),
  emptied: ({ file }) => truncate(file, 0),
  'cut off': async ({ file }) => truncate(file, (await bytesOf(file)).length - 100),
  'with bytes behind its end': async ({ file }) =>
    writeFile(file, Buffer.concat([await bytesOf(file), Buffer.from('x')])),
  'with bytes missing in its middle': async ({ file }) => {
    const bytes = await bytesOf(file);
    await writeFile(file, Buffer.concat([bytes.subarray(0, 20), bytes.subarray(30)]));
  },
  'with bytes too many in its middle': async ({ file }) => {
    const bytes = await bytesOf(file);
    await writeFile(file, Buffer.concat([bytes.subarray(0, 20), Buffer.alloc(10), bytes.subarray(20)]));
  },
  'with zeros for a footer': async ({ file }) => {
    const bytes = await bytesOf(file);
    await writeFile(file, bytes.fill(0, bytes.length - 200));
  },
  'with a page offset that is another': ({ file }) =>
    changeFooter(file, (meta) =>
      changeChunk(meta, (chunk) =>
        [ColumnMetaData.dataPageOffset, ColumnMetaData.dictionaryPageOffset].reduce(
          (changed, field) => (changed.has(field) ? changed.set(field, changed.require(field) + 1) : changed),
          chunk,
        ),
      ),
    ),
  'with a chunk size that is another': ({ file }) =>
    changeFooter(file, (meta) =>
      changeChunk(meta, (chunk) =>
        chunk.set(ColumnMetaData.totalCompressedSize, chunk.require(ColumnMetaData.totalCompressedSize) - 1),
      ),
    ),
  'with a column of another name': ({ file }) =>
    changeFooter(file, (meta) => {
      const [root, leaf, ...more] = meta.require(FileMetaData.schema);
      return meta.set(FileMetaData.schema, [
        root!,
        leaf!.clone().set(SchemaElement.name, 'another'),
        ...more,
      ]);
    }),
  'exchanged for a part of its own data set': ({ file, neighbour }) => copyFile(neighbour, file),
  "exchanged for another data set's part": ({ file, stranger }) => copyFile(stranger, file),
  'exchanged for an input': ({ file, input }) => copyFile(input, file),
};

/** One graph for all: each damage is mended by the run that finds it. Even parts, so that some are exchangeable. */
const graph = await temporaryFolder();
const prefix = join(graph.path, 'prefix');
const options = { inputPrefix: prefix, numOutputFiles: 2 };
let parts: Parts;
let whole: Map<string, string>;

/** Of all files but the status. */
async function sums(): Promise<Map<string, string>> {
  const all = await checksums(prefix);
  all.delete('repartition_status.json');
  return all;
}

beforeAll(async () => {
  await cp(join(repositoryRoot, 'test/fixtures/cases/file-counts'), prefix, { recursive: true });
  const tasks = [...ownedTasks(await prepare(options))];
  await repartition(options);
  const [first, neighbour] = tasks.map(({ task }) => task);
  const stranger = tasks.find(
    ({ dataSet, task }) => dataSet !== tasks[0]!.dataSet && task.rows === first!.rows,
  );
  const where = (path: string): string => join(prefix, path);
  parts = {
    file: where(first!.output),
    neighbour: where(neighbour!.output),
    stranger: where(stranger!.task.output),
    input: where(first!.slices[0].path),
  };
  whole = await sums();
  // Whatever has the same bytes is ready too.
  await expectReady(prefix, 'cases/file-counts');
});

afterAll(graph.remove);

describe('a part that was made', () => {
  for (const [how, damage] of Object.entries(DAMAGES)) {
    test(`${how}, is made anew, and no other`, async () => {
      await damage(parts);
      const { spliced, reencoded, resumed } = (await repartition(options)).parts;
      expect(spliced + reencoded).toBe(1);
      expect(resumed).toBeGreaterThan(1);
      expect(await sums()).toEqual(whole);
    });
  }

  test('is made again with `remake` though nothing is wrong with it', async () => {
    const { spliced, reencoded, resumed } = (await repartition({ ...options, remake: true })).parts;
    expect(resumed).toBe(0);
    expect(spliced + reencoded).toBeGreaterThan(1);
    expect(await sums()).toEqual(whole);
  });
});
