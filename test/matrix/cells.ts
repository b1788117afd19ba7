/**
 * The matrix as plain data: which cells there are. Every type meets every nesting and encoding; the other axes cover all
 * pairs among themselves and with those; the rest is drawn. The same cells in the same order each time.
 */
import { seededRandom } from '../support/random.js';
import type { CodecName } from './compress.js';
import { NESTINGS, type Nesting } from './shapes.js';
import { encodingsOf, physicalOf, TYPE_NAMES, type TypeName, type ValueEncoding } from './types.js';
import type { RowGroups } from './write-cell.js';

export interface MatrixCell {
  type: TypeName;
  nesting: Nesting;
  encoding: ValueEncoding;
  codec: CodecName;
  pages: 'V1' | 'V1, rows straddle' | 'V2' | 'V1 and V2';
  levels: 'RLE' | 'BIT_PACKED';
  /** `partly`: in every other chunk, some without bounds. */
  index: 'yes' | 'no' | 'partly';
  crc: boolean;
  bloom: boolean;
  statistics: 'none' | 'of the chunk' | 'on pages too' | 'deprecated' | 'bounds alone';
  rowGroups: RowGroups;
  seed: number;
}

const SEED = 14;
const CELLS = 3_200;

type Axes = Omit<MatrixCell, 'seed'>;
const AXES: { [A in keyof Axes]: readonly Axes[A][] } = {
  type: TYPE_NAMES,
  nesting: NESTINGS,
  encoding: [],
  codec: [
    'none',
    'snappy',
    'gzip',
    'brotli',
    'zstd',
    'lz4 raw',
    'lz4 (Hadoop blocks)',
    'lz4 (frames)',
    'lzo',
  ],
  pages: ['V1', 'V1, rows straddle', 'V2', 'V1 and V2'],
  levels: ['RLE', 'RLE', 'RLE', 'BIT_PACKED'],
  index: ['yes', 'no', 'partly'],
  crc: [true, false],
  bloom: [true, false],
  statistics: ['none', 'of the chunk', 'on pages too', 'deprecated', 'bounds alone'],
  rowGroups: ['one', 'one', 'several', 'several', 'many', 'one is empty', 'only an empty one', 'none'],
};
const NAMES = Object.keys(AXES) as (keyof Axes)[];

/** Nestings in which a row can hold more than one value of the type. */
const REPEATING: readonly Nesting[] = [
  'list',
  'list of list',
  'list of struct',
  'map',
  'two-level list',
  'repeated',
];

/** What the format does not allow, or what no two cells would differ in. */
function isValid(cell: Axes): boolean {
  const { type, nesting, encoding, pages, levels, index, codec } = cell;
  if (!encodingsOf(physicalOf(type)).includes(encoding)) return false;
  // A type of nothing but nulls needs room for them.
  if (type.startsWith('unknown') && ['required', 'repeated', 'two-level list'].includes(nesting))
    return false;
  // Pages of rows that straddle have no index, by the format's word.
  if (pages === 'V1, rows straddle' && (index !== 'no' || !REPEATING.includes(nesting))) return false;
  if (levels === 'BIT_PACKED' && (!pages.startsWith('V1') || pages === 'V1 and V2' || nesting === 'required'))
    return false;
  if (encoding === 'PLAIN_DICTIONARY' && !['V1', 'V1, rows straddle'].includes(pages)) return false;
  // One such cell a type says it all.
  return codec !== 'lzo' || (nesting === 'optional' && encoding === 'PLAIN');
}

/** All cells, in the order that covers the pairs soonest. */
export function matrixCells(): MatrixCell[] {
  const next = seededRandom(SEED);
  const any = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)]!;
  const base = TYPE_NAMES.flatMap((type) =>
    NESTINGS.flatMap((nesting) =>
      encodingsOf(physicalOf(type)).map((encoding) => ({ type, nesting, encoding })),
    ),
  );
  shuffle(base, next);
  const drawn = (fixed: Partial<Axes>): Axes => {
    for (;;) {
      const type = fixed.type ?? any(AXES.type);
      const cell: Axes = {
        type,
        nesting: any(AXES.nesting),
        encoding: any(encodingsOf(physicalOf(type))),
        codec: any(AXES.codec),
        pages: any(AXES.pages),
        levels: any(AXES.levels),
        index: any(AXES.index),
        crc: any(AXES.crc),
        bloom: any(AXES.bloom),
        statistics: any(AXES.statistics),
        rowGroups: any(AXES.rowGroups),
        ...fixed,
      };
      if (isValid(cell)) return cell;
      if (
        fixed.type?.startsWith('unknown') &&
        !isValid({ ...cell, pages: 'V1', levels: 'RLE', codec: 'none' })
      ) {
        return { ...cell, nesting: 'optional', pages: 'V1', levels: 'RLE', codec: 'none' };
      }
    }
  };
  const covered = new Set<string>();
  const pairs = (cell: Axes): string[] =>
    NAMES.flatMap((a, i) => NAMES.slice(i + 1).map((b) => `${a}=${String(cell[a])} ${b}=${String(cell[b])}`));
  const cells = Array.from({ length: CELLS }, (_, i): MatrixCell => {
    const candidates = Array.from({ length: 6 }, () => drawn(base[i] ?? {}));
    const news = candidates.map((cell) => pairs(cell).filter((pair) => !covered.has(pair)).length);
    const best = candidates[news.indexOf(Math.max(...news))]!;
    for (const pair of pairs(best)) covered.add(pair);
    return { ...best, seed: SEED * 100_000 + i };
  });
  return cells;
}

function shuffle(items: unknown[], next: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
}

/** For a message; `seed` finds the cell. */
export function nameOf(cell: MatrixCell): string {
  const { type, nesting, encoding, codec, pages, levels, index, crc, bloom, statistics, rowGroups, seed } =
    cell;
  const extras = [crc ? 'crc' : '', bloom ? 'Bloom' : ''].filter((word) => word !== '');
  return `cell ${seed % 100_000}: ${type}, ${nesting}, ${encoding}, ${codec}, pages ${pages}, levels ${levels}, index ${index}, statistics ${statistics}, row groups ${rowGroups}${extras.map((word) => `, ${word}`).join('')}`;
}
