/** The parts that an earlier run finished. */
import pMap from 'p-map';
import type { CallOptions, ObjectStat, Storage } from '../../storage/storage.js';
import { checkOldOutput, SourceSchemas } from '../check-output.js';
import type { Log, Progress } from '../api.js';
import { counter } from '../counter.js';
import type { Plan, Task } from '../model.js';
import { outputFolders, type OwnedTask, ownedTasks } from '../owned-tasks.js';
import { tailBuffers } from '../part-reader.js';

/**
 * Finds the outputs that are there already. A name is a hash of all that goes into a part and a part appears whole, so
 * one that exists is done; but it may have been damaged or exchanged since, so what its footer tells is held against the
 * task, and what is not as it should be is made anew.
 * @returns how many there are
 */
export async function findFinished(
  storage: Storage,
  plan: Plan,
  {
    log,
    onProgress,
    ...options
  }: CallOptions & { log?: Log | undefined; onProgress?: ((progress: Progress) => void) | undefined },
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
  const sources = new SourceSchemas(storage, options);
  const reading = { ...options, tails: tailBuffers(storage.profile) };
  let finished = 0;
  const total = countThatExist(plan, existing);
  const isWorkAhead = total < plan.tasks;
  const report = (done: number): void =>
    onProgress?.({ phase: 'resume', done, total, ...(isWorkAhead && { ahead: 'parts' }) });
  const onPart = counter(report);
  if (total > 0) report(0);
  await pMap(
    thatExist(plan, existing),
    async (owned) => {
      const checked = await checkOldOutput(storage, owned, sources, reading);
      onPart();
      if ('problem' in checked) {
        log?.warn(`${storage.describe(owned.task.output)} is made anew: ${checked.problem}`);
        return;
      }
      finished++;
      onFinished(owned.task, checked);
    },
    { concurrency },
  );
  return finished;
}

function countThatExist(plan: Plan, existing: ReadonlySet<string>): number {
  let count = 0;
  for (const { task } of ownedTasks(plan)) if (existing.has(task.output)) count++;
  return count;
}

function* thatExist(plan: Plan, existing: ReadonlySet<string>): Generator<OwnedTask> {
  for (const owned of ownedTasks(plan)) if (existing.has(owned.task.output)) yield owned;
}
