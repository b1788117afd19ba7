/** From excerpts to Arrow: parquet-wasm reads them, apache-arrow looks at them where they lie. */
import { type Data, Field, List, makeData, type RecordBatch as ArrowBatch, tableFromIPC } from 'apache-arrow';
import { parseRecordBatch } from 'arrow-js-ffi';
import { ParquetFile, readParquet, type RecordBatch, wasmMemory } from 'parquet-wasm';
import { messageOf } from '../../../errors.js';
import type { Column } from './columns.js';
import type { Excerpt } from './excerpt.js';
import { isReadAtOnce } from './excerpt-room.js';
import type { Offsets } from './known-levels.js';
import { UnreadablePart } from './unreadable.js';

/** Its declarations name files in a way that Node's resolution does not know. */
const viewBatch = parseRecordBatch as unknown as (
  memory: ArrayBuffer,
  array: number,
  schema: number,
  isCopied: boolean,
) => ArrowBatch;

/** The batch is no Arrow that apache-arrow knows. */
export class UnknownArrow extends Error {}

/** Values of a batch, about: what a cache holds. */
const BATCH_VALUES = 256 * 1024;

/** Gives the excerpt's batches to `take`, one after the other. What it is given is gone when it returns. */
export async function readBatches(
  excerpt: Excerpt,
  { column, valuesPerRow }: { column: Column; valuesPerRow: number },
  take: (data: Data) => void,
): Promise<void> {
  const { bytes, values, lists } = excerpt;
  const batchSize = Math.max(1, Math.min(65_536, Math.round(BATCH_VALUES / valuesPerRow)));
  if (lists) {
    for (const batch of batchesOf(bytes, values))
      takeColumn(batch, column, (child) => take(listsOf(lists, child)));
    return;
  }
  if (isReadAtOnce(excerpt)) {
    for (const batch of batchesOf(bytes, batchSize)) takeColumn(batch, column, take);
    return;
  }
  const file = await ParquetFile.fromFile(new Blob([bytes]));
  const stream = await file.stream({ batchSize });
  for await (const batch of stream as unknown as AsyncIterable<RecordBatch>) takeColumn(batch, column, take);
  file.free();
}

function batchesOf(bytes: Uint8Array, batchSize: number): RecordBatch[] {
  const table = readParquet(bytes, { batchSize });
  const batches = table.recordBatches();
  table.free();
  return batches;
}

/** @throws UnreadablePart when there are other values than the lists have */
function listsOf(offsets: Offsets, child: Data): Data {
  if (child.length !== offsets.at(-1)) {
    throw new UnreadablePart(`pages of ${child.length} values where their levels say ${offsets.at(-1)}`);
  }
  const type = new List(new Field('item', child.type, false));
  return makeData({ type, length: offsets.length - 1, nullCount: 0, valueOffsets: offsets, child });
}

function takeColumn(batch: RecordBatch, { isNumeric }: Column, take: (data: Data) => void): void {
  if (!isNumeric) {
    take(copied(batch));
    return;
  }
  const view = batch.intoFFI();
  // Where the numbers lie, as long as nothing else is asked of parquet-wasm.
  const buffer = memoryOf();
  take(viewBatch(buffer, view.arrayAddr(), view.schemaAddr(), false).data.children[0]!);
  view.free();
}

/** Of other types arrow-js-ffi makes no views, or such as reach too far. */
function copied(batch: RecordBatch): Data {
  const ipc = batch.intoIPCStream();
  try {
    return tableFromIPC(ipc).batches[0]!.data.children[0]!;
  } catch (error) {
    throw new UnknownArrow(messageOf(error));
  }
}

/** Bytes of the reader's memory, which grows and never shrinks. */
export function readerBytes(): number {
  return memoryOf().byteLength;
}

function memoryOf(): ArrayBuffer {
  return (wasmMemory() as { readonly buffer: ArrayBuffer }).buffer;
}
