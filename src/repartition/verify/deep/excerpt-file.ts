/**
 * A Parquet file of a few pages of a column. Pages are as they were; the footer is made.
 *
 *     PAR1 │ dictionary page │ stub │ page │ page │ footer
 *
 * Pages of version 1 may end inside a list, so that an excerpt may begin in the middle of one. Readers refuse that; hence a
 * stub: a page with one value, which begins a list that the values behind it go on with.
 */
import { footerBytes } from '../../../parquet/footer.js';
import {
  ColumnChunk,
  ColumnMetaData,
  DataPageHeaderV2,
  Encoding,
  FileMetaData,
  PageHeader,
  PageType,
  PhysicalType,
  RowGroup,
  SchemaElement,
} from '../../../parquet/format.js';
import { plainWidth } from '../../../parquet/plain.js';
import type { Leaf } from '../../../parquet/schema.js';
import type { SourceChunk } from '../../../parquet/source-chunk.js';
import { make } from '../../../parquet/thrift.js';
import { writeStruct } from '../../../parquet/thrift-writer.js';
import type { Column } from './columns.js';
import type { PartFile } from './file.js';

/** A chunk in an excerpt. */
export interface Placed {
  chunk: SourceChunk;
  /** Where its pages begin, the dictionary page first where there is one, and their bytes. */
  start: number;
  length: number;
  dictionaryBytes: number | undefined;
  values: number;
}

/** What stands behind the pages. @param rows at least as many as there are: readers go by pages */
export function excerptFooter(
  column: Column,
  { footer }: PartFile,
  placed: readonly Placed[],
  rows: number,
): Uint8Array {
  const columns = placed.map(({ chunk, start, length, dictionaryBytes, values }) => {
    const meta = make(ColumnMetaData, {
      type: chunk.leaf.type,
      encodings: chunk.meta.get(ColumnMetaData.encodings) ?? [],
      pathInSchema: chunk.meta.get(ColumnMetaData.pathInSchema) ?? [],
      codec: chunk.codec,
      numValues: values,
      totalUncompressedSize: chunk.uncompressedSize,
      totalCompressedSize: length,
      dataPageOffset: start + (dictionaryBytes ?? 0),
    });
    if (dictionaryBytes !== undefined) meta.set(ColumnMetaData.dictionaryPageOffset, start);
    return make(ColumnChunk, { fileOffset: 0, metaData: meta });
  });
  const root = footer.meta.require(FileMetaData.schema)[0]!.clone().set(SchemaElement.numChildren, 1);
  const totalByteSize = placed.reduce((sum, { length }) => sum + length, 0);
  const meta = make(FileMetaData, {
    version: 1,
    schema: [root, ...column.elements],
    numRows: rows,
    rowGroups: [make(RowGroup, { columns, totalByteSize, numRows: rows })],
  });
  // By its name readers know the writer's habits.
  if (footer.createdBy !== undefined) meta.set(FileMetaData.createdBy, footer.createdBy);
  return footerBytes(meta);
}

/** A page with one value at its deepest level, all of whose bits are 0. Version 2 may be left as it is by the codec. */
export function stubFor(leaf: Leaf): Uint8Array {
  // One run of one level each, where there are levels.
  const run = (level: number, most: number): Uint8Array =>
    most === 0 ? new Uint8Array(0) : Uint8Array.of(2, level);
  const [repetition, definition] = [run(0, leaf.maxRepetition), run(leaf.maxDefinition, leaf.maxDefinition)];
  const body = Buffer.concat([repetition, definition, new Uint8Array(stubWidth(leaf))]);
  const header = make(PageHeader, {
    type: PageType.dataPageV2,
    uncompressedPageSize: body.length,
    compressedPageSize: body.length,
  });
  header.set(
    PageHeader.dataPageHeaderV2,
    make(DataPageHeaderV2, {
      numValues: 1,
      numNulls: 0,
      numRows: 1,
      encoding: Encoding.plain,
      definitionLevelsByteLength: definition.length,
      repetitionLevelsByteLength: repetition.length,
      isCompressed: false,
    }),
  );
  return Buffer.concat([writeStruct(header), body]);
}

/** Bytes of a value in PLAIN: of a boolean a bit, of a text its length, which is 0. */
function stubWidth(leaf: Leaf): number {
  return plainWidth(leaf) ?? (leaf.type === PhysicalType.boolean ? 1 : 4);
}
