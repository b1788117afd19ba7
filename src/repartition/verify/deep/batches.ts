/** From excerpts to Arrow: parquet-wasm reads them, apache-arrow looks at them where they lie. */
import { type Data, type RecordBatch as ArrowBatch, tableFromIPC } from 'apache-arrow';
import { parseRecordBatch } from 'arrow-js-ffi';
import { ParquetFile, readParquet, type RecordBatch, wasmMemory } from 'parquet-wasm';
import { messageOf } from '../../../errors.js';
import type { Column } from './columns.js';
import type { Excerpt } from './excerpt.js';

/** Its declarations name files in a way that Node's resolution does not know. */
const viewBatch = parseRecordBatch as unknown as (
  memory: ArrayBuffer,
  array: number,
  schema: number,
  isCopied: boolean,
) => ArrowBatch;

/** The batch is no Arrow that apache-arrow knows. */
export class UnknownArrow extends Error {}

/** Values of a batch, about: what a cache holds. An excerpt with more is read batch by batch. */
const [BATCH_VALUES, MOST_AT_ONCE] = [256 * 1024, 1024 * 1024];
/** Decompressed, of an excerpt that is read at once. */
const MOST_SIZE = 16 * 1024 * 1024;

/** Gives the excerpt's batches to `take`, one after the other. What it is given is gone when it returns. */
export async function readBatches(
  { bytes, values, size }: Excerpt,
  { column, valuesPerRow }: { column: Column; valuesPerRow: number },
  take: (data: Data) => void,
): Promise<void> {
  const batchSize = Math.max(1, Math.min(65_536, Math.round(BATCH_VALUES / valuesPerRow)));
  if (values <= MOST_AT_ONCE && size <= MOST_SIZE) {
    const table = readParquet(bytes, { batchSize });
    const batches = table.recordBatches();
    table.free();
    for (const batch of batches) takeColumn(batch, column, take);
    return;
  }
  const file = await ParquetFile.fromFile(new Blob([bytes]));
  const stream = await file.stream({ batchSize });
  for await (const batch of stream as unknown as AsyncIterable<RecordBatch>) takeColumn(batch, column, take);
  file.free();
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
