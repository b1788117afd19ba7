/** For programs that have Parquet files and no graph: cut them, join them, move their row boundaries. */
import { RepartitionError } from '../errors.js';
import { DEFAULT_MEMORY, Memory } from '../memory.js';
import { footerKeys, type KeyChanges, readFooter } from './footer.js';
import { type Method, type RowGroupFacts, rowGroupFacts } from './crumbs.js';
import { rewrite } from './rewrite.js';
import type { RangeReader, RowSlice } from './source.js';
import type { SourceFile } from './source-file.js';

/** A file that ranges can be read from, wherever it is. */
export type ReadableFile = Pick<RangeReader, 'name' | 'size' | 'read'> &
  Partial<Pick<RangeReader, 'readOverhead' | 'smallestCopy'>>;

/** What a file's footer says. */
export interface FileFacts {
  rows: number;
  /** Rows and compressed bytes of each. */
  rowGroups: RowGroupFacts[];
  /** Paths of the leaves, with dots between names. */
  columns: string[];
  /** Who wrote it. */
  createdBy: string | undefined;
  keys: ReadonlyMap<string, string | undefined>;
}

/**
 * Reads a footer.
 * @throws RepartitionError `parquet` when the file is no Parquet, truncated, damaged or encrypted
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * import { fromBytes, readFacts } from 'gs-repartition/parquet';
 *
 * const path = 'graph/node_data/movie-title_embedding/parquet/part-00000-d256491c-5a5e-57b3-943c-11ba6a3d4746-c000.snappy.parquet';
 * const { rows, columns } = await readFacts(fromBytes(path, readFileSync(path)));
 * console.log(rows, columns.length);
 * // 601 1
 * ```
 */
export async function readFacts(file: ReadableFile): Promise<FileFacts> {
  const footer = await readFooter(readerOf(file));
  return {
    rows: footer.rows,
    rowGroups: rowGroupFacts(footer),
    columns: footer.leaves.map(({ path }) => path),
    createdBy: footer.createdBy,
    keys: footerKeys(footer),
  };
}

/** How rows are rewritten. */
export interface RewriteRowsOptions {
  /** Footer keys to set, or with null to remove; all others come from the first slice's file. */
  keys?: KeyChanges;
  /** Bytes that the process may take. A page or footer that needs more is refused. Default 256 MiB. */
  memory?: number;
}

/** A new file in the making. */
export interface RewrittenRows {
  method: Method;
  /** The file, from its first byte to its last. */
  bytes: AsyncIterable<Uint8Array>;
}

/** Copied at a time. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * The rows of `slices`, in their order, as one file: pages are copied as they are, and only those that a boundary cuts
 * are opened. Many tiny row groups are joined instead, value by value. All files need one schema.
 * @param slices row ranges of `files[source]`, half open; at least one
 * @throws RepartitionError `parquet` when a page that must be opened is damaged, `mismatch` when schemas differ or a slice
 *   reaches beyond its file, `usage` without slices or for a file that was not given
 *
 * @example
 * ```ts
 * import { appendFileSync, readFileSync } from 'node:fs';
 * import { fromBytes, readFacts, rewriteRows } from 'gs-repartition/parquet';
 *
 * const path = 'graph/node_data/movie-title_embedding/parquet/part-00000-d256491c-5a5e-57b3-943c-11ba6a3d4746-c000.snappy.parquet';
 * const file = fromBytes(path, readFileSync(path));
 * const { rows } = await readFacts(file);
 * const { bytes } = await rewriteRows([file], [{ source: 0, from: 100, to: rows }]);
 * for await (const chunk of bytes) appendFileSync('rest.parquet', chunk);
 * const rest = await readFacts(fromBytes('rest.parquet', readFileSync('rest.parquet')));
 * console.log(rows - rest.rows);
 * // 100
 * ```
 */
export async function rewriteRows(
  files: readonly ReadableFile[],
  slices: readonly [RowSlice, ...RowSlice[]],
  { keys = {}, memory = DEFAULT_MEMORY }: RewriteRowsOptions = {},
): Promise<RewrittenRows> {
  requireSlices(files.length, slices);
  const opened = new Map<number, Promise<SourceFile>>();
  const room = Memory.within(memory);
  const readers = files.map((file) => readerOf(file, room));
  const open = (source: number): Promise<SourceFile> => {
    const found = opened.get(source) ?? openFile(readers[source]!);
    opened.set(source, found);
    return found;
  };
  const rewritten = await rewrite(open, slices, keys, { smallestCopy: Infinity });
  if (rewritten.method === 're-encode') return { method: 're-encode', bytes: rewritten.chunks };
  const { segments } = rewritten;
  return { method: 'splice', bytes: inOrder() };

  async function* inOrder(): AsyncGenerator<Uint8Array> {
    for (const segment of segments) {
      if (segment.kind === 'bytes') {
        yield segment.bytes;
        continue;
      }
      const { source, start, end } = segment;
      for (let at = start; at < end; at += CHUNK_BYTES) {
        yield await readers[source]!.read(at, Math.min(end, at + CHUNK_BYTES));
      }
    }
  }
}

/** Programs in JavaScript get by without the compiler. */
function requireSlices(files: number, slices: readonly RowSlice[]): void {
  const unknown = slices.find(({ source }) => !Number.isInteger(source) || source < 0 || source >= files);
  if (slices.length > 0 && !unknown) return;
  const what = unknown ? `there is no file ${unknown.source} among the ${files} given` : 'no slice was given';
  throw new RepartitionError('usage', what, {
    hint: 'Give at least one slice, each of one of the files; a slice without rows lends its schema.',
  });
}

async function openFile(reader: RangeReader): Promise<SourceFile> {
  return { reader, footer: await readFooter(reader) };
}

/**
 * A file whose bytes are in memory.
 * @param name for messages
 *
 * @example
 * ```ts
 * import { fromBytes } from 'gs-repartition/parquet';
 *
 * console.log(fromBytes('empty.parquet', new Uint8Array()).size);
 * // 0
 * ```
 */
export function fromBytes(name: string, bytes: Uint8Array): ReadableFile {
  return { name, size: bytes.length, read: (start, end) => Promise.resolve(bytes.subarray(start, end)) };
}

/** As if on a disk, where a read costs little. */
function readerOf(file: ReadableFile, memory = Memory.within(DEFAULT_MEMORY)): RangeReader {
  const { name, size, readOverhead = 0, smallestCopy = 0 } = file;
  return { name, size, readOverhead, smallestCopy, memory, read: (start, end) => file.read(start, end) };
}
