/**
 * From slices to a new file: each slice's share of a row group becomes a row group, or up to three (`divide.ts`).
 *
 *     PAR1 | pieces of the row groups | Bloom filters | column indexes | offset indexes | FileMetaData | PAR1
 *            copied, but for cut pages  copied          made             made             made
 *
 * The footer lists the row groups in the order of their rows; their bytes may lie in another (`placement.ts`).
 * The result is segments and nothing is written: whoever stores it copies ranges where it can.
 */
import { readChunks } from './chunk.js';
import { RepartitionError } from '../errors.js';
import { divide } from './divide.js';
import { explainDamage } from './errors.js';
import { FileBuilder, type KeyChanges, type RowGroupOrigin } from './file-builder.js';
import type { Footer } from './footer.js';
import { RowGroup } from './format.js';
import { type ChunkPiece, cutPiece, openChunk, wholePiece } from './piece.js';
import { LONG_RUN, placeRowGroups } from './placement.js';
import { requireSameSchema } from './same-schema.js';
import type { ParquetSegment } from './segments.js';
import type { RangeReader, RowSlice } from './source.js';
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
 * @param longRun bytes from which a copied range is worth keeping apart from bytes of ours
 * @throws RepartitionError `parquet` for damaged sources and pages that can't be cut, `mismatch` when the slices'
 *   schemas differ or a slice reaches beyond its file
 */
export async function splice(
  open: OpenSource,
  slices: RowSlices,
  keys: KeyChanges,
  longRun = LONG_RUN,
): Promise<Spliced> {
  const template = (await open(slices[0].source)).footer;
  const groups: NewRowGroup[] = [];
  for (const slice of slices) {
    for (const share of rowGroupShares(await open(slice.source), slice)) {
      try {
        requireSameSchema(template, share.footer);
        groups.push(...(await newRowGroups(share, longRun)));
      } catch (error) {
        throw explainDamage(share.footer.file, undefined, error);
      }
    }
  }
  const { order, startsSource } = placeRowGroups(
    groups.map(({ pieces }) => pieces.flatMap(({ segments }) => segments)),
    longRun,
  );
  const file = new FileBuilder(template, startsSource === undefined ? {} : { copyMagicFrom: startsSource });
  for (const ordinal of order) {
    const { origin, pieces } = groups[ordinal]!;
    file.addRowGroup(origin, pieces, ordinal);
  }
  file.finish(keys);
  const segments = file.take();
  const copiedBytes = segments.reduce((sum, s) => sum + (s.kind === 'copy' ? s.end - s.start : 0), 0);
  return { segments, size: file.size, copiedBytes };
}

interface NewRowGroup {
  origin: RowGroupOrigin;
  /** One a column. */
  pieces: ChunkPiece[];
}

async function newRowGroups(share: RowGroupShare, longRun: number): Promise<NewRowGroup[]> {
  const { reader, source, footer, group, rows, from, to } = share;
  const chunks = readChunks(footer, group);
  const origin = { footer, group, source };
  if (from === 0 && to === rows) {
    const pieces = await Promise.all(chunks.map((chunk) => wholePiece(reader, source, chunk)));
    return [{ origin: { ...origin, rows }, pieces }];
  }
  const open = await Promise.all(chunks.map((chunk) => openChunk(reader, source, chunk, rows, to)));
  const lists = open.map(({ list }) => list);
  return Promise.all(
    divide(lists, from, to, longRun).map(async (range): Promise<NewRowGroup> => {
      const pieces = await Promise.all(open.map((chunk) => cutPiece(chunk, range.from, range.to)));
      return { origin: { ...origin, rows: range.to - range.from }, pieces };
    }),
  );
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
