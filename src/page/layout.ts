/** A layout for drawing: where each part ends, and how many parts up to there have which fate. */
import { bisectRight } from 'd3-array';

export type Fate = 'kept' | 'copied' | 'cut' | 'reencoded';

/** In the order in which they are stacked. */
export const FATES: readonly Fate[] = ['kept', 'copied', 'cut', 'reencoded'];
export const FATE_WORDS: Readonly<Record<Fate, string>> = {
  kept: 'kept',
  copied: 'copied',
  cut: 'cut',
  reencoded: 're-encoded',
};
const LETTERS = 'kcxr';

/** The row behind each part. */
export function endsOf(layout: readonly number[]): Float64Array {
  const ends = new Float64Array(layout.length);
  let row = 0;
  layout.forEach((rows, i) => {
    ends[i] = row += rows;
  });
  return ends;
}

/** The part that a row lies in. */
export function partAt(ends: Float64Array, row: number): number {
  return Math.min(bisectRight(ends, row), ends.length - 1);
}

export function startOf(ends: Float64Array, part: number): number {
  return part === 0 ? 0 : (ends[part - 1] ?? 0);
}

/** For each fate, how many of the first n parts have it: so that any run of parts is told in a few steps. */
export function sumsOf(fates: string): Uint32Array[] {
  const sums = FATES.map(() => new Uint32Array(fates.length + 1));
  for (let i = 0; i < fates.length; i++) {
    const own = LETTERS.indexOf(fates[i] ?? '');
    sums.forEach((sum, fate) => {
      sum[i + 1] = (sum[i] ?? 0) + (fate === own ? 1 : 0);
    });
  }
  return sums;
}

export function fateOf(fates: string, part: number): Fate | undefined {
  return FATES[LETTERS.indexOf(fates[part] ?? ' ')];
}

export function countFates(fates: string): Record<Fate, number> {
  const counts = { kept: 0, copied: 0, cut: 0, reencoded: 0 };
  for (const letter of fates) {
    const fate = FATES[LETTERS.indexOf(letter)];
    if (fate) counts[fate]++;
  }
  return counts;
}
