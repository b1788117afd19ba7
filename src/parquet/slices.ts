/**
 * Slices, opened: each once, in their order.
 *
 *     slice            |   from ............................ to   |
 *     its file's       |  row group  |  row group  |  row group  |
 *     shares               | .... 1  |  .... 2 ....|  3 .... |
 */
import { RepartitionError } from '../errors.js';
import type { Footer } from './footer.js';
import { RowGroup } from './format.js';
import type { RangeReader, RowSlice, RowSlices } from './source.js';
import type { OpenSource, SourceFile } from './source-file.js';
import { readChunks, type SourceChunk } from './source-chunk.js';

/** Far away it takes long to open a file, so some are opened before their turn; few, for each holds a footer. */
const OPEN_AHEAD = 32;

export interface OpenSlice extends RowSlice, SourceFile {}

/** @throws RepartitionError `mismatch` when a slice reaches beyond its file; whatever `open` throws */
export async function* openSlices(open: OpenSource, slices: RowSlices): AsyncGenerator<OpenSlice> {
  const ahead: Promise<SourceFile>[] = [];
  let next = 0;
  for (const slice of slices) {
    for (; ahead.length < OPEN_AHEAD && next < slices.length; next++) {
      const file = open(slices[next]!.source);
      // Told when its turn comes; before that the process must not end for want of a listener.
      file.catch(() => undefined);
      ahead.push(file);
    }
    const { reader, footer } = await ahead.shift()!;
    // Not the other way round: what is no number is neither above nor below.
    const isInside = slice.from >= 0 && slice.to >= slice.from && slice.to <= footer.rows;
    if (!isInside || !Number.isInteger(slice.from) || !Number.isInteger(slice.to)) {
      throw new RepartitionError(
        'mismatch',
        `${footer.file}: rows ${slice.from} to ${slice.to} were asked for, but it has ${footer.rows}`,
        { path: footer.file },
      );
    }
    yield { ...slice, reader, footer };
  }
}

/** The rows of one slice that lie in one row group. */
export interface RowGroupShare {
  source: number;
  reader: RangeReader;
  footer: Footer;
  group: RowGroup;
  /** Its columns, in leaf order. */
  chunks: SourceChunk[];
  /** Rows of the row group, and which of them. */
  rows: number;
  from: number;
  to: number;
}

/**
 * Where a slice meets its file's row groups, in order; their chunks are opened one row group at a time.
 * @throws RepartitionError `parquet` for chunks that don't fit their file
 */
export function* sharesOf({ source, reader, footer, ...slice }: OpenSlice): Generator<RowGroupShare> {
  let start = 0;
  for (const group of footer.rowGroups) {
    const rows = group.require(RowGroup.numRows);
    const from = Math.max(slice.from - start, 0);
    const to = Math.min(slice.to - start, rows);
    if (from < to) {
      yield { source, reader, footer, group, chunks: readChunks(footer, group), rows, from, to };
    }
    start += rows;
  }
}
