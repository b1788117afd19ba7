/**
 * From slices to a new file: each slice's share of a row group becomes a row group, or up to three (`divide.ts`).
 *
 *     PAR1 | pieces of the row groups | Bloom filters | column indexes | offset indexes | FileMetaData | PAR1
 *            copied, but for cut pages  copied          made             made             made
 *
 * The footer lists the row groups in the order of their rows; their bytes may lie in another (`placement.ts`).
 * The result is segments and nothing is written: whoever stores it copies ranges where it can.
 */
import { divide } from './divide.js';
import { explainDamage } from './errors.js';
import { FileBuilder, type RowGroupOrigin } from './file-builder.js';
import type { Footer, KeyChanges } from './footer.js';
import { type ChunkPiece, cutPiece, openChunk, wholePiece } from './piece.js';
import { placeRowGroups } from './placement.js';
import type { Maker } from './provenance.js';
import { requireSameSchema } from './same-schema.js';
import { lengthOf } from '../segments.js';
import type { ParquetSegment } from './segments.js';
import { openSlices, type RowGroupShare, sharesOf } from './slices.js';
import type { RowSlices } from './source.js';
import type { OpenSource } from './source-file.js';

/**
 * Far away, row groups that are begun before the one in front of them is made: then both parts at a boundary ask for its
 * page at about the same time, which is remembered for a while only.
 */
const MADE_AHEAD = 1;

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
 * @param options.smallestCopy bytes from which a copied range is worth keeping apart from bytes of ours
 * @param options.version of this package; `part` as in `Maker`
 * @throws RepartitionError `parquet` for damaged sources and pages that can't be cut, `mismatch` when the slices'
 *   schemas differ or a slice reaches beyond its file
 */
export async function splice(
  open: OpenSource,
  slices: RowSlices,
  keys: KeyChanges,
  { smallestCopy, ...maker }: { smallestCopy: number } & Maker,
): Promise<Spliced> {
  let template: Footer | undefined;
  const writers = new Set<string>();
  const groups: NewRowGroup[] = [];
  const making: Promise<NewRowGroup[]>[] = [];
  try {
    for await (const slice of openSlices(open, slices)) {
      const { footer, reader } = slice;
      template ??= footer;
      if (footer.createdBy !== undefined) writers.add(footer.createdBy);
      const ahead = reader.readOverhead > 0 ? MADE_AHEAD : 0;
      if (slice.from < slice.to) requireSameSchema(template, footer);
      for (const share of sharesOf(slice)) {
        making.push(begin(share, smallestCopy));
        if (making.length > ahead) groups.push(...(await making.shift()!));
      }
    }
    while (making.length > 0) groups.push(...(await making.shift()!));
  } finally {
    // Whoever is told of a failure may let go of all that is read from.
    await Promise.allSettled(making);
  }
  if (!template) throw new RangeError('a part of no slices has no schema');
  const { order, startsSource } = placeRowGroups(
    groups.map(({ pieces }) => pieces.flatMap(({ segments }) => segments)),
    smallestCopy,
  );
  const file = new FileBuilder(template, startsSource);
  for (const ordinal of order) {
    const { origin, pieces } = groups[ordinal]!;
    file.addRowGroup(origin, pieces, ordinal);
  }
  file.finish(keys, { ...maker, method: 'splice', writers });
  const segments = file.take();
  const copiedBytes = segments.reduce((sum, s) => sum + (s.kind === 'copy' ? lengthOf(s) : 0), 0);
  return { segments, size: file.size, copiedBytes };
}

interface NewRowGroup {
  origin: RowGroupOrigin;
  /** One a column. */
  pieces: ChunkPiece[];
}

function begin(share: RowGroupShare, smallestCopy: number): Promise<NewRowGroup[]> {
  const made = newRowGroups(share, smallestCopy).catch((error: unknown) => {
    throw explainDamage(share.footer.file, undefined, error);
  });
  // Told when its turn comes; before that the process must not end for want of a listener.
  made.catch(() => undefined);
  return made;
}

async function newRowGroups(share: RowGroupShare, smallestCopy: number): Promise<NewRowGroup[]> {
  const { reader, source, footer, group, chunks, rows, from, to } = share;
  const origin = { createdBy: footer.createdBy, group, source };
  if (from === 0 && to === rows) {
    const pieces = await Promise.all(chunks.map((chunk) => wholePiece(reader, source, chunk, rows)));
    return [{ origin: { ...origin, rows }, pieces }];
  }
  const open = await Promise.all(chunks.map((chunk) => openChunk(reader, source, chunk, rows, to)));
  const lists = open.map(({ list }) => list);
  return Promise.all(
    divide(lists, from, to, smallestCopy).map(async (range): Promise<NewRowGroup> => {
      const pieces = await Promise.all(open.map((chunk) => cutPiece(chunk, range.from, range.to)));
      return { origin: { ...origin, rows: range.to - range.from }, pieces };
    }),
  );
}
