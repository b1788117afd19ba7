/** Footers that say something odd, which other readers take: the rows come through. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { footerBytes, readFooter } from '../../src/parquet/footer.js';
import { ColumnChunk, ColumnMetaData, FileMetaData, RowGroup, Statistics } from '../../src/parquet/format.js';
import { gapIn } from '../../src/parquet/made-file.js';
import { DEFAULT_MEMORY, Memory } from '../../src/memory.js';
import { type AnyStruct, type FieldSpec, make, structs, table } from '../../src/parquet/thrift.js';
import type { Cell } from '../support/canonical.js';
import type { FileSpec } from '../support/file-spec.js';
import { readPages } from '../support/pages.js';
import * as pyarrow from '../support/pyarrow.js';
import { readWithAll } from '../support/read-with-all.js';
import { openFiles, spliceFiles } from './files.js';
import { readerOf } from './memory.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gs-repartition-foreign-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const cells: Cell[] = Array.from({ length: 60 }, (_, i) => (i % 7 === 0 ? null : String(i % 11)));
const spec: FileSpec = {
  columns: [{ name: 'x', type: 'int64', cells }],
  rowGroups: [30, 30],
  options: { compression: 'snappy' },
};

/** A file with another footer; `change` gets the last row group's chunk. */
async function writeForeign(
  change: (meta: FileMetaData, chunks: ColumnMetaData[]) => void | Promise<void>,
): Promise<string> {
  const path = join(folder, 'in.parquet');
  await pyarrow.write(path, spec);
  const { footer } = await openFiles([path])(0);
  const chunks = footer.rowGroups.map((group) =>
    group.require(RowGroup.columns)[0]!.require(ColumnChunk.metaData),
  );
  await change(footer.meta, chunks);
  const bytes = await readFile(path);
  await writeFile(path, Buffer.concat([bytes.subarray(0, footer.start), footerBytes(footer.meta)]));
  return path;
}

/** What all readers find in the rows that are cut from a file, whole row groups and cut ones. */
async function rowsOf(path: string): Promise<Cell[]> {
  const outputs = await Promise.all(
    [
      [0, 45],
      [45, 60],
    ].map(async ([from, to], i) => {
      const output = join(folder, `out-${i}.parquet`);
      await spliceFiles([path], [{ source: 0, from: from!, to: to! }], output);
      return output;
    }),
  );
  return (await readWithAll(outputs)).columns[0]!.cells;
}

describe('a chunk', () => {
  test('that claims 23 bytes too many, into the footer', async () => {
    const path = await writeForeign((_, chunks) => {
      const last = chunks.at(-1)!;
      last.set(ColumnMetaData.totalCompressedSize, last.require(ColumnMetaData.totalCompressedSize) + 23);
    });
    expect(await rowsOf(path)).toEqual(cells);
  });

  test.each(['parquet-mr', 'parquet-mr version 1.2.8'])(
    'of %s, whose size lacks the header of its dictionary page',
    async (createdBy) => {
      const path = await writeForeign(async (meta, chunks) => {
        meta.set(FileMetaData.createdBy, createdBy);
        const { groups } = await readPages(join(folder, 'in.parquet'));
        chunks.forEach((chunk, i) => {
          const [dictionary] = groups[i]!.chunks[0]!.pages;
          const size = chunk.require(ColumnMetaData.totalCompressedSize);
          chunk.set(ColumnMetaData.totalCompressedSize, size - dictionary!.headerBytes);
        });
      });
      expect(await rowsOf(path)).toEqual(cells);
    },
  );
});

test('deprecated bounds are kept in all row groups of an output, or in none', async () => {
  const path = await writeForeign((_, chunks) => {
    for (const chunk of chunks) {
      const statistics = chunk.require(ColumnMetaData.statistics);
      const [min, max] = [statistics.get(Statistics.minValue)!, statistics.get(Statistics.maxValue)!];
      statistics
        .delete(Statistics.minValue, Statistics.maxValue)
        .set(Statistics.min, min)
        .set(Statistics.max, max);
    }
  });
  const boundsIn = async (from: number, to: number): Promise<boolean[]> => {
    const output = join(folder, 'bounds.parquet');
    await spliceFiles([path], [{ source: 0, from, to }], output);
    const { footer } = await openFiles([output])(0);
    return footer.rowGroups.map((group) => {
      const meta = group.require(RowGroup.columns)[0]!.require(ColumnChunk.metaData);
      return meta.get(ColumnMetaData.statistics)?.has(Statistics.min) ?? false;
    });
  };
  expect(await boundsIn(0, 60)).toEqual([true, true]);
  expect(await boundsIn(0, 45)).toEqual([false, false]);
});

describe('a footer of a million structs', () => {
  const Anything = table('Anything', {});
  const { unknown: UNKNOWN } = table<string, { unknown: FieldSpec<unknown> }>('Any', {
    unknown: structs(99, Anything),
  });
  const million = Array.from({ length: 1_000_000 }, () => make(Anything, {}));

  test('that we do not know is carried along as its bytes', async () => {
    const path = await writeForeign((meta) => {
      const any: AnyStruct = meta;
      any.set(UNKNOWN, million);
    });
    const bytes = await readFile(path);
    expect(bytes.length).toBeGreaterThan(1_000_000);
    expect(await rowsOf(path)).toEqual(cells);
    const before = process.memoryUsage().heapUsed;
    const { meta } = await readFooter(readerOf(path, bytes));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
    const any: AnyStruct = meta;
    expect(any.has(UNKNOWN)).toBe(false);
  });

  test('that we know needs memory, and says how much', async () => {
    const path = await writeForeign((meta) => {
      meta.set(FileMetaData.keyValueMetadata, million as never);
    });
    const bytes = await readFile(path);
    const reader = { ...readerOf(path, bytes), memory: Memory.within(DEFAULT_MEMORY) };
    await expect(readFooter(reader)).rejects.toThrow(
      /in\.parquet: the footer at byte \d+: needs \d+ MB of memory where 128 MB are to be had/,
    );
    await expect(readFooter({ ...reader, memory: Memory.within(2 ** 30) })).resolves.toMatchObject({
      rows: 60,
    });
  });
});

test('a part made of a file by an unknown parquet-mr is known again: its own sizes are right', async () => {
  const path = await writeForeign((meta) => {
    meta.set(FileMetaData.createdBy, 'parquet-mr');
  });
  const output = join(folder, 'made.parquet');
  await spliceFiles([path], [{ source: 0, from: 5, to: 60 }], output);
  const { footer } = await openFiles([output])(0);
  expect(footer.createdBy).toBe('parquet-mr');
  expect(gapIn(footer)).toBeUndefined();
});
