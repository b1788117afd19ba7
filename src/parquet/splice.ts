/**
 * From slices to a new file: each slice's share of a row group becomes a row group.
 *
 *     PAR1 | pieces of row group 0 | … | Bloom filters | column indexes | offset indexes | FileMetaData | PAR1
 *            copied, but for cut pages   copied          made             made             made
 *
 * The result is segments and nothing is written: whoever stores it copies ranges where it can.
 */
import { readChunks } from './chunk.js';
import { RepartitionError } from '../errors.js';
import { changeKeys, type Footer, footerBytes, magicBytes } from './footer.js';
import { ColumnChunk, ColumnMetaData, FileMetaData, RowGroup } from './format.js';
import { shiftOffsetIndex } from './indexes.js';
import { type ChunkPiece, cutPiece, wholePiece } from './piece.js';
import type { ParquetSegment, RangeReader, RowSlice } from './source.js';
import { type Struct, ThriftType, writeStruct } from './thrift.js';

/** A Parquet file that slices are taken from. */
export interface SpliceSource {
  reader: RangeReader;
  footer: Footer;
}

export interface Spliced {
  segments: ParquetSegment[];
  /** Bytes of the file. */
  size: number;
  /** How many of them are copied ranges. */
  copiedBytes: number;
}

/** Footer keys to set, or with null to remove. */
export type KeyChanges = Readonly<Record<string, string | null>>;

/**
 * The rows of `slices`, in their order, as one file. Schema, `created_by`, footer keys and unknown footer fields
 * come from the first slice's file.
 * @throws RepartitionError `parquet` for damaged sources and pages that can't be cut, `mismatch` when the slices'
 *   schemas differ or a slice reaches beyond its file
 */
export async function splice(
  sources: readonly SpliceSource[],
  slices: readonly [RowSlice, ...RowSlice[]],
  keys: KeyChanges,
): Promise<Spliced> {
  const first = sourceOf(sources, slices[0]);
  const file = new FileBuilder(first.footer);
  for (const share of rowGroupShares(sources, slices)) {
    file.addRowGroup(share, await pieces(share));
  }
  return file.finish(keys);
}

/** The rows of one slice that lie in one row group. */
export interface RowGroupShare {
  source: number;
  reader: RangeReader;
  footer: Footer;
  group: Struct;
  /** Rows of the row group, and which of them. */
  rows: number;
  from: number;
  to: number;
}

/** Where slices meet row groups, in the slices' order. */
export function rowGroupShares(
  sources: readonly SpliceSource[],
  slices: readonly RowSlice[],
): RowGroupShare[] {
  const shares: RowGroupShare[] = [];
  for (const slice of slices) {
    const { reader, footer } = sourceOf(sources, slice);
    if (slice.from < 0 || slice.to < slice.from || slice.to > footer.rows) {
      throw new RepartitionError(
        'mismatch',
        `${footer.file}: rows ${slice.from} to ${slice.to} were asked for, but it has ${footer.rows}`,
      );
    }
    let start = 0;
    for (const group of footer.rowGroups) {
      const rows = group.requireInt(RowGroup.numRows);
      const from = Math.max(slice.from - start, 0);
      const to = Math.min(slice.to - start, rows);
      if (from < to) shares.push({ source: slice.source, reader, footer, group, rows, from, to });
      start += rows;
    }
  }
  return shares;
}

function sourceOf(sources: readonly SpliceSource[], slice: RowSlice): SpliceSource {
  const source = sources[slice.source];
  if (!source) throw new RangeError(`no source ${slice.source}`);
  return source;
}

async function pieces(share: RowGroupShare): Promise<ChunkPiece[]> {
  const { reader, source, rows, from, to } = share;
  const isWhole = from === 0 && to === rows;
  return Promise.all(
    readChunks(share.footer, share.group).map((chunk) =>
      isWhole ? wholePiece(reader, source, chunk) : cutPiece(reader, source, chunk, rows, from, to),
    ),
  );
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

class FileBuilder {
  private readonly template: Footer;
  private readonly segments: ParquetSegment[] = [];
  private position = 0;
  private copiedBytes = 0;
  private rows = 0;
  private readonly groups: { struct: Struct; placed: PlacedPiece[] }[] = [];

  constructor(template: Footer) {
    this.template = template;
    this.append(magicBytes());
  }

  addRowGroup(share: RowGroupShare, chunks: readonly ChunkPiece[]): void {
    requireSameSchema(this.template, share.footer);
    const start = this.position;
    const isSameWriter = createdBy(share.footer) === createdBy(this.template);
    const placed = chunks.map((piece): PlacedPiece => {
      const at = this.position;
      for (const segment of piece.segments) this.add(segment);
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
      return { piece, source: share.source, start: at, struct, meta, isSameWriter };
    });
    this.rows += share.to - share.from;
    const sums = { compressed: this.position - start, uncompressed: 0 };
    for (const { meta } of placed) sums.uncompressed += meta.requireInt(ColumnMetaData.totalUncompressedSize);
    const struct = share.group
      .clone()
      .setI64(RowGroup.numRows, share.to - share.from)
      .setI64(RowGroup.totalByteSize, sums.uncompressed);
    if (struct.has(RowGroup.fileOffset)) struct.setI64(RowGroup.fileOffset, start);
    if (struct.has(RowGroup.totalCompressedSize))
      struct.setI64(RowGroup.totalCompressedSize, sums.compressed);
    const ordinal = this.groups.length;
    if (struct.has(RowGroup.ordinal) && ordinal <= 0x7fff) struct.setI16(RowGroup.ordinal, ordinal);
    else struct.delete(RowGroup.ordinal);
    this.groups.push({ struct, placed });
  }

  finish(keys: KeyChanges): Spliced {
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
    const entries = changeKeys(meta.structs(FileMetaData.keyValueMetadata) ?? [], keys);
    if (entries.length > 0) meta.setList(FileMetaData.keyValueMetadata, ThriftType.struct, entries);
    else meta.delete(FileMetaData.keyValueMetadata);
    this.append(footerBytes(meta));
    return { segments: this.segments, size: this.position, copiedBytes: this.copiedBytes };
  }

  private placeBloomFilter({ piece, meta, source }: PlacedPiece): void {
    if (!piece.bloomFilter) {
      meta.delete(ColumnMetaData.bloomFilterOffset, ColumnMetaData.bloomFilterLength);
      return;
    }
    meta.setI64(ColumnMetaData.bloomFilterOffset, this.position);
    this.add({ kind: 'copy', source, ...piece.bloomFilter });
  }

  private placeColumnIndex({ piece, struct, isSameWriter }: PlacedPiece): void {
    struct.delete(ColumnChunk.columnIndexOffset, ColumnChunk.columnIndexLength);
    if (!piece.columnIndex || !isSameWriter) return;
    const bytes = writeStruct(piece.columnIndex);
    struct
      .setI64(ColumnChunk.columnIndexOffset, this.position)
      .setI32(ColumnChunk.columnIndexLength, bytes.length);
    this.append(bytes);
  }

  private placeOffsetIndex({ piece, struct, start }: PlacedPiece): void {
    struct.delete(ColumnChunk.offsetIndexOffset, ColumnChunk.offsetIndexLength);
    if (!piece.offsetIndex) return;
    const bytes = writeStruct(shiftOffsetIndex(piece.offsetIndex, start));
    struct
      .setI64(ColumnChunk.offsetIndexOffset, this.position)
      .setI32(ColumnChunk.offsetIndexLength, bytes.length);
    this.append(bytes);
  }

  private append(bytes: Uint8Array): void {
    this.add({ kind: 'bytes', bytes });
  }

  private add(segment: ParquetSegment): void {
    const last = this.segments.at(-1);
    if (segment.kind === 'bytes') {
      this.position += segment.bytes.length;
      this.segments.push(segment);
      return;
    }
    this.position += segment.end - segment.start;
    this.copiedBytes += segment.end - segment.start;
    if (last?.kind === 'copy' && last.source === segment.source && last.end === segment.start)
      last.end = segment.end;
    else this.segments.push({ ...segment });
  }
}

function createdBy(footer: Footer): string | undefined {
  return footer.meta.string(FileMetaData.createdBy);
}

/** @throws RepartitionError `mismatch` unless both files have the same columns, types and nesting */
export function requireSameSchema(first: Footer, other: Footer): void {
  if (first === other) return;
  const describe = (footer: Footer): string =>
    footer.leaves
      .map(
        (leaf) => `${leaf.path} ${leaf.type}/${leaf.typeLength} ${leaf.maxDefinition}/${leaf.maxRepetition}`,
      )
      .join(', ');
  if (describe(first) === describe(other)) return;
  throw new RepartitionError(
    'mismatch',
    `${first.file} and ${other.file} are parts of one data set but have different columns`,
    {
      hint: 'Write the data set again with one schema.',
    },
  );
}
