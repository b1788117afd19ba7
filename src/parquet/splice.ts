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
import { FileBuilder, type KeyChanges } from './file-builder.js';
import type { Footer } from './footer.js';
import { RowGroup } from './format.js';
import { type ChunkPiece, cutPiece, wholePiece } from './piece.js';
import type { ParquetSegment, RangeReader, RowSlice } from './source.js';
import type { Struct } from './thrift.js';

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
    const { footer, group, source, from, to } = share;
    file.addRowGroup({ footer, group, source, rows: to - from }, await pieces(share));
  }
  file.finish(keys);
  const segments = file.take();
  const copiedBytes = segments.reduce((sum, s) => sum + (s.kind === 'copy' ? s.end - s.start : 0), 0);
  return { segments, size: file.size, copiedBytes };
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
