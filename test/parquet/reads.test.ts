/** How often a source is read: on a disk only what is needed, far away rather more at once than again and again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readChunks } from '../../src/parquet/source-chunk.js';
import { splice } from '../../src/parquet/splice.js';
import * as pyarrow from '../support/pyarrow.js';
import { openFiles, SMALLEST_COPY, VERSION } from './files.js';

const KIB = 1024;
const ROWS = 100_000;

/** One column of 100 pages with 1,000 rows, about 8 kB, each. */
async function manyPages({ index = true, rows = ROWS } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gs-repartition-reads-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'in.parquet');
  // Multiples of a large prime: nothing that a codec could make shorter.
  const cells = Array.from({ length: rows }, (_, i) =>
    String(((BigInt(i) * 0x9e3779b97f4a7c15n) >> 1n) & 0x7fffffffffffffffn),
  );
  await pyarrow.write(path, {
    columns: [{ name: 'x', type: 'int64', cells }],
    options: {
      compression: 'snappy',
      use_dictionary: false,
      data_page_size: 1,
      write_batch_size: 1000,
      write_page_index: index,
    },
  });
  return path;
}

/** Splices rows from a page's middle, and tells what was read of the pages. */
async function readsOf(path: string, from: number, to: number, readOverhead: number): Promise<string[]> {
  const [reads] = await readsOfEach(path, [[from, to]], readOverhead);
  return reads!;
}

/** The same for one part after the other, of a file that stays open. */
async function readsOfEach(
  path: string,
  parts: readonly [from: number, to: number][],
  readOverhead: number,
): Promise<string[][]> {
  const { reader, footer } = await openFiles([path], readOverhead)(0);
  const { range } = readChunks(footer, footer.rowGroups[0]!)[0]!;
  let reads: string[] = [];
  const spied = {
    ...reader,
    read: (start: number, end: number, use?: 'once' | 'run') => {
      const what = end - start <= 4 * KIB ? 'header' : `${Math.round((end - start) / 1000)} kB`;
      // What a storage remembers, others may ask for: of places that an index tells, the numbers are remembered here.
      // A run is remembered until it goes up.
      const told = use === 'run' ? `${what}, a run` : what;
      if (end <= range.end) reads.push(use === 'once' || told !== 'header' ? told : 'header, remembered');
      return reader.read(start, end);
    },
  };
  const all: string[][] = [];
  for (const [from, to] of parts) {
    reads = [];
    all.push(reads);
    await splice(
      () => Promise.resolve({ reader: spied, footer }),
      [{ source: 0, from, to }],
      {},
      { smallestCopy: SMALLEST_COPY, version: VERSION },
    );
  }
  return all;
}

const times = (count: number, read: string): string[] => Array.from({ length: count }, () => read);

test('on a disk a header is a read of its own: 30 pages on the shorter side of a cut, of which one was opened', async () => {
  expect(await readsOf(await manyPages(), 0, 70_500, 0)).toEqual(['8 kB', ...times(29, 'header')]);
});

test('far away the shorter side is read at once, without the page that was opened', async () => {
  expect(await readsOf(await manyPages(), 0, 70_500, 256 * KIB)).toEqual(['8 kB', '233 kB, a run']);
});

test('both sides of a cut at either end are', async () => {
  expect(await readsOf(await manyPages(), 10_500, 90_000, 256 * KIB)).toEqual([
    '8 kB',
    '80 kB, a run',
    '80 kB, a run',
  ]);
});

test('in a short chunk, too, where one window reaches to its end', async () => {
  const path = await manyPages({ rows: 20_000 });
  expect(await readsOf(path, 2_500, 18_000, 0)).toEqual(['8 kB', '161 kB', '16 kB']);
});

test('pages that cost more than a read are left where they are', async () => {
  expect(await readsOf(await manyPages(), 0, 90_500, 4 * KIB)).toEqual(['12 kB', ...times(8, 'header')]);
});

test('headers that were read to find the pages are not read again', async () => {
  const path = await manyPages({ index: false });
  expect(await readsOf(path, 0, 20_500, 256 * KIB)).toEqual([...times(21, 'header, remembered'), '8 kB']);
});

test('headers that the part on the other side of a boundary has asked for are not read again', async () => {
  const sides: [number, number][] = [
    [0, 70_500],
    [70_500, ROWS],
  ];
  const [before, behind] = await readsOfEach(await manyPages(), sides, 4 * KIB);
  expect(before).toEqual(['12 kB', ...times(28, 'header')]);
  expect(behind).toEqual(['12 kB']);
});

test('nobody asks for the header of a page that is being opened', async () => {
  // The stretch between the cuts is told by the pages around it: those that are cut are read anyway.
  const path = await manyPages();
  const options = { smallestCopy: 1, version: VERSION };
  const { reader, footer } = await openFiles([path], 4 * KIB)(0);
  const starts: number[] = [];
  const spied = {
    ...reader,
    read: (start: number, end: number) => {
      starts.push(start);
      return reader.read(start, end);
    },
  };
  const open = () => Promise.resolve({ reader: spied, footer });
  await splice(open, [{ source: 0, from: 10_500, to: 90_500 }], {}, options);
  expect(new Set(starts).size).toBe(starts.length);
});

test('of a chunk that is copied whole the first header is enough', async () => {
  expect(await readsOf(await manyPages(), 0, ROWS, 0)).toEqual(['header, remembered']);
  expect(await readsOf(await manyPages(), 0, ROWS, 256 * KIB)).toEqual(['header, remembered']);
});
