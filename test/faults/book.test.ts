/** The book of faults: a run of one test changes its own rows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../support/paths.js';
import { linesOf, merged, textOf } from './book.js';

const book = join(repositoryRoot, 'RELIABILITY.md');
const formatted = async (text: string): Promise<string> =>
  format(text, { ...(await resolveConfig(book)), parser: 'markdown' });

test('the book is read as it was written', async () => {
  const text = readFileSync(book, 'utf8');
  expect(await formatted(textOf(linesOf(text)))).toBe(text);
});

test('a row takes the place of the one of its fault; a new one comes after the others', async () => {
  const row = { times: 25, outcome: '25 ended well', file: 'test/faults/network.test.ts', seed: 1 };
  const stalls = { ...row, chapter: 'Networks', fault: 'stalls', test: 'S3 with.*stalls$' };
  const resets = { ...row, chapter: 'Networks', fault: 'resets', test: 'S3 with.*resets$' };
  const disks = { ...row, chapter: 'Disks', fault: 'stalls', test: 'a disk.*stalls$' };
  const first = linesOf(await formatted(textOf(merged([], [stalls, resets]))));
  const second = merged(first, [{ ...stalls, times: 50, seed: 2 }, disks]);
  expect(
    linesOf(await formatted(textOf(second))).map(({ fault, times, command }) => [fault, times, command]),
  ).toEqual([
    ['stalls', '25', "FAULT_SEED=1 npm run test:faults -- test/faults/network.test.ts -t 'a disk.*stalls$'"],
    ['stalls', '50', "FAULT_SEED=2 npm run test:faults -- test/faults/network.test.ts -t 'S3 with.*stalls$'"],
    ['resets', '25', "FAULT_SEED=1 npm run test:faults -- test/faults/network.test.ts -t 'S3 with.*resets$'"],
  ]);
});
