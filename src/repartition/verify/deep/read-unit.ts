/**
 * Reads values with parquet-wasm into apache-arrow: readers that share no line with the engine. parquet-wasm takes a row
 * group's chunks whole and gives them back in batches, so memory holds a row group's compressed bytes and a batch.
 */
import { type Data, tableFromIPC } from 'apache-arrow';
import { ParquetFile, type RecordBatch } from 'parquet-wasm';
import { messageOf, RepartitionError } from '../../../errors.js';
import { RowGroup } from '../../../parquet/format.js';
import type { CallOptions, ObjectStat, Storage } from '../../../storage/storage.js';
import { DamagedPage, PartFile } from './file.js';
import type { PartUnit, UnitFacts } from './model.js';
import { Tally } from './tally.js';

/** Decompressed, about. Smaller batches cost calls, larger ones copies that no cache holds. */
const BATCH_BYTES = 4 * 1024 * 1024;
const [LEAST_ROWS, MOST_ROWS] = [256, 65_536];

export interface ReadOptions extends CallOptions {
  onBytes: (bytes: number) => void;
}

/** The batch is no Arrow that apache-arrow knows. */
class UnknownArrow extends Error {}

/**
 * @throws whatever keeps us from looking; what is wrong with the part is returned, with whether the reader has broken
 */
export async function readUnit(
  storage: Storage,
  unit: PartUnit,
  options: ReadOptions,
): Promise<{ facts: UnitFacts; isSpent: boolean }> {
  const tally = new Tally(unit.counted);
  const outcome = await readRows(storage, unit, unit.rowGroups, options, (name, data) =>
    tally.add(name, data),
  );
  if ('rows' in outcome) {
    tally.addRows(outcome.rows);
    return { facts: { kind: 'part', ...tally.facts() }, isSpent: false };
  }
  return outcome;
}

export type ReadOutcome = { rows: number } | { facts: UnitFacts; isSpent: boolean };

/** Gives every batch of every column to `take`. */
export async function readRows(
  storage: Storage,
  part: ObjectStat,
  rowGroups: readonly [number, number] | undefined,
  options: ReadOptions,
  take: (name: string, data: Data) => void,
): Promise<ReadOutcome> {
  let file: PartFile | undefined;
  try {
    file = await PartFile.open(storage, part, options);
    const [from, to] = rowGroups ?? [0, file.footer.rowGroups.length];
    return { rows: await Promise.race([readGroups(file, { from, to }, options, take), file.failed]) };
  } catch (error) {
    return { facts: explained(part, error), isSpent: true };
  } finally {
    file?.release();
  }
}

async function readGroups(
  file: PartFile,
  { from, to }: { from: number; to: number },
  options: ReadOptions,
  take: (name: string, data: Data) => void,
): Promise<number> {
  const reader = await ParquetFile.fromFile(file.blob());
  let rows = 0;
  for (let group = from; group < to; group++) rows += await readGroup(reader, file, group, options, take);
  reader.free();
  return rows;
}

async function readGroup(
  reader: ParquetFile,
  file: PartFile,
  group: number,
  { signal }: ReadOptions,
  take: (name: string, data: Data) => void,
): Promise<number> {
  const stream = await reader.stream({ rowGroups: [group], batchSize: batchRows(file, group) });
  let rows = 0;
  for await (const batch of stream as unknown as AsyncIterable<RecordBatch>) {
    file.release();
    signal?.throwIfAborted();
    rows += batch.numRows;
    for (const [name, data] of columnsOf(batch)) take(name, data);
  }
  const expected = file.footer.rowGroups[group]!.get(RowGroup.numRows) ?? 0;
  if (rows !== expected) throw new Error(`row group ${group} has ${rows} rows, its footer says ${expected}`);
  return rows;
}

function batchRows(file: PartFile, group: number): number {
  const struct = file.footer.rowGroups[group]!;
  const rows = struct.get(RowGroup.numRows) ?? 0;
  const bytes = struct.get(RowGroup.totalByteSize) ?? 0;
  const wanted = bytes > 0 ? Math.round((BATCH_BYTES * rows) / bytes) : MOST_ROWS;
  return Math.min(MOST_ROWS, Math.max(LEAST_ROWS, wanted));
}

function columnsOf(batch: RecordBatch): [string, Data][] {
  const ipc = batch.intoIPCStream();
  try {
    const table = tableFromIPC(ipc);
    return table.batches.flatMap(({ data, schema }) =>
      data.children.map((child, i): [string, Data] => [schema.fields[i]!.name, child]),
    );
  } catch (error) {
    throw new UnknownArrow(messageOf(error));
  }
}

/**
 * parquet-wasm throws texts. Whatever it was, the reader is not used again: it may still wait for bytes.
 * @throws the error when it is not about the part
 */
function explained({ path }: ObjectStat, error: unknown): UnitFacts {
  if (error instanceof RepartitionError && error.code !== 'parquet') throw error;
  if (error instanceof Error && error.name === 'AbortError') throw error;
  const text = messageOf(error);
  const problem = text.split('\n')[0]!.trim();
  if (error instanceof UnknownArrow) return { kind: 'unknown', path, problem };
  const isOurs = error instanceof RepartitionError || error instanceof DamagedPage;
  return { kind: 'unreadable', path, problem: isOurs ? problem : `parquet-wasm cannot read it: ${problem}` };
}
