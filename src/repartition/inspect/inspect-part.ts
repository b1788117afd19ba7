/** A Parquet file: its footer in words, its pages, and if wanted its first rows. */
import { type Footer, footerKeys, readFooter } from '../../parquet/footer.js';
import { FileMetaData, OffsetIndex, RowGroup } from '../../parquet/format.js';
import { readOffsetIndex } from '../../parquet/indexes.js';
import { makerOf } from '../../parquet/provenance.js';
import type { RangeReader } from '../../parquet/source.js';
import type { CallOptions, ObjectStat, Storage } from '../../storage/storage.js';
import { partReader } from '../part-reader.js';
import { chunkFacts, type FoundChunk } from './chunk-facts.js';
import { columnFacts } from './column-facts.js';
import type { ChunkInspection, KeyFacts, PartInspection, RowGroupInspection } from './model.js';
import { countPages, listAllPages } from './page-facts.js';

export interface PartOptions extends CallOptions {
  /** Tell of each page. */
  pages: boolean;
  /** So many rows at most. */
  rows: number;
}

/** @throws RepartitionError `parquet` when it is no Parquet, truncated, damaged or encrypted */
export async function inspectPart(
  storage: Storage,
  stat: ObjectStat,
  { pages, rows, ...options }: PartOptions,
): Promise<PartInspection> {
  const reader = partReader(storage, stat, options);
  const footer = await readFooter(reader);
  const maker = makerOf(footer);
  const chunks: ChunkInspection[] = [];
  for (const chunk of chunkFacts(footer)) chunks.push(await inspectChunk(reader, chunk, pages));
  const part: PartInspection = {
    document: 'gs-repartition/inspect',
    version: 1,
    kind: 'part',
    path: storage.describe(stat.path),
    bytes: stat.size,
    rows: footer.rows,
    formatVersion: footer.meta.get(FileMetaData.version) ?? 0,
    ...(footer.createdBy !== undefined && { createdBy: footer.createdBy }),
    ...(Object.keys(maker).length > 0 && { madeBy: maker }),
    columns: columnFacts(footer),
    rowGroups: rowGroupsOf(footer, chunks),
    keys: keysOf(footer),
  };
  if (rows === 0) return part;
  // Loaded when somebody wants to see values: a reader of 5 MB.
  const { firstRows } = await import('./first-rows.js');
  return { ...part, values: await firstRows(storage, stat, rows, options) };
}

async function inspectChunk(
  reader: RangeReader,
  { source, ...chunk }: FoundChunk,
  pages: boolean,
): Promise<ChunkInspection> {
  if (pages) {
    const pageList = await listAllPages(reader, source);
    return { ...chunk, pages: pageList.filter(({ kind }) => kind.startsWith('data')).length, pageList };
  }
  if (chunk.pages !== undefined) return { ...chunk, pages: chunk.pages };
  const index = await readOffsetIndex(reader, source);
  const indexed = index?.get(OffsetIndex.pageLocations)?.length;
  return { ...chunk, pages: indexed ?? (await countPages(reader, source)) };
}

function rowGroupsOf(
  { rowGroups, leaves }: Footer,
  chunks: readonly ChunkInspection[],
): RowGroupInspection[] {
  return rowGroups.map((group, i) => {
    const own = chunks.slice(i * leaves.length, (i + 1) * leaves.length);
    return {
      rows: group.get(RowGroup.numRows) ?? 0,
      bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
      chunks: own,
    };
  });
}

function keysOf(footer: Footer): KeyFacts[] {
  return Array.from(footerKeys(footer), ([key, value]) => ({ key, ...(value !== undefined && { value }) }));
}
