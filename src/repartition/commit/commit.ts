/** The last of three steps: look, then publish by one atomic write. */
import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../../errors.js';
import { updateMetadata } from '../../metadata/index.js';
import type { Storage } from '../../storage/storage.js';
import type { CommitOptions, Summary } from '../api.js';
import { counter } from '../counter.js';
import type { Plan, Results } from '../model.js';
import { changesOf } from '../published.js';
import { checkOutputs } from './check.js';
import { requireUnchanged } from './guard.js';
import { summarize } from './summary.js';

/**
 * Checks what was made, makes sure that all is still as it was, and publishes. The check takes a while and the guard
 * does not, so the guard comes last: the less time between its look and the write, the better.
 * @throws RepartitionError with nothing published: `changed`, `storage`, `access`, `interrupted`
 */
export async function commitOn(
  storage: Storage,
  plan: Plan,
  results: Results,
  { signal, onProgress }: CommitOptions,
): Promise<Summary> {
  const started = performance.now();
  const onPart = counter((done) => onProgress?.({ phase: 'verify', done, total: plan.tasks }));
  await checkOutputs(storage, plan, results, { signal, onPart });
  await requireUnchanged(storage, plan, results, { signal, onProgress });
  throwIfAborted(signal);
  await storage.write(plan.settings.updatedFile, encoded(updateMetadata(plan.metadata, changesOf(plan))));
  const seconds = plan.seconds + results.seconds + (performance.now() - started) / 1000;
  return summarize({ storage, plan, results, seconds });
}

/** In blocks, because the text of a million parts has 150 MB, and with a turn for everybody else between them. */
async function* encoded(blocks: Iterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const block of blocks) {
    yield encoder.encode(block);
    await setImmediate();
  }
}
