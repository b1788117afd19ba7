/** Whether the parts that were made are what was planned: their footers are read back from storage. */
import pMap from 'p-map';
import { type ErrorContext, RepartitionError } from '../../errors.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import { checkOutput } from '../check-output.js';
import { dataSetName } from '../data-set-name.js';
import { fingerprint } from '../fingerprint.js';
import type { Plan, Results } from '../model.js';
import { type OwnedTask, ownedTasks } from '../owned-tasks.js';
import { tailBuffers } from '../part-reader.js';
import { changed } from './guard.js';

/**
 * @throws RepartitionError `changed` when a part is not the one that was made, `storage` when it is but is not what was
 *   planned
 */
export async function checkOutputs(
  storage: Storage,
  plan: Plan,
  { fingerprints }: Results,
  options: CallOptions & { onPart?: () => void },
): Promise<void> {
  const reading = { signal: options.signal, tails: tailBuffers(storage.profile) };
  await pMap(
    ownedTasks(plan),
    async (owned) => {
      const checked = await checkOutput(storage, owned, reading);
      if ('problem' in checked) throw await explained(storage, owned, fingerprints, checked.problem, options);
      if (fingerprint(checked) !== fingerprints[owned.task.id]) {
        throw changed(storage, owned.task.output, 'replaced', contextOf(owned));
      }
      options.onPart?.();
    },
    { concurrency: storage.profile.readsAtOnce },
  );
}

/** Replaced by somebody else, or not written as it should have been. */
async function explained(
  storage: Storage,
  owned: OwnedTask,
  fingerprints: Float64Array,
  problem: string,
  options: CallOptions,
): Promise<RepartitionError> {
  const { task } = owned;
  const stat = await storage.stat(task.output, options);
  if (!stat || fingerprint(stat) !== fingerprints[task.id]) {
    return changed(storage, task.output, stat && 'replaced', contextOf(owned));
  }
  return new RepartitionError('storage', `${storage.describe(task.output)}: ${problem}`, {
    hint: 'Run the same command again; if it happens again, the storage loses what is written to it.',
    operation: 'read',
    path: storage.describe(task.output),
    ...contextOf(owned),
  });
}

function contextOf({ dataSet, task }: OwnedTask): ErrorContext {
  return { dataSet: dataSetName(dataSet.dataSet), part: task.output };
}
