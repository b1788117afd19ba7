/**
 * A Parquet file of a few pages of a column. Pages are as they were; the footer is made.
 *
 *     PAR1 │ dictionary page │ stub │ page │ page │ footer
 *
 * Pages of version 1 may end inside a list, so that an excerpt may begin in the middle of one. Readers refuse that; hence a
 * stub: a page with one value, which begins a list that the values behind it go on with.
 */
import { footerBytes, magicBytes } from '../../../parquet/footer.js';
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

/** Where excerpts are put together. */
export class Desk {
  private bytes = new Uint8Array(0);

  /** Good until the next call. */
  assemble(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.bytes.length < length) this.bytes = new Uint8Array(length + length / 4);
    let at = 0;
    for (const piece of pieces) {
      this.bytes.set(piece, at);
      at += piece.length;
    }
    return this.bytes.subarray(0, length);
  }
}

/** Pages of one chunk in an excerpt. */
export interface Placed {
  chunk: SourceChunk;
  /** In order, the dictionary page first where there is one. */
  pages: readonly Uint8Array[];
  dictionaryBytes: number | undefined;
  values: number;
}

/** @param rows at least as many as there are: readers go by pages */
export function fileOf(
  column: Column,
  { footer }: PartFile,
  placed: readonly Placed[],
  rows: number,
): Uint8Array[] {
  const magic = magicBytes();
  let at = magic.length;
  const columns = placed.map(({ chunk, pages, dictionaryBytes, values }) => {
    const length = pages.reduce((sum, { length: each }) => sum + each, 0);
    const meta = make(ColumnMetaData, {
      type: chunk.leaf.type,
      encodings: chunk.meta.get(ColumnMetaData.encodings) ?? [],
      pathInSchema: chunk.meta.get(ColumnMetaData.pathInSchema) ?? [],
      codec: chunk.codec,
      numValues: values,
      totalUncompressedSize: chunk.uncompressedSize,
      totalCompressedSize: length,
      dataPageOffset: at + (dictionaryBytes ?? 0),
    });
    if (dictionaryBytes !== undefined) meta.set(ColumnMetaData.dictionaryPageOffset, at);
    at += length;
    return make(ColumnChunk, { fileOffset: 0, metaData: meta });
  });
  const root = footer.meta.require(FileMetaData.schema)[0]!.clone().set(SchemaElement.numChildren, 1);
  const meta = make(FileMetaData, {
    version: 1,
    schema: [root, ...column.elements],
    numRows: rows,
    rowGroups: [make(RowGroup, { columns, totalByteSize: at, numRows: rows })],
  });
  // By its name readers know the writer's habits.
  if (footer.createdBy !== undefined) meta.set(FileMetaData.createdBy, footer.createdBy);
  return [magic, ...placed.flatMap(({ pages }) => pages), footerBytes(meta)];
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
