/**
 * A Parquet file in the making: pieces go in row group by row group, segments come out, and the footer that describes
 * them is written last.
 */
import { changeKeys, type Footer, footerBytes, type KeyChanges, magicBytes } from './footer.js';
import { ColumnChunk, ColumnMetaData, FileMetaData, RowGroup } from './format.js';
import { shiftOffsetIndex } from './indexes.js';
import { type ChunkPiece, PAGE_OFFSETS } from './piece.js';
import { type Provenance, sign } from './provenance.js';
import { append, type ParquetSegment } from './segments.js';
import { treatDeprecatedBoundsAlike } from './statistics.js';
import { writeStruct } from './thrift-writer.js';

/** Row groups are numbered in 16 bits; those beyond go without their number, which is optional. */
const LAST_ORDINAL = 0x7fff;

/** What a new row group takes over from the one it was cut from. */
export interface RowGroupOrigin {
  /** Of its file. */
  createdBy: string | undefined;
  group: RowGroup;
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
  struct: ColumnChunk;
  meta: ColumnMetaData;
  /** Readers trust bounds by the writer's name, and a file carries only one: those of other writers go. */
  isSameWriter: boolean;
}

/** Schema, `created_by`, footer keys and unknown footer fields come from the template. */
export class FileBuilder {
  private readonly template: Footer;
  private readonly segments: ParquetSegment[] = [];
  private position = 0;
  private rows = 0;
  /** By ordinal. */
  private readonly groups: { struct: RowGroup; placed: PlacedPiece[] }[] = [];

  /**
   * @param copyMagicFrom the source whose first pages come first, so that its magic is copied with them and not a byte
   *   of ours stands in front: on S3 small bytes in front of a copy cost megabytes
   */
  constructor(template: Footer, copyMagicFrom?: number) {
    this.template = template;
    const magic = magicBytes();
    if (copyMagicFrom === undefined) append(this.segments, { kind: 'bytes', bytes: magic });
    else append(this.segments, { kind: 'copy', source: copyMagicFrom, start: 0, end: magic.length });
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
    const isSameWriter = origin.createdBy === this.template.createdBy;
    const placed = chunks.map((piece): PlacedPiece => {
      const at = this.position;
      for (const segment of piece.segments) append(this.segments, segment);
      this.position += piece.size;
      const meta = piece.meta.clone();
      for (const field of PAGE_OFFSETS) {
        const offset = meta.get(field);
        if (offset !== undefined) meta.set(field, offset + at);
      }
      if (!isSameWriter) meta.delete(ColumnMetaData.statistics);
      const struct = piece.chunk.struct.clone();
      // Newer writers say 0; no reader goes by it, so whatever else it said was no reason to refuse the file.
      if (!struct.isEqual(ColumnChunk.fileOffset, 0)) struct.set(ColumnChunk.fileOffset, at);
      return { piece, source: origin.source, start: at, struct, meta, isSameWriter };
    });
    this.rows += origin.rows;
    const sums = { compressed: this.position - start, uncompressed: 0 };
    for (const { meta } of placed) sums.uncompressed += meta.require(ColumnMetaData.totalUncompressedSize);
    const struct = origin.group
      .clone()
      .set(RowGroup.numRows, origin.rows)
      .set(RowGroup.totalByteSize, sums.uncompressed);
    if (struct.has(RowGroup.fileOffset)) struct.set(RowGroup.fileOffset, start);
    if (struct.has(RowGroup.totalCompressedSize)) struct.set(RowGroup.totalCompressedSize, sums.compressed);
    if (struct.has(RowGroup.ordinal) && ordinal <= LAST_ORDINAL) struct.set(RowGroup.ordinal, ordinal);
    else struct.delete(RowGroup.ordinal);
    this.groups[ordinal] = { struct, placed };
  }

  /** Adds what stands behind the row groups: Bloom filters, indexes, the footer. */
  finish(keys: KeyChanges, provenance: Provenance): void {
    const all = this.groups.flatMap((group) => group.placed);
    for (const column of this.template.leaves.keys()) {
      treatDeprecatedBoundsAlike(this.groups.flatMap(({ placed }) => placed[column]?.meta ?? []));
    }
    for (const placed of all) this.placeBloomFilter(placed);
    for (const placed of all) this.placeColumnIndex(placed);
    for (const placed of all) this.placeOffsetIndex(placed);
    const rowGroups = this.groups.map(({ struct, placed }) =>
      struct.set(
        RowGroup.columns,
        placed.map((chunk) => chunk.struct.set(ColumnChunk.metaData, chunk.meta)),
      ),
    );
    const meta = this.template.meta
      .clone()
      .set(FileMetaData.numRows, this.rows)
      .set(FileMetaData.rowGroups, rowGroups);
    this.addBytes(footerBytes(sign(changeKeys(meta, keys), provenance)));
  }

  private placeBloomFilter({ piece, meta, source }: PlacedPiece): void {
    if (!piece.bloomFilter) {
      meta.delete(ColumnMetaData.bloomFilterOffset, ColumnMetaData.bloomFilterLength);
      return;
    }
    meta.set(ColumnMetaData.bloomFilterOffset, this.position);
    append(this.segments, { kind: 'copy', source, ...piece.bloomFilter });
    this.position += piece.bloomFilter.end - piece.bloomFilter.start;
  }

  private placeColumnIndex({ piece, struct, isSameWriter }: PlacedPiece): void {
    struct.delete(ColumnChunk.columnIndexOffset, ColumnChunk.columnIndexLength);
    if (!piece.columnIndex || !isSameWriter) return;
    const bytes = writeStruct(piece.columnIndex);
    struct.set(ColumnChunk.columnIndexOffset, this.position).set(ColumnChunk.columnIndexLength, bytes.length);
    this.addBytes(bytes);
  }

  private placeOffsetIndex({ piece, struct, start }: PlacedPiece): void {
    struct.delete(ColumnChunk.offsetIndexOffset, ColumnChunk.offsetIndexLength);
    if (!piece.offsetIndex) return;
    const bytes = writeStruct(shiftOffsetIndex(piece.offsetIndex, start));
    struct.set(ColumnChunk.offsetIndexOffset, this.position).set(ColumnChunk.offsetIndexLength, bytes.length);
    this.addBytes(bytes);
  }

  private addBytes(bytes: Uint8Array): void {
    append(this.segments, { kind: 'bytes', bytes });
    this.position += bytes.length;
  }
}
