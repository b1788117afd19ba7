import { RepartitionError } from '../errors.js';
import type { CallOptions, ObjectStat, Storage } from '../storage/storage.js';
import { dataSetName } from './data-set-name.js';
import type { OwnedTask } from './owned-tasks.js';
import { type LoneFacts, readPart } from './prepare/read-part.js';

/** Reads an output's footer back from storage: the object that is there, or what is wrong with it. */
export async function checkOutput(
  storage: Storage,
  { dataSet, task }: OwnedTask,
  options: CallOptions,
): Promise<Pick<ObjectStat, 'size' | 'version'> | { problem: string }> {
  let part: LoneFacts;
  try {
    part = (await readPart(storage, dataSetName(dataSet.dataSet), task.output, options)).facts;
  } catch (error) {
    if (error instanceof RepartitionError && (error.code === 'parquet' || error.code === 'not-found')) {
      return { problem: error.message };
    }
    throw error;
  }
  const { shape } = task.keys;
  if (part.rows !== task.rows) {
    return { problem: `it has ${part.rows} rows where ${task.rows} were planned` };
  }
  if (shape !== undefined && (part.shape ?? null) !== shape) {
    return { problem: `its shape key is ${part.shape ?? 'missing'}` };
  }
  return part;
}
