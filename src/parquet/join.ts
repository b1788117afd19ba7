/**
 * Re-encoding: where splicing would leave crumbs, or many tiny parts become one, the values of all slices are said in
 * PLAIN and written as pages and row groups of a sensible size. Values keep their physical form from page to page, so
 * no type can change on the way: INT96, decimals and whatever a logical type means pass as the bytes they are.
 *
 *     source row groups   |a|b|c|  |d|e|  |f|g|h|i|
 *     new row group       | a b c d e f g h i |        column by column, one page in memory at a time
 */
import { type Chunk, readChunks } from './chunk.js';
import { openCodec } from './codec.js';
import { explainDamage } from './errors.js';
import { FileBuilder, type KeyChanges } from './file-builder.js';
import { ColumnMetaData, Encoding, PageEncodingStats, PageType, RowGroup, Statistics } from './format.js';
import { type IndexedPage, makeOffsetIndex, readOffsetIndex } from './indexes.js';
import {
  countPresent,
  countRowStarts,
  makePlainPage,
  openDictionary,
  type OpenPage,
  readPageHead,
} from './page.js';
import { inPage, listPages, openDataPage, type PageList } from './pages.js';
import { type ChunkPiece, cutLevels, pickPages } from './piece.js';
import { requireSameSchema } from './same-schema.js';
import type { ParquetSegment } from './segments.js';
import type { RangeReader } from './source.js';
import { type OpenSource, rowGroupShares, type RowGroupShare, type RowSlices } from './splice.js';
import { Struct, ThriftType } from './thrift.js';
import { concat, packPlain, type PlainEntries, sliceValues, toPlain } from './values.js';

/** Pages end at the first of these, as parquet-mr's do. */
const PAGE_BYTES = 1024 * 1024;
const PAGE_ROWS = 20_000;
/** Levels of a source page taken at a time; of rows of lists a page may then end inside a row. */
const RUN_LEVELS = 16_384;
/** Source bytes that make a row group. */
const ROW_GROUP_BYTES = 64 * 1024 * 1024;
/** Footers that may be held at a time for one row group: bounds memory when the slices are tiny. */
const ROW_GROUP_SHARES = 512;

/** Named in the footer of files whose pages we made; `version` is the package's. */
const CREATED_BY = 'gs-repartition version 0.1.0';

/**
 * The bytes of a file with the rows of `slices`, made while they are read.
 * @throws RepartitionError as `splice` does
 */
export async function* join(
  open: OpenSource,
  slices: RowSlices,
  keys: KeyChanges,
): AsyncGenerator<Uint8Array, void> {
  const template = (await open(slices[0].source)).footer;
  const file = new FileBuilder(template, { createdBy: CREATED_BY });
  yield* bytesOf(file.take());
  for await (const batch of batches(open, slices)) {
    for (const { share } of batch) requireSameSchema(template, share.footer);
    const rows = batch.reduce((sum, { share }) => sum + share.to - share.from, 0);
    const { group, source, footer } = batch[0].share;
    try {
      const pieces: ChunkPiece[] = [];
      for (const column of template.leaves.keys()) pieces.push(yield* joinColumn(batch, column));
      const origin = { footer: template, group: group.clone().delete(RowGroup.sortingColumns), source, rows };
      file.addRowGroup(origin, pieces);
    } catch (error) {
      throw explainDamage(footer.file, undefined, error);
    }
  }
  file.finish(keys);
  yield* bytesOf(file.take());
}

function* bytesOf(segments: readonly ParquetSegment[]): Generator<Uint8Array> {
  for (const segment of segments) if (segment.kind === 'bytes') yield segment.bytes;
}

/** Bytes of the pages that hold a share's rows, as far as that can be told without reading them. */
export function estimateBytes(share: RowGroupShare): number {
  const bytes = readChunks(share.footer, share.group).reduce(
    (n, { range }) => n + range.end - range.start,
    0,
  );
  return (bytes * (share.to - share.from)) / Math.max(share.rows, 1);
}

interface OpenShare {
  share: RowGroupShare;
  chunks: Chunk[];
}

type Batch = [OpenShare, ...OpenShare[]];

/** Shares that will make one row group. */
async function* batches(open: OpenSource, slices: RowSlices): AsyncGenerator<Batch> {
  let batch: OpenShare[] = [];
  let bytes = 0;
  for (const slice of slices) {
    for (const share of rowGroupShares(await open(slice.source), slice)) {
      batch.push({ share, chunks: readChunks(share.footer, share.group) });
      bytes += estimateBytes(share);
      if (bytes < ROW_GROUP_BYTES && batch.length < ROW_GROUP_SHARES) continue;
      yield batch as Batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch as Batch;
}

/** Yields the pages of one column; returns the piece that describes them. */
async function* joinColumn(batch: Batch, column: number): AsyncGenerator<Uint8Array, ChunkPiece> {
  const shares = batch.map(({ share, chunks }) => ({ share, chunk: chunks[column]! }));
  const first = batch[0].chunks[column]!;
  const { leaf } = first;
  const codec = await openCodec(first.codec);
  const pages: IndexedPage[] = [];
  const sums = { size: 0, uncompressed: 0, levels: 0, nulls: 0, rows: 0 };
  let pending = new PendingPage();

  function flush(): Uint8Array {
    const open = pending.open();
    const made = makePlainPage(
      leaf,
      { ...open, values: { ...open.values, bytes: packPlain(leaf, open.values.bytes) } },
      codec,
    );
    pages.push({ start: sums.size, end: sums.size + made.bytes.length, firstRow: sums.rows });
    sums.size += made.bytes.length;
    sums.uncompressed += made.uncompressedSize;
    sums.levels += made.numLevels;
    sums.nulls += made.numNulls;
    sums.rows += pending.rows;
    pending = new PendingPage();
    return made.bytes;
  }

  for (const { share, chunk } of shares) {
    for await (const run of plainRuns(share, chunk)) {
      pending.add(run);
      if (pending.bytes >= PAGE_BYTES || pending.rows >= PAGE_ROWS) yield flush();
    }
  }
  if (pending.levels > 0) yield flush();
  const meta = joinedMeta(first, pages.length, sums);
  const piece: ChunkPiece = { chunk: first, segments: [], size: sums.size, meta };
  if (shares.every(({ chunk }) => chunk.offsetIndex)) piece.offsetIndex = makeOffsetIndex(pages);
  return piece;
}

/** Only what we counted ourselves: no bounds, which nobody compared. */
function joinedMeta(
  first: Chunk,
  numPages: number,
  sums: { size: number; uncompressed: number; levels: number; nulls: number },
): Struct {
  const stats = new Struct()
    .setI32(PageEncodingStats.pageType, PageType.dataPage)
    .setI32(PageEncodingStats.encoding, Encoding.plain)
    .setI32(PageEncodingStats.count, numPages);
  const meta = new Struct();
  for (const id of [ColumnMetaData.type, ColumnMetaData.codec]) meta.setI32(id, first.meta.requireInt(id));
  const path = first.meta.list(ColumnMetaData.pathInSchema);
  meta
    .setList(ColumnMetaData.pathInSchema, ThriftType.binary, path?.items ?? [])
    .setList(ColumnMetaData.encodings, ThriftType.i32, [Encoding.plain, Encoding.rle])
    .setI64(ColumnMetaData.numValues, sums.levels)
    .setI64(ColumnMetaData.totalUncompressedSize, sums.uncompressed)
    .setI64(ColumnMetaData.totalCompressedSize, sums.size)
    .setI64(ColumnMetaData.dataPageOffset, 0)
    .setList(ColumnMetaData.encodingStats, ThriftType.struct, [stats]);
  // Writers differ in whether an empty list is a null, so nulls are counted where there is but one way.
  if (first.leaf.maxRepetition === 0) {
    meta.setStruct(ColumnMetaData.statistics, new Struct().setI64(Statistics.nullCount, sums.nulls));
  }
  return meta;
}

/** Some of the levels of one source page, with their values said in PLAIN. */
type PlainRun = OpenPage;

async function* plainRuns(share: RowGroupShare, chunk: Chunk): AsyncGenerator<PlainRun> {
  const { reader, rows, from, to } = share;
  const { leaf } = chunk;
  const list = await listPages(reader, chunk, await readOffsetIndex(reader, chunk), rows, to);
  const dictionary = await readDictionary(reader, chunk, list);
  for (const { page, cut } of pickPages(list.pages, from, to)) {
    const opened = await openDataPage(reader, chunk, page);
    const { repetition, definition, values, numLevels } = opened.page;
    const kept = cut ? cutLevels(opened.page, cut) : { from: 0, to: numLevels };
    let before = countPresent(definition, leaf.maxDefinition, 0, kept.from);
    // A page of few bytes may hold millions of values: they are said in PLAIN a few at a time.
    for (let from = kept.from; from < kept.to; from += RUN_LEVELS) {
      const to = Math.min(from + RUN_LEVELS, kept.to);
      const count = countPresent(definition, leaf.maxDefinition, from, to);
      const first = before;
      yield await inPage(chunk, page.start, (): PlainRun => {
        const isAll = from === 0 && to === numLevels;
        const picked = isAll ? values : sliceValues(leaf, values, first, first + count);
        return {
          repetition: repetition?.subarray(from, to),
          definition: definition?.subarray(from, to),
          numLevels: to - from,
          values: { encoding: Encoding.plain, bytes: toPlain(leaf, picked, dictionary), count },
        };
      });
      before += count;
    }
  }
}

async function readDictionary(
  reader: RangeReader,
  chunk: Chunk,
  list: PageList,
): Promise<PlainEntries | undefined> {
  const { dictionary } = list;
  if (!dictionary) return undefined;
  const bytes = await reader.read(dictionary.start, dictionary.end);
  return inPage(chunk, dictionary.start, async () => {
    const head = readPageHead(bytes, 0);
    const body = bytes.subarray(head.size, head.size + head.compressedSize);
    return openDictionary(chunk.leaf, head, body, await openCodec(chunk.codec));
  });
}

/** Runs that wait to become one page. */
class PendingPage {
  private readonly runs: PlainRun[] = [];
  bytes = 0;
  rows = 0;
  /** Not none where rows are: a page may hold nothing but the rest of a row. */
  levels = 0;

  add(run: PlainRun): void {
    this.runs.push(run);
    this.levels += run.numLevels;
    this.bytes += run.values.bytes.length + (run.definition?.length ?? 0) / 8;
    this.rows += countRowStarts(run);
  }

  open(): OpenPage {
    const levels = (of: (run: PlainRun) => Uint8Array | undefined): Uint8Array | undefined =>
      this.runs.some((run) => of(run))
        ? concat(this.runs.map((run) => of(run) ?? new Uint8Array(0)))
        : undefined;
    return {
      repetition: levels((run) => run.repetition),
      definition: levels((run) => run.definition),
      numLevels: this.runs.reduce((n, run) => n + run.numLevels, 0),
      values: {
        encoding: Encoding.plain,
        bytes: concat(this.runs.map((run) => run.values.bytes)),
        count: this.runs.reduce((n, run) => n + run.values.count, 0),
      },
    };
  }
}
