/**
 * Re-encoding: where splicing would leave crumbs, or many tiny parts become one, the values of all slices are said again
 * and written as pages and row groups of a sensible size. Values keep their physical form from page to page, so no type
 * can change on the way: INT96, decimals and whatever a logical type means pass as the bytes they are.
 *
 *     source row groups   |a|b|c|  |d|e|  |f|g|h|i|
 *     new row group       | a b c d e f g h i |        column by column, see `reencode-column.ts`
 */
import { bytesOfRows } from './crumbs.js';
import { explainDamage } from './errors.js';
import { FileBuilder } from './file-builder.js';
import type { Footer, KeyChanges } from './footer.js';
import { RowGroup } from './format.js';
import type { ChunkPiece } from './piece.js';
import {
  type ColumnSource,
  DICTIONARY_LIMITS,
  type DictionaryLimits,
  reencodeColumn,
} from './reencode-column.js';
import type { Maker } from './provenance.js';
import { requireSameSchema } from './same-schema.js';
import type { ParquetSegment } from './segments.js';
import { openSlices, type RowGroupShare, sharesOf } from './slices.js';
import type { RowSlices } from './source.js';
import type { OpenSource } from './source-file.js';

/** Source bytes that make a row group. */
const ROW_GROUP_BYTES = 64 * 1024 * 1024;
/** Footers that may be held at a time for one row group: bounds memory when the slices are tiny. */
const ROW_GROUP_SHARES = 512;

/**
 * The bytes of a file with the rows of `slices`, made while they are read.
 * @param options.version of this package; `part` as in `Maker`
 * @throws RepartitionError as `splice` does
 */
export async function* reencode(
  open: OpenSource,
  slices: RowSlices,
  keys: KeyChanges,
  { limits = DICTIONARY_LIMITS, ...maker }: { limits?: DictionaryLimits } & Maker,
): AsyncGenerator<Uint8Array, void> {
  let template: Footer | undefined;
  let file: FileBuilder | undefined;
  const writers = new Set<string>();
  const gathered = new Gathered();
  for await (const slice of openSlices(open, slices)) {
    const { footer } = slice;
    template ??= footer;
    file ??= new FileBuilder(template);
    if (footer.createdBy !== undefined) writers.add(footer.createdBy);
    if (slice.from < slice.to) requireSameSchema(template, footer);
    for (const share of sharesOf(slice)) {
      gathered.add(share);
      if (gathered.isFull) yield* rowGroup(file, template, gathered.take(), limits);
    }
  }
  if (!template || !file) throw new RangeError('a part of no slices has no schema');
  if (gathered.shares.length > 0) yield* rowGroup(file, template, gathered.take(), limits);
  file.finish(keys, { ...maker, method: 're-encode', writers });
  yield* bytesOf(file.take());
}

/** The bytes of one row group, and what stands in front of it. */
async function* rowGroup(
  file: FileBuilder,
  template: Footer,
  shares: readonly [RowGroupShare, ...RowGroupShare[]],
  limits: DictionaryLimits,
): AsyncGenerator<Uint8Array, void> {
  yield* bytesOf(file.take());
  const rows = shares.reduce((sum, { from, to }) => sum + to - from, 0);
  const { group, source, footer } = shares[0];
  try {
    const pieces: ChunkPiece[] = [];
    for (const column of template.leaves.keys()) {
      pieces.push(yield* reencodeColumn(columnOf(shares, column), limits));
    }
    const { createdBy } = template;
    file.addRowGroup(
      { createdBy, group: group.clone().delete(RowGroup.sortingColumns), source, rows },
      pieces,
    );
  } catch (error) {
    throw explainDamage(footer.file, undefined, error);
  }
}

function* bytesOf(segments: readonly ParquetSegment[]): Generator<Uint8Array> {
  for (const segment of segments) if (segment.kind === 'bytes') yield segment.bytes;
}

function columnOf(
  [first, ...others]: readonly [RowGroupShare, ...RowGroupShare[]],
  column: number,
): [ColumnSource, ...ColumnSource[]] {
  const source = (share: RowGroupShare): ColumnSource => ({ share, chunk: share.chunks[column]! });
  return [source(first), ...others.map(source)];
}

/** Shares that will make one row group. */
class Gathered {
  shares: RowGroupShare[] = [];
  private bytes = 0;

  add(share: RowGroupShare): void {
    this.shares.push(share);
    const { rows, from, to } = share;
    const bytes = share.chunks.reduce((sum, { range }) => sum + range.end - range.start, 0);
    this.bytes += bytesOfRows({ rows, bytes }, to - from);
  }

  get isFull(): boolean {
    return this.bytes >= ROW_GROUP_BYTES || this.shares.length >= ROW_GROUP_SHARES;
  }

  take(): [RowGroupShare, ...RowGroupShare[]] {
    const taken = this.shares as [RowGroupShare, ...RowGroupShare[]];
    this.shares = [];
    this.bytes = 0;
    return taken;
  }
}
