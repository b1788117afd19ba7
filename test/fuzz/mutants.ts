/** The mutants: all fixtures and cells of the matrix, damaged. The same number under the same seed is the same mutant. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type MatrixCell, matrixCells, nameOf } from '../matrix/cells.js';
import { writeCell } from '../matrix/write-cell.js';
import { repositoryRoot } from '../support/paths.js';
import { seededRandom } from '../support/random.js';
import { mutate, tamper } from './mutate.js';

export interface Mutant {
  /** Finds it again, with the seed. */
  number: number;
  /** The file it was, and what became of it. */
  of: string;
  /** If it was one of the matrix. */
  cell?: MatrixCell;
  what: string;
  base: Buffer;
  bytes: Buffer;
  /** Where it is cut, in fractions of its rows. */
  cuts: number[];
}

const FIXTURES = join(repositoryRoot, 'test', 'fixtures');

/** Of a seed: as many as are asked for. */
export function* mutants(seed: number): Generator<Mutant, never> {
  const fixtures = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.parquet'))
    .sort();
  const cells = matrixCells().filter(({ codec }) => codec !== 'lzo');
  for (let number = 0; ; number++) {
    const next = seededRandom(seed * 1_000_003 + number);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)]!;
    const cuts = Array.from({ length: 1 + Math.floor(next() * 3) }, next).sort((a, b) => a - b);
    const kind = next();
    if (kind < 0.3) {
      const name = pick(fixtures);
      const base = readFileSync(join(FIXTURES, name));
      const mutation = mutate(base, next);
      if (mutation)
        yield { number, of: relative(repositoryRoot, join(FIXTURES, name)), base, cuts, ...mutation };
      continue;
    }
    const cell = pick(cells);
    const base = writeCell(cell).bytes;
    if (kind < 0.6) {
      const mutation = mutate(base, next);
      if (mutation) yield { number, of: nameOf(cell), cell, base, cuts, ...mutation };
      continue;
    }
    // One of a file's parts, before it is compressed.
    let left = Math.floor(next() * 25);
    let what = '';
    const { bytes } = writeCell(cell, (name, part) => {
      if (left-- !== 0) return part;
      what = `${name} before compression`;
      return tamper(part, next);
    });
    if (!bytes.equals(base)) yield { number, of: nameOf(cell), cell, what, base, bytes, cuts };
  }
}
