/** Summaries of repeated measurements. */

export interface Spread {
  median: number;
  min: number;
  max: number;
  /** How many measurements. */
  n: number;
}

/** @throws RangeError without values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no measurements');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** @throws RangeError without values */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), n: values.length };
}

/**
 * How far the measurements lie apart: (max − min) / median. On a quiet machine this stays below a few per cent.
 */
function relativeSpread({ median, min, max }: Spread): number {
  return median === 0 ? 0 : (max - min) / median;
}

/** Above this the medians of a comparison say little. */
const NOISY = 0.3;

export function isNoisy(spread: Spread): boolean {
  return relativeSpread(spread) > NOISY;
}

export function rounded(value: number, digits = 3): number {
  return Number(value.toPrecision(digits));
}
