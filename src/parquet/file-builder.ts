/**
 * A Parquet file in the making: pieces go in row group by row group, segments come out, and the footer that describes
 * them is written last.
 */
import { changeKeys, type Footer, footerBytes, magicBytes } from './footer.js';
import { ColumnChunk, ColumnMetaData, FileMetaData, RowGroup } from './format.js';
import { shiftOffsetIndex } from './indexes.js';
import type { ChunkPiece } from './piece.js';
import { append, type ParquetSegment } from './segments.js';
import { type Struct, ThriftType, writeStruct } from './thrift.js';

/** Footer keys to set, or with null to remove. */
export type KeyChanges = Readonly<Record<string, string | null>>;

/** What a new row group takes over from the one it was cut from. */
export interface RowGroupOrigin {
  footer: Footer;
  group: Struct;
  /** The file that copied ranges refer to. */
  source: number;
  /** Rows of the new row group. */
  rows: number;
}

interface PlacedPiece {
  piece: ChunkPiece;
  source: number;
  start: number;
  /** The ColumnChunk struct that will describe it; index offsets are filled in at the end. */
  struct: Struct;
  meta: Struct;
  /** Readers trust bounds by the writer's name, and a file carries only one: those of other writers go. */
  isSameWriter: boolean;
}

/** Schema, `created_by`, footer keys and unknown footer fields come from the template. */
export class FileBuilder {
  private readonly template: Footer;
  private readonly createdBy: string | undefined;
  private readonly segments: ParquetSegment[] = [];
  private position = 0;
  private rows = 0;
  /** By ordinal. */
  private readonly groups: { struct: Struct; placed: PlacedPiece[] }[] = [];

  /**
   * @param options.createdBy who made the pages, if not the template's writer
   * @param options.copyMagicFrom the source whose first pages come first, so that its magic is copied with them and not
   *   a byte of ours stands in front: on S3 small bytes in front of a copy cost megabytes
   */
  constructor(template: Footer, options: { createdBy?: string; copyMagicFrom?: number } = {}) {
    this.template = template;
    this.createdBy = options.createdBy;
    const magic = magicBytes();
    if (options.copyMagicFrom === undefined) append(this.segments, { kind: 'bytes', bytes: magic });
    else append(this.segments, { kind: 'copy', source: options.copyMagicFrom, start: 0, end: magic.length });
    this.position = magic.length;
  }

  /** Bytes so far. */
  get size(): number {
    return this.position;
  }

  /** The segments added since the last call. */
  take(): ParquetSegment[] {
    return this.segments.splice(0);
  }

  /**
   * Places a row group's bytes behind all others, one piece a column. A piece without segments has been written by
   * whoever made it.
   * @param origin of the template's schema: whoever cuts pieces sees to that first, see `requireSameSchema`
   * @param ordinal the row group's number in the footer, where that is not the order of the bytes
   */
  addRowGroup(origin: RowGroupOrigin, chunks: readonly ChunkPiece[], ordinal = this.groups.length): void {
    const start = this.position;
    const isSameWriter = createdBy(origin.footer) === createdBy(this.template);
    const placed = chunks.map((piece): PlacedPiece => {
      const at = this.position;
      for (const segment of piece.segments) append(this.segments, segment);
      this.position += piece.size;
      const meta = piece.meta.clone();
      for (const id of [
        ColumnMetaData.dataPageOffset,
        ColumnMetaData.dictionaryPageOffset,
        ColumnMetaData.indexPageOffset,
      ]) {
        const offset = meta.int(id);
        if (offset !== undefined) meta.setI64(id, offset + at);
      }
      if (!isSameWriter) meta.delete(ColumnMetaData.statistics);
      const struct = piece.chunk.struct.clone();
      if (struct.int(ColumnChunk.fileOffset) !== 0) struct.setI64(ColumnChunk.fileOffset, at);
      return { piece, source: origin.source, start: at, struct, meta, isSameWriter };
    });
    this.rows += origin.rows;
    const sums = { compressed: this.position - start, uncompressed: 0 };
    for (const { meta } of placed) sums.uncompressed += meta.requireInt(ColumnMetaData.totalUncompressedSize);
    const struct = origin.group
      .clone()
      .setI64(RowGroup.numRows, origin.rows)
      .setI64(RowGroup.totalByteSize, sums.uncompressed);
    if (struct.has(RowGroup.fileOffset)) struct.setI64(RowGroup.fileOffset, start);
    if (struct.has(RowGroup.totalCompressedSize))
      struct.setI64(RowGroup.totalCompressedSize, sums.compressed);
    if (struct.has(RowGroup.ordinal) && ordinal <= 0x7fff) struct.setI16(RowGroup.ordinal, ordinal);
    else struct.delete(RowGroup.ordinal);
    this.groups[ordinal] = { struct, placed };
  }

  /** Adds what stands behind the row groups: Bloom filters, indexes, the footer. */
  finish(keys: KeyChanges): void {
    const all = this.groups.flatMap((group) => group.placed);
    for (const placed of all) this.placeBloomFilter(placed);
    for (const placed of all) this.placeColumnIndex(placed);
    for (const placed of all) this.placeOffsetIndex(placed);
    const rowGroups = this.groups.map(({ struct, placed }) =>
      struct.setList(
        RowGroup.columns,
        ThriftType.struct,
        placed.map((chunk) => chunk.struct.setStruct(ColumnChunk.metaData, chunk.meta)),
      ),
    );
    const meta = this.template.meta
      .clone()
      .setI64(FileMetaData.numRows, this.rows)
      .setList(FileMetaData.rowGroups, ThriftType.struct, rowGroups);
    if (this.createdBy !== undefined) meta.setString(FileMetaData.createdBy, this.createdBy);
    this.addBytes(footerBytes(changeKeys(meta, keys)));
  }

  private placeBloomFilter({ piece, meta, source }: PlacedPiece): void {
    if (!piece.bloomFilter) {
      meta.delete(ColumnMetaData.bloomFilterOffset, ColumnMetaData.bloomFilterLength);
      return;
    }
    meta.setI64(ColumnMetaData.bloomFilterOffset, this.position);
    append(this.segments, { kind: 'copy', source, ...piece.bloomFilter });
    this.position += piece.bloomFilter.end - piece.bloomFilter.start;
  }

  private placeColumnIndex({ piece, struct, isSameWriter }: PlacedPiece): void {
    struct.delete(ColumnChunk.columnIndexOffset, ColumnChunk.columnIndexLength);
    if (!piece.columnIndex || !isSameWriter) return;
    const bytes = writeStruct(piece.columnIndex);
    struct
      .setI64(ColumnChunk.columnIndexOffset, this.position)
      .setI32(ColumnChunk.columnIndexLength, bytes.length);
    this.addBytes(bytes);
  }

  private placeOffsetIndex({ piece, struct, start }: PlacedPiece): void {
    struct.delete(ColumnChunk.offsetIndexOffset, ColumnChunk.offsetIndexLength);
    if (!piece.offsetIndex) return;
    const bytes = writeStruct(shiftOffsetIndex(piece.offsetIndex, start));
    struct
      .setI64(ColumnChunk.offsetIndexOffset, this.position)
      .setI32(ColumnChunk.offsetIndexLength, bytes.length);
    this.addBytes(bytes);
  }

  private addBytes(bytes: Uint8Array): void {
    append(this.segments, { kind: 'bytes', bytes });
    this.position += bytes.length;
  }
}

function createdBy(footer: Footer): string | undefined {
  return footer.meta.string(FileMetaData.createdBy);
}
