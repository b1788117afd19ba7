/** What a cut chunk may still claim: exact, marked as a bound, or gone. */
import { describe, expect, test } from 'vitest';
import {
  ColumnMetaData,
  Encoding,
  PageEncodingStats,
  PageType,
  Statistics,
} from '../../src/parquet/format.js';
import { cutColumnMetaData, type PieceCounts } from '../../src/parquet/statistics.js';
import { make, type Struct } from '../../src/parquet/thrift.js';
import { memoryChunk } from './memory.js';

const counts: PieceCounts = {
  numLevels: 3,
  numNulls: 1,
  numPages: 2,
  hasDictionary: true,
  cutEncodings: new Set(),
  compressedSize: 50,
  uncompressedSize: 70,
};
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

async function cut(
  change: (meta: ColumnMetaData) => void,
  more: Partial<PieceCounts> = {},
): Promise<ColumnMetaData> {
  const { chunk } = await memoryChunk([{ values: [1, 2, 3] }]);
  change(chunk.meta);
  return cutColumnMetaData(chunk, { ...counts, ...more });
}

test('sizes and counts are the piece’s, and what would have to be counted anew is gone', async () => {
  const meta = await cut((all) =>
    all
      .set(ColumnMetaData.indexPageOffset, 5)
      .set(ColumnMetaData.bloomFilterOffset, 6)
      .set(ColumnMetaData.bloomFilterLength, 7),
  );
  expect([
    meta.get(ColumnMetaData.numValues),
    meta.get(ColumnMetaData.totalCompressedSize),
    meta.get(ColumnMetaData.totalUncompressedSize),
  ]).toEqual([3, 50, 70]);
  const gone = [
    ColumnMetaData.indexPageOffset,
    ColumnMetaData.bloomFilterOffset,
    ColumnMetaData.bloomFilterLength,
  ];
  expect(gone.filter((field) => meta.has(field))).toEqual([]);
});

describe('statistics', () => {
  const all = make(Statistics, {
    min: bytes(1),
    max: bytes(9),
    minValue: bytes(1),
    maxValue: bytes(9),
    nullCount: 4,
    distinctCount: 5,
    nanCount: 0,
    isMaxValueExact: true,
  });
  const of = async (more: Partial<PieceCounts> = {}): Promise<Struct<'Statistics'> | undefined> =>
    (await cut((meta) => meta.set(ColumnMetaData.statistics, all.clone()), more)).get(
      ColumnMetaData.statistics,
    );

  test('keep bounds, marked as such, and an exact null count', async () => {
    const expected = make(Statistics, {
      minValue: bytes(1),
      maxValue: bytes(9),
      isMinValueExact: false,
      isMaxValueExact: false,
      nullCount: 1,
    });
    expect((await of())?.equals(expected)).toBe(true);
  });

  test('are gone when nobody knows the nulls: to some readers a count that is missing is 0', async () => {
    expect(await of({ numNulls: undefined })).toBeUndefined();
  });

  test('get the null count that they lacked, where it is known', async () => {
    const bounds = make(Statistics, { minValue: bytes(1), maxValue: bytes(9) });
    const meta = await cut((source) => source.set(ColumnMetaData.statistics, bounds));
    expect(meta.get(ColumnMetaData.statistics)?.get(Statistics.nullCount)).toBe(1);
  });

  test('lose the bounds of a piece of nulls alone', async () => {
    expect((await of({ numNulls: 3 }))?.equals(make(Statistics, { nullCount: 3 }))).toBe(true);
  });

  test('are gone when nothing is left', async () => {
    const meta = await cut((source) =>
      source.set(ColumnMetaData.statistics, make(Statistics, { distinctCount: 3 })),
    );
    expect(meta.has(ColumnMetaData.statistics)).toBe(false);
  });
});

describe('encodings', () => {
  const stat = (pageType: number, encoding: number, count: number) =>
    make(PageEncodingStats, { pageType, encoding, count });
  const dictionary = stat(PageType.dictionaryPage, Encoding.plain, 1);
  const indices = stat(PageType.dataPage, Encoding.rleDictionary, 9);
  const plain = stat(PageType.dataPage, Encoding.plain, 3);

  async function stats(
    source: readonly PageEncodingStats[],
    more: Partial<PieceCounts> = {},
  ): Promise<(number | undefined)[][] | undefined> {
    const meta = await cut((all) => all.set(ColumnMetaData.encodingStats, source), more);
    const { pageType, encoding, count } = PageEncodingStats;
    return meta
      .get(ColumnMetaData.encodingStats)
      ?.map((one) => [pageType, encoding, count].map((field) => one.get(field)));
  }

  test('of pages that are all alike are counted', async () => {
    expect(await stats([dictionary, indices])).toEqual([
      [PageType.dictionaryPage, Encoding.plain, 1],
      [PageType.dataPage, Encoding.rleDictionary, 2],
    ]);
  });

  test('of mixed pages are left out', async () => {
    expect(await stats([dictionary, indices, plain])).toBeUndefined();
  });

  test('are left out when a cut page has got another', async () => {
    expect(await stats([dictionary, indices], { cutEncodings: new Set([Encoding.plain]) })).toBeUndefined();
  });

  test('of a dictionary that is not there are left out', async () => {
    expect(await stats([dictionary, indices], { hasDictionary: false })).toBeUndefined();
    expect(await stats([dictionary, plain], { hasDictionary: false })).toEqual([
      [PageType.dataPage, Encoding.plain, 2],
    ]);
  });

  test('of cut pages join the list', async () => {
    const meta = await cut(() => undefined, { cutEncodings: new Set([Encoding.byteStreamSplit]) });
    expect(meta.get(ColumnMetaData.encodings)).toEqual([0, 3, Encoding.byteStreamSplit]);
  });
});
