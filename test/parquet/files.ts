/** Parquet files on disk as the splice engine wants them, and its results as files again. */
import { deepStrictEqual } from 'node:assert/strict';
import { open, readFile, writeFile } from 'node:fs/promises';
import { DEFAULT_MEMORY, Memory } from '../../src/memory.js';
import { readFooter } from '../../src/parquet/footer.js';
import type { KeyChanges } from '../../src/parquet/footer.js';
import type { OpenSource } from '../../src/parquet/source-file.js';
import type { RowSlices } from '../../src/parquet/source.js';
import { reencode } from '../../src/parquet/reencode.js';
import type { DictionaryLimits } from '../../src/parquet/reencode-column.js';
import { splice } from '../../src/parquet/splice.js';

/** A read costs as much as this many bytes. */
const NETWORK = 256 * 1024;

/** What S3 copies by itself. */
export const SMALLEST_COPY = 5 * 1024 * 1024;

/** Of a package that never was: files made by tests don't change with releases. */
export const VERSION = '1.2.3';

/** Opens `paths[source]`, read as a disk is or a network; every read is checked to lie in the file. */
export function openFiles(paths: readonly string[], readOverhead = 0): OpenSource {
  return async (source) => {
    const name = paths[source]!;
    const { length: size } = await readFile(name);
    const read = async (start: number, end: number): Promise<Uint8Array> => {
      if (!(start >= 0 && start <= end && end <= size))
        throw new Error(`a read of ${start} to ${end} of ${size}`);
      const file = await open(name);
      try {
        const bytes = new Uint8Array(end - start);
        await file.read(bytes, 0, bytes.length, start);
        return bytes;
      } finally {
        await file.close();
      }
    };
    const memory = Memory.within(DEFAULT_MEMORY);
    const reader = { name, size, readOverhead, smallestCopy: SMALLEST_COPY, memory, read };
    return { reader, footer: await readFooter(reader) };
  };
}

export interface Made {
  size: number;
  copiedBytes: number;
}

/** Splices slices of `paths` into `output`: the same bytes, however far away the files seem to be. */
export async function spliceFiles(
  paths: readonly string[],
  slices: RowSlices,
  output: string,
  keys: KeyChanges = {},
  smallestCopy = SMALLEST_COPY,
): Promise<Made> {
  const options = { smallestCopy, version: VERSION };
  const spliced = await splice(openFiles(paths), slices, keys, options);
  deepStrictEqual(await splice(openFiles(paths, NETWORK), slices, keys, options), spliced);
  const { segments, size, copiedBytes } = spliced;
  const inputs = await Promise.all(paths.map((path) => readFile(path)));
  const bytes = Buffer.concat(
    segments.map((s) => (s.kind === 'bytes' ? s.bytes : inputs[s.source]!.subarray(s.start, s.end))),
  );
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes where ${size} were promised`);
  await writeFile(output, bytes);
  return { size, copiedBytes };
}

/** Splices as `spliceFiles` does, as if every page could be copied: cuts get row groups of their own, behind the others. */
export function spliceApart(
  paths: readonly string[],
  slices: RowSlices,
  output: string,
  keys: KeyChanges = {},
): Promise<Made> {
  return spliceFiles(paths, slices, output, keys, 1);
}

/** Re-encodes slices of `paths` into `output`. */
export async function reencodeFiles(
  paths: readonly string[],
  slices: RowSlices,
  output: string,
  keys: KeyChanges = {},
  limits?: DictionaryLimits,
): Promise<void> {
  const options = { version: VERSION, ...(limits && { limits }) };
  const chunks: Uint8Array[] = [];
  for await (const chunk of reencode(openFiles(paths), slices, keys, options)) chunks.push(chunk);
  await writeFile(output, Buffer.concat(chunks));
}

/** Re-encodes as `reencodeFiles` does, with room for a few values in each dictionary, and few pages waiting for it. */
export function reencodeTightly(
  paths: readonly string[],
  slices: RowSlices,
  output: string,
  keys: KeyChanges = {},
): Promise<void> {
  return reencodeFiles(paths, slices, output, keys, { entries: 40, waiting: 100 });
}
