/** Pages out of windows, and headers that parquet-wasm would read all the same, and pyarrow would not. */
import { randomBytes } from 'node:crypto';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DataPageHeader, PageHeader } from '../../src/parquet/format.js';
import { readPageHead } from '../../src/parquet/page-header.js';
import { writeStruct } from '../../src/parquet/thrift-writer.js';
import { pagesOf } from '../../src/repartition/verify/deep/pages.js';
import { BytesInOrder, WindowMemory } from '../../src/repartition/verify/deep/windows.js';
import { memoryChunk } from '../parquet/memory.js';

/** How many pages a chunk of one page with two values has, once its header is changed. */
async function look(change: (header: PageHeader) => PageHeader, numValues = 2): Promise<number> {
  const { reader, chunk } = await memoryChunk([{ values: [1, 2] }]);
  const page = await reader.read(chunk.range.start, chunk.range.end);
  const head = readPageHead(page, 0);
  const bytes = Buffer.concat([writeStruct(change(head.struct)), page.subarray(head.size)]);
  const changed = { ...chunk, numValues, range: { start: 4, end: 4 + bytes.length } };
  const inOrder = new BytesInOrder(
    (start, end) => Promise.resolve(bytes.subarray(start - 4, end - 4)),
    changed.range,
    { bytes: 1024, ahead: 0 },
    new WindowMemory(),
  );
  let pages = 0;
  for await (const { head: read } of pagesOf(changed, inOrder, () => Promise.resolve())) {
    if (read.numValues > 0) pages++;
  }
  return pages;
}

test('a header as it was is fine', async () => {
  expect(await look((header) => header)).toBe(1);
});

test('every field that the format requires must be there', async () => {
  const without = (header: PageHeader): PageHeader => {
    const v1 = header.require(PageHeader.dataPageHeader).clone();
    v1.delete(DataPageHeader.definitionLevelEncoding);
    return header.clone().set(PageHeader.dataPageHeader, v1);
  };
  await expect(look(without)).rejects.toThrow(
    /page at byte 4 has no header: .*definition_level_encoding is missing/,
  );
});

test('its decompressed size must be that of the page', async () => {
  const larger = (header: PageHeader): PageHeader =>
    header.clone().set(PageHeader.uncompressedPageSize, header.require(PageHeader.uncompressedPageSize) + 1);
  await expect(look(larger)).rejects.toThrow(/page at byte 4 has 8 bytes where its header says 9/);
});

test('pages must have the values that the footer counts', async () => {
  await expect(look((header) => header, 1)).rejects.toThrow('pages of 2 values where its footer says 1');
});

/** Some bytes in windows, and the most windows that were on their way at once. */
function inWindows(
  bytes: Uint8Array,
  sizes: { bytes: number; ahead: number },
  lends = true,
): { inOrder: BytesInOrder; most: () => number } {
  let [onTheWay, most] = [0, 0];
  const read = async (start: number, end: number, into: Uint8Array): Promise<Uint8Array> => {
    most = Math.max(most, ++onTheWay);
    await setImmediate();
    onTheWay--;
    if (!lends) return bytes.slice(start, end);
    into.set(bytes.subarray(start, end));
    return into;
  };
  const range = { start: 0, end: bytes.length };
  return { inOrder: new BytesInOrder(read, range, sizes, new WindowMemory()), most: () => most };
}

test.each([
  ['inside windows', 1000, 3_000, 0, true],
  ['across many', 10_000, 300, 2, true],
  ['from a storage with memory of its own', 10_000, 3_000, 2, false],
  ['longer than there is headroom for', 3_000_000, 1_000_000, 1, true],
])('bytes come in order: runs %s', async (_, run, window, ahead, lends) => {
  const bytes = randomBytes(7_000_001);
  const { inOrder, most } = inWindows(bytes, { bytes: window, ahead }, lends);
  let at = 0;
  for (; at + run < bytes.length; at += run) {
    expect(await inOrder.fill(run)).toBe(true);
    expect(Buffer.compare(inOrder.peek().subarray(0, run), bytes.subarray(at, at + run))).toBe(0);
    expect(Buffer.compare(inOrder.take(run), bytes.subarray(at, at + run))).toBe(0);
    expect(inOrder.taken).toBe(at + run);
  }
  expect(await inOrder.fill(run)).toBe(false);
  expect(Buffer.compare(inOrder.peek(), bytes.subarray(at))).toBe(0);
  expect(most()).toBe(ahead + 1);
});

test('windows that are on their way when a reader stops do not get into what another reads', async () => {
  const memory = new WindowMemory();
  const read = async (start: number, _end: number, into: Uint8Array): Promise<Uint8Array> => {
    // The slower, the earlier it began.
    await setTimeout(start === 0 ? 1 : 20);
    return into.fill(start / 100 + 1);
  };
  const open = (start: number): BytesInOrder =>
    new BytesInOrder(read, { start, end: start + 400 }, { bytes: 100, ahead: 2 }, memory);
  const first = open(0);
  await first.fill(100);
  first.close();
  const second = open(1000);
  expect(await second.fill(400)).toBe(true);
  await setTimeout(30);
  const values = Array.from({ length: 4 }, (_, i) => second.peek()[i * 100]);
  expect(values).toEqual([11, 12, 13, 14]);
});
