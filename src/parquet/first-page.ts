/** What is looked at of a chunk that is copied whole: that somebody can begin to read it. */
import { openKnownCodec } from './codec.js';
import { PageType } from './format.js';
import { HeaderWindow, inPage } from './header-window.js';
import { beginsInsideRow, openLevels } from './page.js';
import type { PageHead } from './page-header.js';
import { beyondChunk, withoutRow } from './pages.js';
import type { RangeReader } from './source.js';
import type { SourceChunk } from './source-chunk.js';

/** Pages that unpack to more are not unpacked only to look at their first level. */
const MOST_UNPACKED = 4 * 1024 * 1024;

/**
 * Sees that a chunk begins with a page, and its pages with a row. What is copied is not opened, but where not even the
 * first page has a header, or a first value continues a row that none began, nobody will read what is made of it.
 * @throws RepartitionError `parquet` when it does not; of rows only as far as the first page's bytes are in hand
 */
export async function requireFirstPage(reader: RangeReader, chunk: SourceChunk): Promise<void> {
  if (chunk.numValues === 0) return;
  const { start, end } = chunk.range;
  const window = new HeaderWindow(reader, chunk.range);
  const head = await window.headAt(chunk, start);
  const next = start + head.size + head.compressedSize;
  if (next > end) throw beyondChunk(chunk, start);
  if (chunk.leaf.maxRepetition === 0) return;
  if (head.type !== PageType.dictionaryPage) return requireFirstRow(reader, chunk, window, start, head);
  if (window.inHand({ start: next, end })) {
    await requireFirstRow(reader, chunk, window, next, await window.headAt(chunk, next));
  }
}

async function requireFirstRow(
  reader: RangeReader,
  chunk: SourceChunk,
  window: HeaderWindow,
  start: number,
  head: PageHead,
): Promise<void> {
  const isData = head.type === PageType.dataPage || head.type === PageType.dataPageV2;
  const body = window.inHand({ start: start + head.size, end: start + head.size + head.compressedSize });
  if (!isData || !body || head.uncompressedSize > MOST_UNPACKED) return;
  const codec = await openKnownCodec(chunk.codec);
  if (!codec) return;
  const room = await reader.memory.take(head.uncompressedSize);
  try {
    const goesOn = await inPage(chunk, start, () =>
      beginsInsideRow(openLevels({ ...chunk, codec }, head, body)),
    );
    if (goesOn) throw withoutRow(chunk, start);
  } finally {
    room.release();
  }
}
