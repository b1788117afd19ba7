/** Headers that parquet-wasm would read all the same, and pyarrow would not. */
import { expect, test } from 'vitest';
import { DataPageHeader, PageHeader } from '../../src/parquet/format.js';
import { readPageHead } from '../../src/parquet/page-header.js';
import { writeStruct } from '../../src/parquet/thrift-writer.js';
import { pagesOf } from '../../src/repartition/verify/deep/pages.js';
import { memoryChunk } from '../parquet/memory.js';

/** How many pages a chunk of one page with two values has, once its header is changed. */
async function look(change: (header: PageHeader) => PageHeader, numValues = 2): Promise<number> {
  const { reader, chunk } = await memoryChunk([{ values: [1, 2] }]);
  const page = await reader.read(chunk.range.start, chunk.range.end);
  const head = readPageHead(page, 0);
  const bytes = Buffer.concat([writeStruct(change(head.struct)), page.subarray(head.size)]);
  async function* windows(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes);
  }
  const changed = { ...chunk, numValues, range: { start: 4, end: 4 + bytes.length } };
  let pages = 0;
  for await (const { head: read } of pagesOf(changed, windows(), () => Promise.resolve())) {
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
