/** A thread of a deep look: units come in as messages, facts go back. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorMessage } from '../../../errors.js';
import { Memory } from '../../../memory.js';
import { onSentAgain } from '../../../sent-again.js';
import { Tally } from '../../../storage/tally.js';
import { openStorage } from '../../../storages.js';
import { Desk } from './desk.js';
import type { DeepSetup, FromThread, Unit } from './model.js';
import { readAny } from './read-any.js';

const setup = workerData as DeepSetup;
const memory = Memory.sharedBy(setup.memory);
const desk = new Desk();
const say = (message: FromThread): void => parentPort?.postMessage(message);

/** What was read is said a few times a second, not with every window. */
const SAID_BYTES = 16 * 1024 * 1024;
let unsaid = 0;
const onBytes = (bytes: number): void => {
  unsaid += bytes;
  if (unsaid >= SAID_BYTES) sayBytes();
};
function sayBytes(): void {
  if (unsaid > 0) say({ kind: 'bytes', bytes: unsaid });
  unsaid = 0;
}

if (setup.tellsSentAgain) onSentAgain((line) => say({ kind: 'sent-again', line }));

// A unit will tell what went wrong.
const { threads, counters } = setup;
const storage = openStorage(setup.location, {
  ownThread: { threads, memory, counters },
  tally: Tally.sharedBy(setup.tally),
});
await storage.catch(() => undefined);

async function answer(unit: Unit): Promise<FromThread> {
  try {
    return { kind: 'done', ...(await readAny(await storage, unit, { onBytes, memory, desk })) };
  } catch (error) {
    return { kind: 'failed', error: toErrorMessage(error) };
  }
}

parentPort?.on('message', (unit: Unit) => {
  void answer(unit).then((message) => {
    sayBytes();
    say(message);
  });
});
say({ kind: 'ready' });
