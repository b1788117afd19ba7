/** What is refused of a column chunk before anything is copied. */
import { describe, expect, test } from 'vitest';
import { ColumnChunk, ColumnMetaData, FileMetaData, RowGroup } from '../../src/parquet/format.js';
import { RepartitionError } from '../../src/errors.js';
import { readChunks, type SourceChunk } from '../../src/parquet/source-chunk.js';
import { make } from '../../src/parquet/thrift.js';
import { memoryFile, schemaOf } from './memory.js';

/** The chunk of a file whose data are the bytes 4 to 104. */
function chunkOf(
  change: (column: ColumnChunk, meta: ColumnMetaData) => void = () => undefined,
  createdBy = 'a writer',
): SourceChunk {
  const meta = make(ColumnMetaData, {
    type: 1,
    codec: 0,
    numValues: 3,
    totalUncompressedSize: 100,
    totalCompressedSize: 100,
    dataPageOffset: 4,
  });
  const column = make(ColumnChunk, { fileOffset: 0 });
  change(column, meta);
  column.set(ColumnChunk.metaData, meta);
  const rowGroups = [make(RowGroup, { numRows: 3, columns: [column] })];
  const file = make(FileMetaData, { schema: schemaOf(), numRows: 3, rowGroups, createdBy });
  const { footer } = memoryFile('/data/x.parquet', file, new Uint8Array(100));
  return readChunks(footer, footer.rowGroups[0]!)[0]!;
}

/** The message of the error that names the file as its path. */
function refusal(...[change, createdBy]: Parameters<typeof chunkOf>): string {
  try {
    chunkOf(change, createdBy);
  } catch (error) {
    expect(error).toBeInstanceOf(RepartitionError);
    expect(error).toMatchObject({ code: 'parquet', path: '/data/x.parquet' });
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('a chunk', () => {
  test('may end where the footer begins, and say that it ends in the footer, but not outside the file', () => {
    expect(chunkOf()).toMatchObject({ range: { start: 4, end: 104 }, isExact: true });
    const tooLong = chunkOf((_, meta) => meta.set(ColumnMetaData.totalCompressedSize, 123));
    expect(tooLong).toMatchObject({ range: { start: 4, end: 104 }, isExact: false });
    expect(refusal((_, meta) => meta.set(ColumnMetaData.totalCompressedSize, 300))).toContain(
      "column x: its pages (bytes 4 to 304) lie outside the file's data (4 to 104)",
    );
  });

  test('with an offset index may not end in the footer', () => {
    const message = refusal((column, meta) => {
      column.set(ColumnChunk.offsetIndexOffset, 50).set(ColumnChunk.offsetIndexLength, 10);
      meta.set(ColumnMetaData.totalCompressedSize, 123);
    });
    expect(message).toContain("its pages (bytes 4 to 127) lie outside the file's data (4 to 104)");
  });

  test('may not begin in the magic', () => {
    expect(refusal((_, meta) => meta.set(ColumnMetaData.dataPageOffset, 3))).toContain('bytes 3 to 103');
  });

  test.each([
    ['offset index', ColumnChunk.offsetIndexOffset, ColumnChunk.offsetIndexLength],
    ['column index', ColumnChunk.columnIndexOffset, ColumnChunk.columnIndexLength],
  ] as const)('its %s may not reach into the footer either', (what, offset, length) => {
    const at = (start: number) => (column: ColumnChunk) => column.set(offset, start).set(length, 10);
    expect(chunkOf(at(94))).toMatchObject({ range: { start: 4, end: 104 } });
    expect(refusal(at(95))).toContain(`its ${what} (bytes 95 to 105)`);
  });

  test('starts with its dictionary, wherever the writer says the data start', () => {
    const chunk = chunkOf((_, meta) =>
      meta
        .set(ColumnMetaData.dictionaryPageOffset, 10)
        .set(ColumnMetaData.dataPageOffset, 40)
        .set(ColumnMetaData.totalCompressedSize, 90),
    );
    expect(chunk.range).toEqual({ start: 10, end: 100 });
    expect(chunkOf((_, meta) => meta.set(ColumnMetaData.dictionaryPageOffset, 0)).range.start).toBe(4);
  });

  test('misses what it must have by name', () => {
    expect(refusal((_, meta) => meta.delete(ColumnMetaData.codec))).toContain(
      'the required field ColumnMetaData.codec is missing',
    );
  });

  test('that is encrypted or lies elsewhere is refused', () => {
    expect(refusal((column) => column.set(ColumnChunk.filePath, 'other.parquet'))).toContain('another file');
    expect(refusal((column) => column.set(ColumnChunk.encryptedColumnMetadata, new Uint8Array(1)))).toContain(
      'column x is encrypted',
    );
  });
});

describe('sizes of old parquet-mr (PARQUET-816)', () => {
  /** A chunk of 50 bytes with more than that behind it. */
  const by = (createdBy: string): SourceChunk =>
    chunkOf((_, meta) => meta.set(ColumnMetaData.totalCompressedSize, 50), createdBy);

  test.each([
    'parquet-mr',
    'parquet-mr (build 1)',
    ...['1.0.0', '1.1.9', '1.2.0', '1.2.8', '1.2.8-SNAPSHOT (build 1)'].map((v) => `parquet-mr version ${v}`),
  ])('%s: pages may end behind them', (createdBy) => {
    expect(by(createdBy)).toMatchObject({ range: { start: 4, end: 104 }, isExact: false });
  });

  test.each([
    'parquet-cpp-arrow version 1.0.0',
    'parquet-mrs',
    ...['1.2.9', '1.2.10', '1.3.0', '1.10.1', '1.13.1 (build x)', '2.0.0'].map(
      (v) => `parquet-mr version ${v}`,
    ),
  ])('%s: they are right', (createdBy) => {
    expect(by(createdBy)).toMatchObject({ range: { start: 4, end: 54 }, isExact: true });
  });
});
