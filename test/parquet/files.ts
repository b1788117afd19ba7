/** Parquet files on disk as the splice engine wants them, and its results as files again. */
import { deepStrictEqual } from 'node:assert/strict';
import { open, readFile, writeFile } from 'node:fs/promises';
import type { DictionaryLimits } from '../../src/parquet/join-column.js';
import { join } from '../../src/parquet/join.js';
import { readFooter } from '../../src/parquet/footer.js';
import type { KeyChanges } from '../../src/parquet/index.js';
import { splice, type OpenSource, type RowSlices } from '../../src/parquet/splice.js';

/** A read costs as much as this many bytes. */
const NETWORK = 256 * 1024;

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
    const reader = { name, size, readOverhead, read };
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
  longRun?: number,
): Promise<Made> {
  const spliced = await splice(openFiles(paths), slices, keys, longRun);
  deepStrictEqual(await splice(openFiles(paths, NETWORK), slices, keys, longRun), spliced);
  const { segments, size, copiedBytes } = spliced;
  const inputs = await Promise.all(paths.map((path) => readFile(path)));
  const bytes = Buffer.concat(
    segments.map((s) => (s.kind === 'bytes' ? s.bytes : inputs[s.source]!.subarray(s.start, s.end))),
  );
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes where ${size} were promised`);
  await writeFile(output, bytes);
  return { size, copiedBytes };
}

/** Splices as `spliceFiles` does, as if every page were a long run: cuts get row groups of their own, behind the runs. */
export function spliceApart(
  paths: readonly string[],
  slices: RowSlices,
  output: string,
  keys: KeyChanges = {},
): Promise<Made> {
  return spliceFiles(paths, slices, output, keys, 1);
}

/** Re-encodes slices of `paths` into `output`. */
export async function joinFiles(
  paths: readonly string[],
  slices: RowSlices,
  output: string,
  keys: KeyChanges = {},
  limits?: DictionaryLimits,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of join(openFiles(paths), slices, keys, limits)) chunks.push(chunk);
  await writeFile(output, Buffer.concat(chunks));
}

/** Re-encodes as `joinFiles` does, with room for a few values in each dictionary, and few pages waiting for it. */
export function joinTightly(
  paths: readonly string[],
  slices: RowSlices,
  output: string,
  keys: KeyChanges = {},
): Promise<void> {
  return joinFiles(paths, slices, output, keys, { entries: 40, waiting: 100 });
}
