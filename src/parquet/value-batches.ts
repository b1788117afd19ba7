/**
 * A share's rows of one column, a batch at a time: levels, and values either said in PLAIN or as indices into their
 * source's dictionary. A batch is small however many values a page of a few bytes may hold.
 */
import { openCodec } from './codec.js';
import { isDictionaryEncoding } from './format.js';
import { inPage } from './header-window.js';
import { EncodingError, HybridDecoder } from './hybrid.js';
import { readOffsetIndex } from './indexes.js';
import { countPresent, openDictionary, type OpenPage } from './page.js';
import { readPageHead } from './page-header.js';
import { listPages, openDataPage, type PageList } from './pages.js';
import { cutLevels, pickPages } from './pick-pages.js';
import type { Leaf } from './schema.js';
import type { RowGroupShare } from './slices.js';
import type { RangeReader } from './source.js';
import type { SourceChunk } from './source-chunk.js';
import { type EncodedValues, PlainCursor, type PlainEntries, toPlain } from './values.js';

/** Levels of a source page taken at a time; of rows of lists a page may then end inside a row. */
const BATCH_LEVELS = 16_384;

/** Present values, as `toPlain` says them or by their entries in a dictionary. */
export type BatchValues =
  | { kind: 'plain'; bytes: Uint8Array; count: number }
  | { kind: 'indices'; indices: Uint32Array; dictionary: PlainEntries };

/** Some of the levels of one source page, with their values. */
export interface ValueBatch extends Pick<OpenPage, 'repetition' | 'definition' | 'numLevels'> {
  values: BatchValues;
}

/** @throws RepartitionError `parquet` when a page is damaged, or of a kind we can't read */
export async function* valueBatches(
  share: Pick<RowGroupShare, 'reader' | 'rows' | 'from' | 'to'>,
  chunk: SourceChunk,
): AsyncGenerator<ValueBatch> {
  const { reader, rows, from, to } = share;
  const { leaf } = chunk;
  const list = await listPages(reader, chunk, await readOffsetIndex(reader, chunk), rows, to);
  const dictionary = await readDictionary(reader, chunk, list);
  for (const { page, cut } of pickPages(list.pages, from, to)) {
    const opened = await openDataPage(reader, chunk, page);
    const { repetition, definition, values, numLevels } = opened.page;
    const kept = cut ? cutLevels(opened.page, cut) : { from: 0, to: numLevels };
    const present = (first: number, end: number): number => countPresent(definition, leaf, first, end);
    const next = await inPage(chunk, page.start, () => {
      const read = readerOf(leaf, values, dictionary);
      read(present(0, kept.from));
      return read;
    });
    for (let start = kept.from; start < kept.to; start += BATCH_LEVELS) {
      const end = Math.min(start + BATCH_LEVELS, kept.to);
      yield await inPage(chunk, page.start, () => ({
        repetition: repetition?.slice(start, end),
        definition: definition?.slice(start, end),
        numLevels: end - start,
        values: next(present(start, end)),
      }));
    }
  }
}

/** Reads a page's values in order, as many as asked for each time. */
function readerOf(
  leaf: Leaf,
  values: EncodedValues,
  dictionary: PlainEntries | undefined,
): (count: number) => BatchValues {
  if (!isDictionaryEncoding(values.encoding) || values.count === 0) {
    const plain = values.count === 0 ? new Uint8Array(0) : toPlain(leaf, values);
    const cursor = new PlainCursor(leaf, plain);
    return (count) => ({ kind: 'plain', bytes: cursor.take(count), count });
  }
  if (!dictionary) throw new EncodingError('dictionary-encoded values without a dictionary');
  const decoder = new HybridDecoder(values.bytes.subarray(1), values.bytes[0] ?? 0);
  return (count) => {
    const indices = new Uint32Array(count);
    decoder.read(indices);
    return { kind: 'indices', indices, dictionary };
  };
}

async function readDictionary(
  reader: RangeReader,
  chunk: SourceChunk,
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
