/** A run of the output: a range of `readers[source]`, or bytes in hand. */
export type ParquetSegment =
  { kind: 'copy'; source: number; start: number; end: number } | { kind: 'bytes'; bytes: Uint8Array };

/** Adds a segment; copies of neighbouring ranges become one. */
export function append(segments: ParquetSegment[], segment: ParquetSegment): void {
  const last = segments.at(-1);
  if (last?.kind === 'copy' && segment.kind === 'copy' && continues(last, segment)) last.end = segment.end;
  else segments.push({ ...segment });
}

/** Whether both are copied and the second begins where the first ends. */
export function continues(one: ParquetSegment | undefined, next: ParquetSegment | undefined): boolean {
  return (
    one?.kind === 'copy' && next?.kind === 'copy' && one.source === next.source && one.end === next.start
  );
}
