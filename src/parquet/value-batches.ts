/**
 * A share's rows of one column, a batch at a time: levels, and values either said in PLAIN or as indices into their
 * source's dictionary. A batch is small however many values a page of a few bytes may hold.
 */
import type { Room } from '../memory.js';
import { openCodec } from './codec.js';
import { isDictionaryEncoding } from './format.js';
import { inPage } from './header-window.js';
import { EncodingError } from './hybrid.js';
import { readOffsetIndex } from './indexes.js';
import { countPresent, openDictionary, type OpenPage } from './page.js';
import { countsOf, readPageHead } from './page-header.js';
import type { DataPage, PageList } from './page-list.js';
import { listPages, openDataPage, type OpenedPage, takeRoom } from './pages.js';
import { PlainCursor, type PlainEntries } from './plain.js';
import { cutLevels, pickPages } from './pick-pages.js';
import type { Leaf } from './schema.js';
import type { RowGroupShare } from './slices.js';
import type { RangeReader } from './source.js';
import type { SourceChunk } from './source-chunk.js';
import { type EncodedValues, toPlain } from './values.js';

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

/** @throws RepartitionError `parquet` when a page is damaged, needs too much memory, or is of a kind we can't read */
export async function* valueBatches(
  share: Pick<RowGroupShare, 'reader' | 'rows' | 'from' | 'to'>,
  chunk: SourceChunk,
): AsyncGenerator<ValueBatch> {
  const { reader, rows, from, to } = share;
  const list = await listPages(reader, chunk, await readOffsetIndex(reader, chunk), rows, to);
  const picked = pickPages(list.pages, from, to);
  if (!picked[0]) return;
  const room = await takeRoom(reader, chunk, list.dictionary ?? picked[0].page);
  try {
    const dictionary = await readDictionary(reader, chunk, list, room);
    for (const { page, cut } of picked) {
      const before = room.bytes;
      await room.grow(page.end - page.start);
      const opened = await openDataPage(reader, chunk, list, page, room);
      const kept = cut ? cutLevels(opened.page, cut) : { from: 0, to: opened.page.numLevels };
      yield* batchesOf(chunk, page, opened, kept, dictionary);
      room.shrink(before);
    }
  } finally {
    room.release();
  }
}

async function* batchesOf(
  chunk: SourceChunk,
  { start }: DataPage,
  { page, room }: OpenedPage,
  kept: { from: number; to: number },
  dictionary: PlainEntries | undefined,
): AsyncGenerator<ValueBatch> {
  const { leaf } = chunk;
  const { repetition, definition, values } = page;
  const present = (first: number, end: number): number => countPresent(definition, first, end);
  const next = await inPage(chunk, start, () => {
    const read = readerOf(leaf, values, dictionary, room);
    read(present(0, kept.from));
    return read;
  });
  for (let first = kept.from; first < kept.to; first += BATCH_LEVELS) {
    const end = Math.min(first + BATCH_LEVELS, kept.to);
    yield await inPage(chunk, start, () => ({
      repetition: repetition?.slice(first, end),
      definition: definition?.slice(first, end),
      numLevels: end - first,
      values: next(present(first, end)),
    }));
  }
}

/** Reads a page's values in order, as many as asked for each time. */
function readerOf(
  leaf: Leaf,
  values: EncodedValues,
  dictionary: PlainEntries | undefined,
  room: Room,
): (count: number) => BatchValues {
  if (!isDictionaryEncoding(values.encoding) || values.count === 0) {
    const plain = toPlain(leaf, values, (bytes) => {
      room.more(bytes);
    });
    const cursor = new PlainCursor(leaf, plain);
    return (count) => ({ kind: 'plain', bytes: cursor.take(count), count });
  }
  const { runs } = values;
  if (!dictionary || !runs) throw new EncodingError('dictionary-encoded values without a dictionary');
  const decoder = runs.cursor();
  return (count) => {
    const indices = new Uint32Array(count);
    decoder.read(indices);
    return { kind: 'indices', indices, dictionary };
  };
}

async function readDictionary(
  reader: RangeReader,
  chunk: SourceChunk,
  { dictionary }: PageList,
  room: Room,
): Promise<PlainEntries | undefined> {
  if (!dictionary) return undefined;
  const bytes = await reader.read(dictionary.start, dictionary.end);
  return inPage(chunk, dictionary.start, async () => {
    const head = readPageHead(bytes, 0);
    // Its entries bound the indices of every page.
    dictionary.head = countsOf(head);
    const body = bytes.subarray(head.size, head.size + head.compressedSize);
    const { leaf, habits } = chunk;
    return openDictionary({ leaf, habits, codec: await openCodec(chunk.codec) }, head, body, room);
  });
}
