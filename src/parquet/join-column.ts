/**
 * One column of a re-encoded row group, written page by page.
 *
 *     source chunks   |dict a|pages| |dict b|pages| |pages|
 *     new chunk       |dict a ∪ b| pages: indices … | pages: PLAIN |
 *
 * What the sources say by dictionary is said by dictionary again, as long as the merged one stays small; everything
 * else in PLAIN. The dictionary comes first in the file, so pages wait until it is complete, or until so many wait that
 * it is declared complete.
 */
import type { Chunk } from './chunk.js';
import { openCodec, type PageCodec } from './codec.js';
import {
  ColumnMetaData,
  Encoding,
  isDictionaryEncoding,
  PageEncodingStats,
  PageType,
  Statistics,
} from './format.js';
import { bitWidth, encodeHybrid } from './hybrid.js';
import { type IndexedPage, makeOffsetIndex } from './indexes.js';
import { Levels } from './levels.js';
import { MergedDictionary } from './merged-dictionary.js';
import { countRowStarts, type MadePage, makeDictionaryPage, makePage, type OpenPage } from './page.js';
import type { ChunkPiece } from './piece.js';
import type { Leaf } from './schema.js';
import type { RowGroupShare } from './splice.js';
import { Struct, ThriftType } from './thrift.js';
import { type RunValues, type ValueRun, valueRuns } from './value-runs.js';
import { concat, type EncodedValues, packPlain } from './values.js';

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
export async function* joinColumn(
  sources: readonly [ColumnSource, ...ColumnSource[]],
  limits: DictionaryLimits,
): AsyncGenerator<Uint8Array, ChunkPiece> {
  const [{ chunk: first }] = sources;
  const column = new ColumnWriter(first, await openCodec(first.codec), limits);
  if (!sources.some(({ chunk }) => usesDictionary(chunk))) yield* column.closeDictionary();
  for (const { share, chunk } of sources) {
    for await (const run of valueRuns(share, chunk)) yield* column.add(run);
  }
  yield* column.flush();
  yield* column.closeDictionary();
  return column.piece(sources.every(({ chunk }) => chunk.offsetIndex));
}

/** A column chunk, and the rows of it that are wanted. */
export interface ColumnSource {
  share: RowGroupShare;
  chunk: Chunk;
}

function countOf(values: RunValues): number {
  return values.kind === 'plain' ? values.count : values.indices.length;
}

function usesDictionary(chunk: Chunk): boolean {
  return (chunk.meta.ints(ColumnMetaData.encodings) ?? []).some(isDictionaryEncoding);
}

class ColumnWriter {
  private readonly dictionary: MergedDictionary;
  /** The dictionary page, header included; 0 bytes for a column without one. Undefined until it is complete. */
  private dictionaryBytes: number | undefined;
  private pending = new PendingPage();
  private readonly waiting: Uint8Array[] = [];
  /** Offsets count from the first data page. */
  private readonly pages: IndexedPage[] = [];
  private readonly numPages = { dictionary: 0, plain: 0 };
  private readonly sums = { size: 0, uncompressed: 0, levels: 0, nulls: 0, rows: 0 };

  constructor(
    private readonly first: Chunk,
    private readonly codec: PageCodec,
    private readonly limits: DictionaryLimits,
  ) {
    this.dictionary = new MergedDictionary(limits.entries);
  }

  *add({ values, ...levels }: ValueRun): Generator<Uint8Array> {
    const run: SaidRun = { ...levels, said: this.say(values), count: countOf(values) };
    if (!this.pending.takes(run)) yield* this.flush();
    this.pending.add(run);
    if (this.pending.bytes >= PAGE_BYTES || this.pending.rows >= PAGE_ROWS) yield* this.flush();
  }

  private say(values: RunValues): Uint32Array | Uint8Array {
    if (values.kind === 'plain') return values.bytes;
    const { dictionary, indices } = values;
    return this.dictionary.translate(dictionary, indices) ?? dictionary.gather(indices);
  }

  /** Ends the page begun. */
  *flush(): Generator<Uint8Array> {
    const { pending, sums } = this;
    if (pending.levels === 0) return;
    const made = pending.make(this.first.leaf, this.codec, this.dictionary.size);
    this.numPages[made.encoding === Encoding.plain ? 'plain' : 'dictionary']++;
    this.pages.push({ start: sums.size, end: sums.size + made.bytes.length, firstRow: sums.rows });
    sums.size += made.bytes.length;
    sums.uncompressed += made.uncompressedSize;
    sums.levels += made.numLevels;
    sums.nulls += made.numNulls;
    sums.rows += pending.rows;
    this.pending = new PendingPage();
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
  private meta(dictionaryBytes: number): Struct {
    const { first, sums, numPages } = this;
    const stats = [
      { type: PageType.dictionaryPage, encoding: Encoding.plain, count: dictionaryBytes > 0 ? 1 : 0 },
      { type: PageType.dataPage, encoding: Encoding.rleDictionary, count: numPages.dictionary },
      { type: PageType.dataPage, encoding: Encoding.plain, count: numPages.plain },
    ].filter(({ count }) => count > 0);
    const encodings = new Set([...stats.map(({ encoding }) => encoding), Encoding.rle]);
    const meta = new Struct();
    for (const id of [ColumnMetaData.type, ColumnMetaData.codec]) meta.setI32(id, first.meta.requireInt(id));
    meta
      .setList(
        ColumnMetaData.pathInSchema,
        ThriftType.binary,
        first.meta.list(ColumnMetaData.pathInSchema)?.items ?? [],
      )
      .setList(ColumnMetaData.encodings, ThriftType.i32, [...encodings])
      .setI64(ColumnMetaData.numValues, sums.levels)
      .setI64(ColumnMetaData.totalUncompressedSize, sums.uncompressed)
      .setI64(ColumnMetaData.totalCompressedSize, dictionaryBytes + sums.size)
      .setI64(ColumnMetaData.dataPageOffset, dictionaryBytes)
      .setList(
        ColumnMetaData.encodingStats,
        ThriftType.struct,
        stats.map(({ type, encoding, count }) =>
          new Struct()
            .setI32(PageEncodingStats.pageType, type)
            .setI32(PageEncodingStats.encoding, encoding)
            .setI32(PageEncodingStats.count, count),
        ),
      );
    if (dictionaryBytes > 0) meta.setI64(ColumnMetaData.dictionaryPageOffset, 0);
    // Writers differ in whether an empty list is a null, so nulls are counted where there is but one way.
    if (first.leaf.maxRepetition === 0) {
      meta.setStruct(ColumnMetaData.statistics, new Struct().setI64(Statistics.nullCount, sums.nulls));
    }
    return meta;
  }
}

/** A run whose values are said as the new page will say them: indices into its dictionary, or PLAIN. */
interface SaidRun extends Omit<ValueRun, 'values'> {
  said: Uint32Array | Uint8Array;
  /** Values present. */
  count: number;
}

/** Runs that wait to become one page; all indices, or all PLAIN. */
class PendingPage {
  private readonly runs: SaidRun[] = [];
  private hasIndices: boolean | undefined;
  bytes = 0;
  rows = 0;
  /** Not none where rows are: a page may hold nothing but the rest of a row. */
  levels = 0;

  takes({ said, count }: SaidRun): boolean {
    return count === 0 || this.hasIndices === undefined || this.hasIndices === said instanceof Uint32Array;
  }

  add(run: SaidRun): void {
    const { said, count, numLevels, definition } = run;
    this.runs.push(run);
    if (count > 0) this.hasIndices = said instanceof Uint32Array;
    this.levels += numLevels;
    this.rows += countRowStarts(run);
    // Levels cost a bit or so, and an index about two bytes in a dictionary of some size.
    this.bytes += (said instanceof Uint32Array ? 2 * count : said.length) + (definition ? numLevels / 8 : 0);
  }

  make(leaf: Leaf, codec: PageCodec, dictionarySize: number): MadePage {
    const levels = (of: (run: SaidRun) => Levels | undefined): Levels | undefined => {
      const parts = this.runs.map(of).filter((part) => part !== undefined);
      return parts.length > 0 ? Levels.concat(parts) : undefined;
    };
    const page: OpenPage = {
      repetition: levels((run) => run.repetition),
      definition: levels((run) => run.definition),
      numLevels: this.levels,
      values: this.hasIndices ? this.indices(dictionarySize) : this.plain(leaf),
    };
    return makePage(leaf, page, codec);
  }

  private get count(): number {
    return this.runs.reduce((sum, run) => sum + run.count, 0);
  }

  private plain(leaf: Leaf): EncodedValues {
    const bytes = concat(
      this.runs.map(({ said }) => (said instanceof Uint8Array ? said : new Uint8Array(0))),
    );
    return { encoding: Encoding.plain, bytes: packPlain(leaf, bytes), count: this.count };
  }

  private indices(dictionarySize: number): EncodedValues {
    const { count } = this;
    const indices = new Uint32Array(count);
    let at = 0;
    for (const { said } of this.runs) {
      if (!(said instanceof Uint32Array)) continue;
      indices.set(said, at);
      at += said.length;
    }
    // A width of 0 is lawful for a single entry, but the less trodden path in readers.
    const width = Math.max(1, bitWidth(dictionarySize - 1));
    const bytes = concat([Uint8Array.of(width), encodeHybrid(indices, width)]);
    return { encoding: Encoding.rleDictionary, bytes, count };
  }
}
