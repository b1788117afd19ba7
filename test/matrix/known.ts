/** What readers get wrong about valid files: where they have no say. Each was looked into, and is named with its reader. */
import type { MatrixCell } from './cells.js';

interface Known {
  judge: string;
  /** Left out where it reads and counts wrongly. */
  only?: 'values' | 'counts';
  why: string;
  is: (cell: MatrixCell) => boolean;
}

const KNOWN: readonly Known[] = [
  {
    judge: 'DuckDB',
    why: '2.0.1 takes a repeated geometry for a single one, and reads the wrong rows of it',
    is: ({ type, nesting }) => type.startsWith('geo') && ['repeated', 'two-level list'].includes(nesting),
  },
  {
    judge: 'polars',
    why: '2.1.0 panics at optional values in a struct, by the numbers of values and nulls in a page',
    is: ({ nesting, encoding }) =>
      nesting.includes('struct') && ['DELTA_BINARY_PACKED', 'BYTE_STREAM_SPLIT'].includes(encoding),
  },
];

export function hasNoSay(judge: string, about: 'values' | 'counts', cell: MatrixCell): boolean {
  return KNOWN.some((known) => known.judge === judge && (known.only ?? about) === about && known.is(cell));
}
