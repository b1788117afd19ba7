/**
 * In which order the bytes of a new file's row groups lie. The footer lists row groups in the order of their rows, and
 * readers go by the offsets it gives, so their bytes may lie in any order.
 *
 *     rows     | cut | much of A | much of B | cut |
 *     bytes    PAR1 | much of B | much of A | cut | cut | indexes | footer
 *              '-- copied from B's start      '-- the last part of an upload may have any size
 *
 * A storage that copies ranges on its own does so from some size on (`smallestCopy`), and bytes of ours in front of such a
 * range are filled up to that size with its first bytes, all of which pass through us. So long stretches come first,
 * beginning with one that stands at the start of its own file, where the magic can be copied along; whatever must pass
 * through us stands behind.
 */
import { magicBytes } from './footer.js';
import { lengthOf } from '../segments.js';
import { append, continues, type ParquetSegment } from './segments.js';

export interface Placement {
  /** Row groups by their ordinals, in the order of their bytes. */
  order: number[];
  /** The source from whose first byte the new file's first row group can be copied. */
  startsSource?: number;
}

/** Neighbouring row groups that continue each other in their source, or one alone. */
interface Stretch {
  ordinals: number[];
  segments: ParquetSegment[];
}

/** @param groups the segments of each row group, by ordinal */
export function placeRowGroups(groups: RowGroups, smallestCopy: number): Placement {
  const isLong = ({ segments }: Stretch): boolean =>
    segments.every((segment) => segment.kind === 'copy' && lengthOf(segment) >= smallestCopy);
  const stretches = joinStretches(groups).flatMap((stretch) => trim(groups, stretch, isLong));
  const long = stretches.filter(isLong);
  const others = stretches.filter((stretch) => !isLong(stretch));
  const start = long.find((stretch) => sourceStarted(stretch) !== undefined);
  const ordered = start
    ? [start, ...long.filter((stretch) => stretch !== start), ...others]
    : // The magic needs company: better the bytes that pass through us anyway than a stretch's.
      long.length > 0
      ? [...others, ...long]
      : stretches;
  const startsSource = ordered[0] && sourceStarted(ordered[0]);
  return {
    order: ordered.flatMap(({ ordinals }) => ordinals),
    ...(startsSource !== undefined && { startsSource }),
  };
}

type RowGroups = readonly (readonly ParquetSegment[])[];

function joinStretches(groups: RowGroups): Stretch[] {
  const joined: number[][] = [];
  groups.forEach((segments, ordinal) => {
    if (ordinal > 0 && continues(groups[ordinal - 1]!.at(-1), segments[0])) joined.at(-1)!.push(ordinal);
    else joined.push([ordinal]);
  });
  return joined.map((ordinals) => stretchOf(groups, ordinals));
}

function stretchOf(groups: RowGroups, ordinals: number[]): Stretch {
  const segments: ParquetSegment[] = [];
  for (const ordinal of ordinals) for (const segment of groups[ordinal]!) append(segments, segment);
  return { ordinals, segments };
}

/**
 * Takes from the ends of a stretch what keeps it from being long: the shares of row groups that were cut.
 *
 *     source   | a ... | a' | b ... | b' | all of the next row group |      a', b': too short to be copied
 *     bytes    | all of the next row group | others | a' | b' | indexes | footer
 *
 * Left in front of the next row group, they would need a fill besides.
 */
function trim(groups: RowGroups, stretch: Stretch, isLong: (stretch: Stretch) => boolean): Stretch[] {
  const { ordinals } = stretch;
  for (const [first, last] of TRIMS) {
    const parts = [
      ordinals.slice(0, first),
      ordinals.slice(first, ordinals.length - last),
      ordinals.slice(ordinals.length - last),
    ];
    const [, middle = []] = parts;
    if (middle.length === 0 || !isLong(stretchOf(groups, middle))) continue;
    return parts.filter((part) => part.length > 0).map((part) => stretchOf(groups, part));
  }
  return [stretch];
}

/** Row groups that are taken from a stretch's two ends: none if none need be. */
const TRIMS = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

function sourceStarted({ segments: [first] }: Stretch): number | undefined {
  return first?.kind === 'copy' && first.start === magicBytes().length ? first.source : undefined;
}
