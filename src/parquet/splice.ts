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
import { explainDamage } from './errors.js';
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

/**
 * Opens the file that slices call `source`. Called whenever the file is needed, so that a part made of thousands of
 * slices never holds thousands of footers: whoever provides it decides how many to keep.
 */
export type OpenSource = (source: number) => Promise<SpliceSource>;

export type RowSlices = readonly [RowSlice, ...RowSlice[]];

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
export async function splice(open: OpenSource, slices: RowSlices, keys: KeyChanges): Promise<Spliced> {
  const template = await open(slices[0].source);
  const file = new FileBuilder(template.footer, { copyMagicFrom: slices[0].source });
  for (const slice of slices) {
    for (const share of rowGroupShares(await open(slice.source), slice)) {
      const { footer, group, source, from, to } = share;
      try {
        file.addRowGroup({ footer, group, source, rows: to - from }, await pieces(share));
      } catch (error) {
        throw explainDamage(footer.file, undefined, error);
      }
    }
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

/**
 * Where a slice meets its file's row groups, in order.
 * @throws RepartitionError `mismatch` when it reaches beyond the file
 */
export function rowGroupShares({ reader, footer }: SpliceSource, slice: RowSlice): RowGroupShare[] {
  if (slice.from < 0 || slice.to < slice.from || slice.to > footer.rows) {
    throw new RepartitionError(
      'mismatch',
      `${footer.file}: rows ${slice.from} to ${slice.to} were asked for, but it has ${footer.rows}`,
    );
  }
  const shares: RowGroupShare[] = [];
  let start = 0;
  for (const group of footer.rowGroups) {
    const rows = group.requireInt(RowGroup.numRows);
    const from = Math.max(slice.from - start, 0);
    const to = Math.min(slice.to - start, rows);
    if (from < to) shares.push({ source: slice.source, reader, footer, group, rows, from, to });
    start += rows;
  }
  return shares;
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
