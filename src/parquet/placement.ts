/**
 * In which order the bytes of a new file's row groups lie. The footer lists row groups in the order of their rows, and
 * readers go by the offsets it gives, so their bytes may lie in any order.
 *
 *     rows     | cut | run of A | run of B | cut |
 *     bytes    PAR1 | run of B | run of A | cut | cut | indexes | footer
 *              '-- copied from B's start      '-- the last part of an upload may have any size
 *
 * On S3 an object is composed of parts of at least 5 MiB, and bytes of ours that stand in front of a copied run fill one
 * with copied bytes, all of which pass through the client. So long runs come first, beginning with one that stands at
 * the start of its own file, where the magic can be copied along; whatever must pass through us stands behind.
 */
import { magicBytes } from './footer.js';
import { append, continues, type ParquetSegment } from './segments.js';

/** Bytes: a shorter range can't be copied on its own, see `src/s3/compose-plan.ts`. */
export const LONG_RUN = 5 * 1024 * 1024;

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
export function placeRowGroups(groups: readonly (readonly ParquetSegment[])[], longRun: number): Placement {
  const stretches = joinStretches(groups);
  const isLong = ({ segments }: Stretch): boolean =>
    segments.every((segment) => segment.kind === 'copy' && segment.end - segment.start >= longRun);
  const long = stretches.filter(isLong);
  const others = stretches.filter((stretch) => !isLong(stretch));
  const start = long.find((stretch) => sourceStarted(stretch) !== undefined);
  const ordered = start
    ? [start, ...long.filter((stretch) => stretch !== start), ...others]
    : // The magic needs company: better the bytes that pass through us anyway than a run's.
      long.length > 0
      ? [...others, ...long]
      : stretches;
  const startsSource = ordered[0] && sourceStarted(ordered[0]);
  return {
    order: ordered.flatMap(({ ordinals }) => ordinals),
    ...(startsSource !== undefined && { startsSource }),
  };
}

function joinStretches(groups: readonly (readonly ParquetSegment[])[]): Stretch[] {
  const stretches: Stretch[] = [];
  groups.forEach((segments, ordinal) => {
    let stretch = stretches.at(-1);
    if (!stretch || !continues(stretch.segments.at(-1), segments[0])) {
      stretch = { ordinals: [], segments: [] };
      stretches.push(stretch);
    }
    stretch.ordinals.push(ordinal);
    for (const segment of segments) append(stretch.segments, segment);
  });
  return stretches;
}

function sourceStarted({ segments: [first] }: Stretch): number | undefined {
  return first?.kind === 'copy' && first.start === magicBytes().length ? first.source : undefined;
}
