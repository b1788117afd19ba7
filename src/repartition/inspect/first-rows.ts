/** The first rows of a part, by parquet-wasm and apache-arrow: what another reader sees. No more pages are opened than hold them. */
import type { Data } from 'apache-arrow';
import { makeVector } from 'apache-arrow';
import { messageOf, RepartitionError } from '../../errors.js';
import { DEFAULT_MEMORY, Memory, type Room } from '../../memory.js';
import { RowGroup } from '../../parquet/format.js';
import { readChunks } from '../../parquet/source-chunk.js';
import type { CallOptions, ObjectStat, Storage } from '../../storage/storage.js';
import { readBatches } from '../verify/deep/batches.js';
import { type Column, columnsOf } from '../verify/deep/columns.js';
import { excerptsOf } from '../verify/deep/excerpt.js';
import { Desk } from '../verify/deep/desk.js';
import { PartFile } from '../verify/deep/file.js';
import { usualRoom } from '../verify/deep/read-unit.js';
import type { PlainValue, ValuesInspection } from './model.js';
import { plainValue } from './readable.js';

/** @throws RepartitionError `parquet` when another reader can't read them */
export async function firstRows(
  storage: Storage,
  part: ObjectStat,
  most: number,
  options: CallOptions,
): Promise<ValuesInspection> {
  const memory = Memory.within(DEFAULT_MEMORY);
  const room = await memory.take(Math.min(usualRoom(storage), memory.total));
  try {
    const file = await PartFile.open(storage, part, { ...options, memory, onBytes: () => undefined });
    const columns = columnsOf(file.footer);
    const values: PlainValue[][] = [];
    for (const column of columns) values.push(await firstValues(file, column, most, room));
    const count = Math.min(most, file.footer.rows);
    return {
      columns: columns.map(({ name }) => name),
      rows: Array.from({ length: count }, (_, row) => values.map((column) => column[row] ?? null)),
    };
  } catch (error) {
    if (error instanceof RepartitionError) throw error;
    const where = storage.describe(part.path);
    throw new RepartitionError('parquet', `${where}: its values cannot be read: ${messageOf(error)}`, {
      hint: 'See what is wrong with it by gs-repartition verify --deep.',
      path: where,
      cause: error,
    });
  } finally {
    room.release();
  }
}

async function firstValues(file: PartFile, column: Column, most: number, room: Room): Promise<PlainValue[]> {
  // It learns nothing, so excerpts come with their levels.
  const desk = new Desk();
  const values: PlainValue[] = [];
  for (const group of file.footer.rowGroups) {
    const rows = group.get(RowGroup.numRows) ?? 0;
    if (rows === 0) continue;
    const { firstLeaf, leaves } = column;
    const chunks = readChunks(file.footer, group).slice(firstLeaf, firstLeaf + leaves.length);
    const levels = chunks.reduce((sum, { numValues }) => Math.max(sum, numValues), 1);
    for await (const excerpt of excerptsOf({ file, column, chunks, rows, room, desk })) {
      let { goesOn } = excerpt;
      // A list that an excerpt ends with may go on in the next.
      if (values.length >= most && !goesOn) return values.slice(0, most);
      await readBatches(excerpt, { column, valuesPerRow: levels / rows }, (data) => {
        take(data, values, most, goesOn);
        goesOn = false;
      });
    }
    if (values.length > most) return values.slice(0, most);
  }
  return values.slice(0, most);
}

/** One more than wanted, so that the last list that is wanted has ended. */
function take(data: Data, values: PlainValue[], most: number, goesOn: boolean): void {
  const vector = makeVector(data);
  for (let i = 0; i < vector.length && values.length <= most; i++) {
    const value = plainValue(vector.get(i));
    const last = values.at(-1);
    // Behind a first value that is not there.
    if (i === 0 && goesOn && Array.isArray(value) && Array.isArray(last)) last.push(...value.slice(1));
    else values.push(value);
  }
}
