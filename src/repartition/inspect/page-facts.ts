/** Pages by their headers, without opening one. */
import { damaged } from '../../parquet/errors.js';
import {
  DataPageHeader,
  DataPageHeaderV2,
  DictionaryPageHeader,
  PageHeader,
  PageType,
} from '../../parquet/format.js';
import { HeaderWindow } from '../../parquet/header-window.js';
import type { PageHead } from '../../parquet/page-header.js';
import type { RangeReader } from '../../parquet/source.js';
import type { SourceChunk } from '../../parquet/source-chunk.js';
import { encodingName } from './chunk-facts.js';
import type { PageFacts } from './model.js';

const KINDS = new Map<number, PageFacts['kind']>([
  [PageType.dataPage, 'data'],
  [PageType.dataPageV2, 'data v2'],
  [PageType.dictionaryPage, 'dictionary'],
  [PageType.indexPage, 'index'],
]);

/** @throws RepartitionError `parquet` where a page has no header, or reaches beyond its chunk */
export async function listAllPages(reader: RangeReader, chunk: SourceChunk): Promise<PageFacts[]> {
  const pages: PageFacts[] = [];
  for await (const { head, start } of headsOf(reader, chunk)) {
    pages.push({
      kind: KINDS.get(head.type) ?? 'index',
      start,
      bytes: head.size + head.compressedSize,
      uncompressedBytes: head.uncompressedSize,
      values: head.numValues,
      encoding: encodingOf(head),
      hasChecksum: head.struct.has(PageHeader.crc),
    });
  }
  return pages;
}

/**
 * Data pages.
 * @throws RepartitionError `parquet` as {@link listAllPages}
 */
export async function countPages(reader: RangeReader, chunk: SourceChunk): Promise<number> {
  let pages = 0;
  for await (const { head } of headsOf(reader, chunk)) if (isData(head)) pages++;
  return pages;
}

/** Until the chunk's values are all there: behind them may lie what is no page. */
async function* headsOf(
  reader: RangeReader,
  chunk: SourceChunk,
): AsyncGenerator<{ head: PageHead; start: number }> {
  const window = new HeaderWindow(reader, chunk.range);
  let start = chunk.range.start;
  for (let values = 0; values < chunk.numValues;) {
    const head = await window.headAt(chunk, start);
    const end = start + head.size + head.compressedSize;
    if (end > chunk.range.end) {
      throw damaged(
        chunk.file,
        `column ${chunk.leaf.path}: the page at byte ${start} reaches beyond its chunk`,
      );
    }
    yield { head, start };
    if (isData(head)) values += head.numValues;
    start = end;
  }
}

function isData({ type }: PageHead): boolean {
  return type === PageType.dataPage || type === PageType.dataPageV2;
}

function encodingOf({ struct }: PageHead): string {
  const encoding =
    struct.get(PageHeader.dataPageHeader)?.get(DataPageHeader.encoding) ??
    struct.get(PageHeader.dataPageHeaderV2)?.get(DataPageHeaderV2.encoding) ??
    struct.get(PageHeader.dictionaryPageHeader)?.get(DictionaryPageHeader.encoding);
  return encoding === undefined ? '' : encodingName(encoding);
}
