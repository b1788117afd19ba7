/** The matrix as tables for docs/parquet.md: what was spliced, re-encoded, or refused with which message. */
import { type CellFiles, METHODS } from './make-files.js';
import { NESTINGS } from './shapes.js';
import { TYPE_NAMES } from './types.js';

/** Codecs by what the engine does with them. */
const CODEC_GROUPS: Record<string, readonly string[]> = {
  none: ['none'],
  'snappy, gzip, brotli, zstd': ['snappy', 'gzip', 'brotli', 'zstd'],
  LZ4_RAW: ['lz4 raw'],
  'LZ4 (both framings)': ['lz4 (Hadoop blocks)', 'lz4 (frames)'],
  LZO: ['lzo'],
};

const ENCODING_GROUPS: Record<string, readonly string[]> = {
  PLAIN: ['PLAIN'],
  dictionary: ['PLAIN_DICTIONARY', 'RLE_DICTIONARY'],
  'dictionary, then PLAIN': ['dictionary, then PLAIN'],
  RLE: ['RLE'],
  DELTA_BINARY_PACKED: ['DELTA_BINARY_PACKED'],
  DELTA_LENGTH_BYTE_ARRAY: ['DELTA_LENGTH_BYTE_ARRAY'],
  DELTA_BYTE_ARRAY: ['DELTA_BYTE_ARRAY'],
  BYTE_STREAM_SPLIT: ['BYTE_STREAM_SPLIT'],
};

export function report(made: readonly CellFiles[]): string {
  const refusals = new Map<string, { number: number; count: number }>();
  for (const files of made) {
    const message = refusalOf(files);
    if (message === undefined) continue;
    const known = refusals.get(message) ?? { number: refusals.size + 1, count: 0 };
    refusals.set(message, { ...known, count: known.count + 1 });
  }
  /** How many of some cells were spliced and re-encoded, and the numbers of the messages that refused others. */
  const summary = (cells: readonly CellFiles[]): string => {
    if (cells.length === 0) return '';
    const refused = cells.map(refusalOf).filter((message) => message !== undefined);
    const notes = [...new Set(refused.map((message) => refusals.get(message)!.number))].sort((a, b) => a - b);
    const done = cells.length - refused.length;
    return [done > 0 ? String(done) : '', ...notes.map((number) => `(${number})`)]
      .filter((word) => word !== '')
      .join(' ');
  };
  const byType = TYPE_NAMES.map((type) => [
    type,
    ...Object.values(ENCODING_GROUPS).map((encodings) =>
      summary(made.filter(({ cell }) => cell.type === type && encodings.includes(cell.encoding))),
    ),
  ]);
  const byNesting = NESTINGS.map((nesting) => [
    nesting,
    ...Object.values(CODEC_GROUPS).map((codecs) =>
      summary(made.filter(({ cell }) => cell.nesting === nesting && codecs.includes(cell.codec))),
    ),
  ]);
  const cuts = made.reduce((sum, files) => sum + files.cuts.length, 0);
  return [
    `${made.length} cells at ${cuts} cuts. A number counts cells that were spliced and also re-encoded, each with the same values,`,
    `nulls, schema and keys; a number in brackets is a message below. Nothing stands where the format has nothing.`,
    '',
    ...table(['type', ...Object.keys(ENCODING_GROUPS)], byType),
    '',
    ...table(['nesting', ...Object.keys(CODEC_GROUPS)], byNesting),
    '',
    ...table(
      ['', 'refused with', 'cells'],
      [...refusals].map(([message, { number, count }]) => [`(${number})`, message, String(count)]),
    ),
  ].join('\n');
}

/** Without its place, and of either method: a cell that one of them refuses is refused. */
export function refusalOf({ made }: CellFiles): string | undefined {
  for (const method of METHODS) {
    const one = made[method];
    if ('refused' in one)
      return one.refused.replace(/^x\.parquet: (column [^:,]+)?(, page at byte \d+)?(: )?/, '');
  }
  return undefined;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
