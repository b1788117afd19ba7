/** Bits that flip in pages of made parts: a short version of `npm run bench -- flips`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { flipMovies } from '../../bench/verify/movies.js';

test('a flipped bit in a page is found, but in what no reader looks at', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gs-repartition-flips-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { flips, missed } = await flipMovies(folder, 30, 15);
  expect(flips).toBe(30);
  // With this seed none falls into what docs/verify.md lists.
  expect(missed).toEqual([]);
}, 120_000);
