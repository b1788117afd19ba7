/**
 * What an output's bytes are made of. The one place that knows when two ranges are neighbours: Parquet lays segments one
 * behind the other, a disk cuts them into buffers, S3 into the parts of an upload. Imports nothing.
 *
 *     source A   |......|==========|=======|......|        two ranges that touch
 *     output     |bytes |== one copy of both ==|bytes|
 */

/** A range of a source, half open. `Source` is what tells one source from another: a path and a version, a number. */
export type Copy<Source> = Source & { kind: 'copy'; start: number; end: number };

export interface InHand {
  kind: 'bytes';
  bytes: Uint8Array;
}

/** A stretch of an output: copied from a source, or bytes in hand. */
export type SegmentOf<Source> = Copy<Source> | InHand;

type AnySegment = SegmentOf<object>;

/** Bytes of a segment. */
export function lengthOf(segment: AnySegment): number {
  return segment.kind === 'bytes' ? segment.bytes.length : segment.end - segment.start;
}

/** The bytes `from..to` of a segment, counted from its first; shares the memory of bytes in hand. */
export function sliceOf<Source>(segment: SegmentOf<Source>, from: number, to: number): SegmentOf<Source> {
  if (segment.kind === 'bytes') return { kind: 'bytes', bytes: segment.bytes.subarray(from, to) };
  return { ...segment, start: segment.start + from, end: segment.start + to };
}

/** What can be done with segments once it is known when two of them have one source. */
export interface Neighbours<Source> {
  /** Whether both are copied and the second begins where the first ends. */
  continues: (one: SegmentOf<Source> | undefined, next: SegmentOf<Source> | undefined) => boolean;
  /** Adds a segment at the end, the last one growing where it is continued. Segments handed in stay as they are. */
  append: (segments: SegmentOf<Source>[], segment: SegmentOf<Source>) => void;
  /** The same bytes in the fewest segments: none empty, none continued by the next. */
  joined: (segments: readonly SegmentOf<Source>[]) => SegmentOf<Source>[];
}

export function neighbours<Source>(isSameSource: (a: Source, b: Source) => boolean): Neighbours<Source> {
  const continues: Neighbours<Source>['continues'] = (one, next) =>
    one?.kind === 'copy' && next?.kind === 'copy' && one.end === next.start && isSameSource(one, next);
  const append: Neighbours<Source>['append'] = (segments, segment) => {
    const last = segments.at(-1);
    if (last?.kind === 'copy' && segment.kind === 'copy' && continues(last, segment)) last.end = segment.end;
    else segments.push({ ...segment });
  };
  const joined: Neighbours<Source>['joined'] = (segments) => {
    const all: SegmentOf<Source>[] = [];
    for (const segment of segments) if (lengthOf(segment) > 0) append(all, segment);
    return all;
  };
  return { continues, append, joined };
}
