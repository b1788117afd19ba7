/**
 * Re-encoding: where splicing would leave crumbs, or many tiny parts become one, the values of all slices are said again
 * and written as pages and row groups of a sensible size. Values keep their physical form from page to page, so no type
 * can change on the way: INT96, decimals and whatever a logical type means pass as the bytes they are.
 *
 *     source row groups   |a|b|c|  |d|e|  |f|g|h|i|
 *     new row group       | a b c d e f g h i |        column by column, see `join-column.ts`
 */
import { type Chunk, readChunks } from './chunk.js';
import { explainDamage } from './errors.js';
import { FileBuilder, type KeyChanges } from './file-builder.js';
import { RowGroup } from './format.js';
import { type ColumnSource, DICTIONARY_LIMITS, joinColumn } from './join-column.js';
import type { ChunkPiece } from './piece.js';
import { requireSameSchema } from './same-schema.js';
import type { ParquetSegment } from './segments.js';
import { type OpenSource, rowGroupShares, type RowGroupShare, type RowSlices } from './splice.js';

/** Source bytes that make a row group. */
const ROW_GROUP_BYTES = 64 * 1024 * 1024;
/** Footers that may be held at a time for one row group: bounds memory when the slices are tiny. */
const ROW_GROUP_SHARES = 512;

/** Named in the footer of files whose pages we made; `version` is the package's. */
const CREATED_BY = 'gs-repartition version 0.1.0';

/**
 * The bytes of a file with the rows of `slices`, made while they are read.
 * @throws RepartitionError as `splice` does
 */
export async function* join(
  open: OpenSource,
  slices: RowSlices,
  keys: KeyChanges,
  limits = DICTIONARY_LIMITS,
): AsyncGenerator<Uint8Array, void> {
  const template = (await open(slices[0].source)).footer;
  const file = new FileBuilder(template, { createdBy: CREATED_BY });
  yield* bytesOf(file.take());
  for await (const batch of batches(open, slices)) {
    for (const { share } of batch) requireSameSchema(template, share.footer);
    const rows = batch.reduce((sum, { share }) => sum + share.to - share.from, 0);
    const { group, source, footer } = batch[0].share;
    try {
      const pieces: ChunkPiece[] = [];
      for (const column of template.leaves.keys())
        pieces.push(yield* joinColumn(columnOf(batch, column), limits));
      const origin = { footer: template, group: group.clone().delete(RowGroup.sortingColumns), source, rows };
      file.addRowGroup(origin, pieces);
    } catch (error) {
      throw explainDamage(footer.file, undefined, error);
    }
  }
  file.finish(keys);
  yield* bytesOf(file.take());
}

function* bytesOf(segments: readonly ParquetSegment[]): Generator<Uint8Array> {
  for (const segment of segments) if (segment.kind === 'bytes') yield segment.bytes;
}

/** Bytes of the pages that hold a share's rows, as far as that can be told without reading them. */
export function estimateBytes(share: RowGroupShare): number {
  const bytes = readChunks(share.footer, share.group).reduce(
    (n, { range }) => n + range.end - range.start,
    0,
  );
  return (bytes * (share.to - share.from)) / Math.max(share.rows, 1);
}

interface OpenShare {
  share: RowGroupShare;
  chunks: Chunk[];
}

type Batch = [OpenShare, ...OpenShare[]];

function columnOf([first, ...others]: Batch, column: number): [ColumnSource, ...ColumnSource[]] {
  const source = ({ share, chunks }: OpenShare): ColumnSource => ({ share, chunk: chunks[column]! });
  return [source(first), ...others.map(source)];
}

/** Shares that will make one row group. */
async function* batches(open: OpenSource, slices: RowSlices): AsyncGenerator<Batch> {
  let batch: OpenShare[] = [];
  let bytes = 0;
  for (const slice of slices) {
    for (const share of rowGroupShares(await open(slice.source), slice)) {
      batch.push({ share, chunks: readChunks(share.footer, share.group) });
      bytes += estimateBytes(share);
      if (bytes < ROW_GROUP_BYTES && batch.length < ROW_GROUP_SHARES) continue;
      yield batch as Batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch as Batch;
}
