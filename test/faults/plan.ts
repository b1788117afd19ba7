/** What all tests of faults share: points drawn by a seed, which a failure prints, and the book of what happened. */
import { appendFileSync } from 'node:fs';
import { describe, expect } from 'vitest';

/** Drawn by the long suites (write-book.ts), and set to repeat a failure; the same each time otherwise. */
export const seed = Number(process.env['FAULT_SEED'] ?? 1);

/** The long suites, `npm run test:faults`: all points instead of a few. */
export const isLong = process.env['FAULTS'] === 'all';

/** Mulberry32. @returns numbers from 0 to 1, the same for the same seed and name */
export function random(name: string): () => number {
  let state = seed | 0;
  for (let i = 0; i < name.length; i++) state = (Math.imul(state, 31) + name.charCodeAt(i)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the numbers from 1 to `all`, spread by the seed; all of them where there are no more. */
export function pointsOf(name: string, all: number, count: number): number[] {
  if (all <= count) return Array.from({ length: all }, (_, i) => i + 1);
  const next = random(name);
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(1 + Math.floor(next() * all));
  return [...drawn].sort((a, b) => a - b);
}

/** A group of tests whose names say how to repeat them. */
export function describeFaults(name: string, tests: () => void): void {
  describe(`${name} (FAULT_SEED=${seed})`, tests);
}

/** A row of RELIABILITY.md. */
export interface Row {
  chapter: string;
  fault: string;
  /** How often it was tried. */
  times: number;
  outcome: string;
  /** The test file that does it. */
  file: string;
}

/** A row, and how to see it again. */
export interface NotedRow extends Row {
  seed: number;
  /** A pattern of the test's name, for vitest's `-t`. */
  test: string;
}

/** Notes what the running test saw, for whoever writes the book: `test/faults/write-book.ts`. */
export function note(row: Row): void {
  const book = process.env['FAULTS_BOOK'];
  if (book === undefined) return;
  const test = (expect.getState().currentTestName ?? '')
    .split(' > ')
    .map((name) => name.replace(/ \(FAULT_SEED=\d+\)$/, '').replace(/[^\w ,:-]/g, '.'))
    .join('.*');
  const noted: NotedRow = { ...row, seed, test: `${test}$` };
  appendFileSync(book, `${JSON.stringify(noted)}\n`);
}
