/**
 * One column of a re-encoded row group, written page by page.
 *
 *     source chunks   |dict a|pages| |dict b|pages| |pages|
 *     new chunk       |dict a ∪ b| pages: indices … | pages: PLAIN |
 *
 * What the sources say by dictionary is said by dictionary again, as long as the merged one stays small and nothing came
 * between that they say otherwise; from there on all is PLAIN. The dictionary comes first in the file, so pages wait until
 * it is complete, or until so many wait that it is declared complete.
 */
import { openCodec, type PageCodec } from './codec.js';
import {
  ColumnMetaData,
  Encoding,
  isDictionaryEncoding,
  PageEncodingStats,
  PageType,
  Statistics,
} from './format.js';
import { type IndexedPage, makeOffsetIndex } from './indexes.js';
import { makeDictionaryPage } from './make-page.js';
import { MergedDictionary } from './merged-dictionary.js';
import { PendingPage, type SaidBatch } from './pending-page.js';
import type { ChunkPiece } from './piece.js';
import type { RowGroupShare } from './slices.js';
import type { SourceChunk } from './source-chunk.js';
import { make } from './thrift.js';
import { type BatchValues, type ValueBatch, valueBatches } from './value-batches.js';

/** Pages end at the first of these, as parquet-mr's do. */
const PAGE_BYTES = 1024 * 1024;
const PAGE_ROWS = 20_000;
/** In bytes. */
export interface DictionaryLimits {
  /** Of the entries: where parquet-mr, too, gives a dictionary up. */
  entries: number;
  /** Of the pages that wait for their dictionary to be complete. */
  waiting: number;
}

export const DICTIONARY_LIMITS: DictionaryLimits = { entries: 1024 * 1024, waiting: 16 * 1024 * 1024 };

/** Yields the bytes of one column; returns the piece that describes them. */
export async function* reencodeColumn(
  sources: readonly [ColumnSource, ...ColumnSource[]],
  limits: DictionaryLimits,
): AsyncGenerator<Uint8Array, ChunkPiece> {
  const [{ chunk: first }] = sources;
  const column = new ColumnWriter(first, await openCodec(first.codec), limits);
  if (!sources.some(({ chunk }) => usesDictionary(chunk))) yield* column.closeDictionary();
  for (const { share, chunk } of sources) {
    for await (const batch of valueBatches(share, chunk)) yield* column.add(batch);
  }
  yield* column.flush();
  yield* column.closeDictionary();
  return column.piece(sources.every(({ chunk }) => chunk.offsetIndex));
}

/** A column chunk, and the rows of it that are wanted. */
export interface ColumnSource {
  share: RowGroupShare;
  chunk: SourceChunk;
}

function countOf(values: BatchValues): number {
  return values.kind === 'plain' ? values.count : values.indices.length;
}

function usesDictionary(chunk: SourceChunk): boolean {
  return (chunk.meta.get(ColumnMetaData.encodings) ?? []).some(isDictionaryEncoding);
}

class ColumnWriter {
  private readonly dictionary: MergedDictionary;
  /** The dictionary page, header included; 0 bytes for a column without one. Undefined until it is complete. */
  private dictionaryBytes: number | undefined;
  private pending: PendingPage;
  private readonly waiting: Uint8Array[] = [];
  /** Offsets count from the first data page. */
  private readonly pages: IndexedPage[] = [];
  private readonly numPages = { dictionary: 0, plain: 0 };
  /**
   * No writer goes back to the dictionary of a chunk, and Spark's vectorized reader loses the values in front where one
   * does: `setDictionary` in VectorizedColumnReader.readBatch of Spark 3.5 and 4.0.
   */
  private isPlainNow = false;
  private readonly sums = { size: 0, uncompressed: 0, levels: 0, nulls: 0, rows: 0 };

  constructor(
    private readonly first: SourceChunk,
    private readonly codec: PageCodec,
    private readonly limits: DictionaryLimits,
  ) {
    this.dictionary = new MergedDictionary(limits.entries);
    this.pending = new PendingPage(first.leaf);
  }

  *add({ values, ...levels }: ValueBatch): Generator<Uint8Array> {
    const batch: SaidBatch = { ...levels, said: this.say(values), count: countOf(values) };
    if (!this.pending.takes(batch)) yield* this.flush();
    this.pending.add(batch);
    if (this.pending.bytes >= PAGE_BYTES || this.pending.rows >= PAGE_ROWS) yield* this.flush();
  }

  private say(values: BatchValues): Uint32Array | Uint8Array {
    if (countOf(values) === 0) return this.sayNothing();
    if (values.kind === 'plain') {
      this.isPlainNow = true;
      return values.bytes;
    }
    const { dictionary, indices } = values;
    const said = this.isPlainNow ? undefined : this.dictionary.translate(dictionary, indices);
    this.isPlainNow = said === undefined;
    return said ?? dictionary.gather(indices);
  }

  /** Nulls alone are said as what is in front of them. */
  private sayNothing(): Uint32Array | Uint8Array {
    return this.dictionary.size > 0 && !this.isPlainNow ? new Uint32Array(0) : new Uint8Array(0);
  }

  /** Ends the page begun. */
  *flush(): Generator<Uint8Array> {
    const { pending, sums } = this;
    if (pending.levels === 0) return;
    const made = pending.make(this.codec, this.dictionary.size);
    this.numPages[made.encoding === Encoding.plain ? 'plain' : 'dictionary']++;
    this.pages.push({ start: sums.size, end: sums.size + made.bytes.length, firstRow: sums.rows });
    sums.size += made.bytes.length;
    sums.uncompressed += made.uncompressedSize;
    sums.levels += made.numLevels;
    sums.nulls += made.numNulls;
    sums.rows += pending.rows;
    this.pending = new PendingPage(this.first.leaf);
    if (this.dictionaryBytes !== undefined) {
      yield made.bytes;
    } else {
      this.waiting.push(made.bytes);
      if (sums.size > this.limits.waiting) yield* this.closeDictionary();
    }
  }

  /** Yields the dictionary as it is now, if a page needs it, and the pages that wait for it. */
  *closeDictionary(): Generator<Uint8Array> {
    if (this.dictionaryBytes !== undefined) return;
    this.dictionary.close();
    this.dictionaryBytes = 0;
    if (this.dictionary.size > 0) {
      const page = makeDictionaryPage(this.dictionary.plain(), this.dictionary.size, this.codec);
      this.dictionaryBytes = page.bytes.length;
      this.sums.uncompressed += page.uncompressedSize;
      yield page.bytes;
    }
    yield* this.waiting.splice(0);
  }

  piece(withOffsetIndex: boolean): ChunkPiece {
    const dictionaryBytes = this.dictionaryBytes ?? 0;
    const size = dictionaryBytes + this.sums.size;
    const piece: ChunkPiece = { chunk: this.first, segments: [], size, meta: this.meta(dictionaryBytes) };
    if (withOffsetIndex) {
      const pages = this.pages.map(({ start, end, firstRow }) => ({
        start: start + dictionaryBytes,
        end: end + dictionaryBytes,
        firstRow,
      }));
      piece.offsetIndex = makeOffsetIndex(pages);
    }
    return piece;
  }

  /** Only what we counted ourselves: no bounds, which nobody compared. */
  private meta(dictionaryBytes: number): ColumnMetaData {
    const { first, sums, numPages } = this;
    const stats = [
      { pageType: PageType.dictionaryPage, encoding: Encoding.plain, count: dictionaryBytes > 0 ? 1 : 0 },
      { pageType: PageType.dataPage, encoding: Encoding.rleDictionary, count: numPages.dictionary },
      { pageType: PageType.dataPage, encoding: Encoding.plain, count: numPages.plain },
    ].filter(({ count }) => count > 0);
    const encodings = new Set([...stats.map(({ encoding }) => encoding), Encoding.rle]);
    const meta = make(ColumnMetaData, {
      type: first.meta.require(ColumnMetaData.type),
      codec: first.meta.require(ColumnMetaData.codec),
      pathInSchema: first.meta.get(ColumnMetaData.pathInSchema) ?? [],
      encodings: [...encodings],
      numValues: sums.levels,
      totalUncompressedSize: sums.uncompressed,
      totalCompressedSize: dictionaryBytes + sums.size,
      dataPageOffset: dictionaryBytes,
      encodingStats: stats.map((stat) => make(PageEncodingStats, stat)),
    });
    if (dictionaryBytes > 0) meta.set(ColumnMetaData.dictionaryPageOffset, 0);
    // Writers differ in whether an empty list is a null, so nulls are counted where there is but one way.
    if (first.leaf.maxRepetition === 0) {
      meta.set(ColumnMetaData.statistics, make(Statistics, { nullCount: sums.nulls }));
    }
    return meta;
  }
}
