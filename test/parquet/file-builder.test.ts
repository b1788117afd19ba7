/** What a new footer says of the row groups placed before it. */
import { expect, test } from 'vitest';
import { FileBuilder } from '../../src/parquet/file-builder.js';
import { readFooter } from '../../src/parquet/footer.js';
import {
  ColumnChunk,
  ColumnMetaData,
  PageLocation,
  RowGroup,
  OffsetIndex,
  Statistics,
} from '../../src/parquet/format.js';
import { makeOffsetIndex, readOffsetIndex } from '../../src/parquet/indexes.js';
import { type ChunkPiece, wholePiece } from '../../src/parquet/piece.js';
import { readChunks } from '../../src/parquet/source-chunk.js';
import { make } from '../../src/parquet/thrift.js';
import { readStruct } from '../../src/parquet/thrift-reader.js';
import { writeStruct } from '../../src/parquet/thrift-writer.js';
import { emptyMeta, memoryChunk, memoryFile, readerOf } from './memory.js';

const provenance = { version: '1.2.3', method: 'splice', writers: new Set<string>() } as const;

function bytesOf(file: FileBuilder): Buffer {
  return Buffer.concat(
    file.take().map((s) => (s.kind === 'bytes' ? s.bytes : new Uint8Array(s.end - s.start))),
  );
}

test('ordinals are 16 bits: row groups beyond 32,767 go without theirs', async () => {
  const file = new FileBuilder(memoryFile('f', emptyMeta()).footer);
  const group = make(RowGroup, { numRows: 0, ordinal: 5 });
  for (let i = 0; i < 32_770; i++) file.addRowGroup({ createdBy: undefined, group, source: 0, rows: 0 }, []);
  file.finish({}, provenance);
  const { rowGroups } = await readFooter(readerOf('made', bytesOf(file)));
  expect(rowGroups).toHaveLength(32_770);
  expect(rowGroups[0]!.get(RowGroup.ordinal)).toBe(0);
  expect(rowGroups[32_767]!.get(RowGroup.ordinal)).toBe(32_767);
  expect(rowGroups[32_768]!.has(RowGroup.ordinal)).toBe(false);
});

test('a writer that gave no ordinals gets none', async () => {
  const file = new FileBuilder(memoryFile('f', emptyMeta()).footer);
  file.addRowGroup({ createdBy: undefined, group: make(RowGroup, { numRows: 0 }), source: 0, rows: 0 }, []);
  file.finish({}, provenance);
  const { rowGroups } = await readFooter(readerOf('made', bytesOf(file)));
  expect(rowGroups[0]!.has(RowGroup.ordinal)).toBe(false);
});

/** A piece of three rows with statistics and an OffsetIndex. */
async function piece(): Promise<ChunkPiece> {
  const { reader, chunk, pages } = await memoryChunk([{ values: [1, 2] }, { values: [3] }]);
  const whole = await wholePiece(reader, 0, chunk, 3);
  whole.meta.set(ColumnMetaData.statistics, make(Statistics, { nullCount: 0 }));
  const indexed = pages.map(({ start, end }, i) => ({ start: start - 4, end: end - 4, firstRow: 2 * i }));
  return { ...whole, offsetIndex: makeOffsetIndex(indexed) };
}

test('offsets count from where a piece came to lie, and rows lie in the order of their ordinals', async () => {
  const { footer } = memoryFile('f', emptyMeta({ createdBy: 'a writer' }));
  const file = new FileBuilder(footer);
  const group = make(RowGroup, { numRows: 3, ordinal: 0, fileOffset: 4 });
  const origin = { createdBy: 'a writer', group, source: 0, rows: 3 };
  const size = (await piece()).size;
  file.addRowGroup(origin, [await piece()], 1);
  file.addRowGroup(origin, [await piece()], 0);
  file.finish({}, provenance);
  const reader = readerOf('made', bytesOf(file));
  const made = await readFooter(reader);
  expect(made.rows).toBe(6);
  const starts = [4 + size, 4];
  for (const [ordinal, rowGroup] of made.rowGroups.entries()) {
    const start = starts[ordinal]!;
    expect(rowGroup.get(RowGroup.ordinal)).toBe(ordinal);
    expect(rowGroup.get(RowGroup.fileOffset)).toBe(start);
    const [chunk] = readChunks(made, rowGroup);
    expect(chunk!.range).toEqual({ start, end: start + size });
    const index = await readOffsetIndex(reader, chunk!);
    expect(index!.require(OffsetIndex.pageLocations)[0]!.get(PageLocation.offset)).toBe(start);
  }
});

test('a file_offset that no number can hold is no reason to refuse a file: nobody goes by it', async () => {
  const odd = await piece();
  const bytes = writeStruct(odd.chunk.struct.clone().set(ColumnChunk.fileOffset, 2 ** 53));
  const { struct } = readStruct(ColumnChunk, bytes);
  expect(() => struct.get(ColumnChunk.fileOffset)).toThrow('beyond 2^53');
  const file = new FileBuilder(memoryFile('f', emptyMeta()).footer);
  const group = make(RowGroup, { numRows: 3 });
  file.addRowGroup({ createdBy: undefined, group, source: 0, rows: 3 }, [
    { ...odd, chunk: { ...odd.chunk, struct } },
  ]);
  file.finish({}, provenance);
  const { rowGroups } = await readFooter(readerOf('made', bytesOf(file)));
  expect(rowGroups[0]!.require(RowGroup.columns)[0]!.get(ColumnChunk.fileOffset)).toBe(4);
});

test('bounds of another writer are left out, for readers trust them by the name of one', async () => {
  const { footer } = memoryFile('f', emptyMeta({ createdBy: 'a writer' }));
  const file = new FileBuilder(footer);
  const group = make(RowGroup, { numRows: 3 });
  for (const createdBy of ['a writer', 'another']) {
    file.addRowGroup({ createdBy, group, source: 0, rows: 3 }, [await piece()]);
  }
  file.finish({}, provenance);
  const made = await readFooter(readerOf('made', bytesOf(file)));
  const has = made.rowGroups.map((rowGroup) =>
    rowGroup.require(RowGroup.columns)[0]!.require(ColumnChunk.metaData).has(ColumnMetaData.statistics),
  );
  expect(has).toEqual([true, false]);
});
