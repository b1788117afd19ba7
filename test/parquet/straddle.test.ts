/**
 * Rows of lists that begin in one V1 page and end in the next, as Arrow C++ wrote them before it wrote page indexes.
 * No current writer makes them, so a page of pyarrow's is taken apart between levels; the readers confirm the result.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc, { howMany } from '../support/properties.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readChunks } from '../../src/parquet/source-chunk.js';
import { FileBuilder } from '../../src/parquet/file-builder.js';
import { ColumnMetaData } from '../../src/parquet/format.js';
import { cutPage } from '../../src/parquet/make-page.js';
import { listPages, openDataPage } from '../../src/parquet/pages.js';
import type { ParquetSegment } from '../../src/parquet/segments.js';
import type { Cell } from '../support/canonical.js';
import * as pyarrow from '../support/pyarrow.js';
import { readWithAll } from '../support/read-with-all.js';
import { reencodeFiles, openFiles, reencodeTightly, spliceApart, spliceFiles, VERSION } from './files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-straddle-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes lists with one page, then splits that page before each of the levels. */
async function writeStraddling(path: string, lists: Cell[], levels: readonly number[]): Promise<void> {
  await pyarrow.write(path, {
    columns: [{ name: 'x', type: { list: 'int32' }, cells: lists }],
    options: {
      use_dictionary: false,
      compression: 'snappy',
      data_page_version: '1.0',
      data_page_size: 2 ** 26,
      write_batch_size: 2 ** 26,
      write_statistics: false,
    },
  });
  const { reader, footer } = await openFiles([path])(0);
  const [group] = footer.rowGroups;
  const [chunk] = readChunks(footer, group!);
  const list = await listPages(reader, chunk!, undefined, lists.length, lists.length);
  expect(list.pages).toHaveLength(1);
  const opened = await openDataPage(reader, chunk!, list, list.pages[0]!, await reader.memory.take(0));
  const { page } = opened;
  const bounds = [...new Set([0, ...levels.map((level) => level % page.numLevels), page.numLevels])].sort(
    (a, b) => a - b,
  );
  const made = bounds.slice(1).map((to, i) => cutPage(chunk!.leaf, opened, { from: bounds[i]!, to }));
  const size = made.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const meta = chunk!.meta
    .clone()
    .set(ColumnMetaData.dataPageOffset, 0)
    .set(ColumnMetaData.totalCompressedSize, size)
    .set(
      ColumnMetaData.totalUncompressedSize,
      made.reduce((sum, one) => sum + one.uncompressedSize, 0),
    )
    .delete(ColumnMetaData.encodingStats);
  const segments = made.map(({ bytes }): ParquetSegment => ({ kind: 'bytes', bytes }));
  const file = new FileBuilder(footer);
  const { createdBy } = footer;
  file.addRowGroup({ createdBy, group: group!, source: 0, rows: lists.length }, [
    { chunk: chunk!, segments, size, meta },
  ]);
  file.finish({}, { version: VERSION, method: 'splice', writers: new Set() });
  await writeFile(
    path,
    Buffer.concat(file.take().map((s) => (s.kind === 'bytes' ? s.bytes : new Uint8Array(0)))),
  );
}

const element = fc.option(fc.integer({ min: 0, max: 9 }), { freq: 4 });
const lists = fc.array(fc.option(fc.array(element, { maxLength: 9 }), { freq: 5 }), {
  minLength: 1,
  maxLength: 25,
});

let number = 0;

test.each([
  ['spliced', spliceFiles],
  ['spliced with long runs kept apart', spliceApart],
  ['re-encoded', reencodeFiles],
  ['re-encoded with small dictionaries', reencodeTightly],
] as const)(
  'rows that straddle pages keep their elements, %s',
  async (_, make) => {
    await fc.assert(
      fc.asyncProperty(
        lists,
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.nat(),
        fc.nat(),
        async (cells, levels, a, b) => {
          const path = join(folder, `${++number}.parquet`);
          await writeStraddling(path, cells, levels);
          expect((await readWithAll([path])).columns[0]!.cells).toEqual(cells);
          const [from, to] = [a % (cells.length + 1), b % (cells.length + 1)].sort((x, y) => x - y) as [
            number,
            number,
          ];
          const output = join(folder, `${number}-out.parquet`);
          await make([path], [{ source: 0, from, to }], output);
          expect((await readWithAll([output])).columns[0]!.cells).toEqual(cells.slice(from, to));
        },
      ),
      { numRuns: howMany(40) },
    );
  },
  3_600_000,
);

test('a row that fills page after page, and is the last, keeps its end when re-encoded', async () => {
  const elements = Array.from({ length: 400_000 }, (_, i) => i % 1000);
  const path = join(folder, 'long.parquet');
  await writeStraddling(
    path,
    [[1, 2], elements],
    Array.from({ length: 40 }, (_, i) => i * 10_000),
  );
  const output = join(folder, 'long-out.parquet');
  await reencodeFiles([path], [{ source: 0, from: 0, to: 2 }], output);
  expect((await readWithAll([output])).columns[0]!.cells).toEqual([[1, 2], elements]);
});
