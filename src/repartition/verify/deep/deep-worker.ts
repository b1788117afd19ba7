/** A thread of a deep look: units come in as messages, facts go back. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorMessage } from '../../../errors.js';
import { Memory } from '../../../memory.js';
import { openStorage } from '../../../storages.js';
import type { DeepSetup, FromThread, Unit } from './model.js';
import { readAny } from './read-any.js';

const setup = workerData as DeepSetup;
const memory = Memory.sharedBy(setup.memory);
const say = (message: FromThread): void => parentPort?.postMessage(message);
const onBytes = (bytes: number): void => say({ kind: 'bytes', bytes });

// A unit will tell what went wrong.
const storage = openStorage(setup.location);
await storage.catch(() => undefined);

async function answer(unit: Unit): Promise<FromThread> {
  try {
    return { kind: 'done', ...(await readAny(await storage, unit, { onBytes, memory })) };
  } catch (error) {
    return { kind: 'failed', error: toErrorMessage(error) };
  }
}

parentPort?.on('message', (unit: Unit) => {
  void answer(unit).then(say);
});
say({ kind: 'ready' });
