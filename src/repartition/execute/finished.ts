/** The parts that an earlier run finished. */
import pMap from 'p-map';
import type { CallOptions, ObjectStat, Storage } from '../../storage/storage.js';
import { checkOutput } from '../check-output.js';
import type { Plan, Task } from '../model.js';
import { outputFolders, type OwnedTask, ownedTasks } from '../owned-tasks.js';

/**
 * Finds the outputs that are there already. A name is a hash of all that goes into a part and a part appears whole, so
 * one that exists is done; that it can be read and is what the task says is checked all the same.
 * @returns how many there are
 */
export async function findFinished(
  storage: Storage,
  plan: Plan,
  options: CallOptions,
  onFinished: (task: Task, found: Pick<ObjectStat, 'size' | 'version'>) => void,
): Promise<number> {
  const existing = new Set<string>();
  const concurrency = storage.profile.readsAtOnce;
  await pMap(
    outputFolders(plan),
    async (folder) => {
      for (const { path } of await storage.list(folder, options)) existing.add(path);
    },
    { concurrency },
  );
  if (existing.size === 0) return 0;
  let finished = 0;
  await pMap(
    thatExist(plan, existing),
    async (owned) => {
      const checked = await checkOutput(storage, owned, options);
      if ('problem' in checked) return;
      finished++;
      onFinished(owned.task, checked);
    },
    { concurrency },
  );
  return finished;
}

function* thatExist(plan: Plan, existing: ReadonlySet<string>): Generator<OwnedTask> {
  for (const owned of ownedTasks(plan)) if (existing.has(owned.task.output)) yield owned;
}
