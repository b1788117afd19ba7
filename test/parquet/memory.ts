/** Files and chunks of a few bytes, put together by hand in memory: for tests that a writer would only blur. */
import { DEFAULT_MEMORY, Memory } from '../../src/memory.js';
import { openCodec } from '../../src/parquet/codec.js';
import { footerBytes, parseFooter } from '../../src/parquet/footer.js';
import {
  ColumnChunk,
  ColumnMetaData,
  FileMetaData,
  RowGroup,
  SchemaElement,
} from '../../src/parquet/format.js';
import { encodeHybrid } from '../../src/parquet/hybrid.js';
import { makePage } from '../../src/parquet/make-page.js';
import type { Leaf } from '../../src/parquet/schema.js';
import type { RangeReader } from '../../src/parquet/source.js';
import type { SourceFile } from '../../src/parquet/source-file.js';
import { readChunks, type SourceChunk } from '../../src/parquet/source-chunk.js';
import { make } from '../../src/parquet/thrift.js';
import { writeStruct } from '../../src/parquet/thrift-writer.js';

export function readerOf(name: string, bytes: Uint8Array): RangeReader {
  return {
    name,
    size: bytes.length,
    readOverhead: 0,
    smallestCopy: 1,
    memory: Memory.within(DEFAULT_MEMORY),
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  };
}

/** A file of what stands between its magic and its footer. */
export function memoryFile(
  name: string,
  meta: FileMetaData,
  body: Uint8Array = new Uint8Array(0),
): SourceFile {
  const bytes = Buffer.concat([Buffer.from('PAR1'), body, footerBytes(meta)]);
  const footer = parseFooter(name, writeStruct(meta), 4 + body.length);
  return { reader: readerOf(name, bytes), footer };
}

/** An INT32 column `x`, required by default. */
export const schemaOf = (repetitionType = 0): SchemaElement[] => [
  make(SchemaElement, { name: 'schema', numChildren: 1 }),
  make(SchemaElement, { name: 'x', type: 1, repetitionType }),
];

/** A file of no rows. */
export function emptyMeta(values: { createdBy?: string } = {}): FileMetaData {
  return make(FileMetaData, { version: 1, schema: schemaOf(), numRows: 0, rowGroups: [], ...values });
}

/** Values of an INT32 column's page, and its levels where it has them. */
export interface PageSpec {
  values: number[];
  definition?: number[] | undefined;
  repetition?: number[] | undefined;
}

export interface MemoryChunk {
  reader: RangeReader;
  chunk: SourceChunk;
  /** Where its pages lie. */
  pages: { start: number; end: number }[];
  rows: number;
}

/** One column chunk of uncompressed V1 pages, in a file of its own that starts with `lead` bytes besides the magic. */
export async function memoryChunk(
  pages: readonly PageSpec[],
  { repetitionType = 0, createdBy = 'a writer', lead = 0 } = {},
): Promise<MemoryChunk> {
  const leaf: Leaf = {
    path: 'x',
    type: 1,
    typeLength: 0,
    maxDefinition: repetitionType === 0 ? 0 : 1,
    maxRepetition: repetitionType === 2 ? 1 : 0,
  };
  const codec = await openCodec(0);
  const made = pages.map(({ values, definition, repetition }) =>
    makePage(
      leaf,
      {
        repetition: levelsOf(repetition),
        definition: levelsOf(definition),
        numLevels: (definition ?? values).length,
        numRows: rowsOf({ values, definition, repetition }),
        values: { encoding: 0, bytes: new Uint8Array(Int32Array.from(values).buffer), count: values.length },
      },
      codec,
    ),
  );
  const levels = made.reduce((sum, page) => sum + page.numLevels, 0);
  const body = Buffer.concat([Buffer.alloc(lead), ...made.map(({ bytes }) => bytes)]);
  const rows = pages.reduce((sum, page) => sum + rowsOf(page), 0);
  const column = make(ColumnChunk, {
    fileOffset: 0,
    metaData: make(ColumnMetaData, {
      type: 1,
      encodings: [0, 3],
      pathInSchema: [Buffer.from('x')],
      codec: 0,
      numValues: levels,
      totalUncompressedSize: body.length - lead,
      totalCompressedSize: body.length - lead,
      dataPageOffset: 4 + lead,
    }),
  });
  const rowGroups = [make(RowGroup, { columns: [column], totalByteSize: body.length, numRows: rows })];
  const schema = schemaOf(repetitionType);
  const { reader, footer } = memoryFile(
    'x.parquet',
    make(FileMetaData, { version: 1, schema, numRows: rows, rowGroups, createdBy }),
    body,
  );
  const [chunk] = readChunks(footer, footer.rowGroups[0]!);
  let start = 4 + lead;
  return {
    reader,
    chunk: chunk!,
    rows,
    pages: made.map(({ bytes }) => ({ start, end: (start += bytes.length) })),
  };
}

function rowsOf({ values, definition, repetition }: PageSpec): number {
  return (repetition ?? (definition ?? values).map(() => 0)).filter((level) => level === 0).length;
}

function levelsOf(levels: readonly number[] | undefined): Uint8Array | undefined {
  return levels && encodeHybrid(Uint8Array.from(levels), 1);
}
