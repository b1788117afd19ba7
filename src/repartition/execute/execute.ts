/** The second of three steps: from a plan to parts. What an earlier run made is found and not made again. */
import { RepartitionError } from '../../errors.js';
import type { Storage } from '../../storage/storage.js';
import type { Tally } from '../../storage/tally.js';
import type { ExecuteOptions } from '../api.js';
import { fingerprint } from '../fingerprint.js';
import type { Plan, Results, Task, TaskResult } from '../model.js';
import { ownedTasks } from '../owned-tasks.js';
import type { Executor } from './executor.js';
import { fromBase64 } from '../part-checksums.js';
import { findFinished } from './finished.js';
import { describeResult } from './describe-result.js';
import { aheadOf, PartsProgress } from './parts-progress.js';

/**
 * @param start gives an executor, if there is something to do
 * @throws RepartitionError the first task's, after all others have stopped
 */
export async function executeOn(
  storage: Storage,
  plan: Plan,
  start: (tasks: number) => Promise<Executor> | Executor,
  { remake = false, signal, log, onProgress, onResult, tally }: ExecuteOptions & { tally: Tally },
): Promise<Results> {
  const started = performance.now();
  const fingerprints = new Float64Array(plan.tasks).fill(NaN);
  const isLeft = ({ id }: Pick<Task, 'id'>): boolean => Number.isNaN(fingerprints[id]);
  const onFinished = ({ id }: Task, found: Pick<TaskResult, 'size' | 'version'>): void => {
    fingerprints[id] = fingerprint(found);
  };
  const resumed = remake ? 0 : await findFinished(storage, plan, { signal, log, onProgress }, onFinished);
  if (resumed > 0) log?.info(`${resumed} of ${plan.tasks} parts are done already`);

  const results: Results = {
    fingerprints,
    parts: { spliced: 0, reencoded: 0, resumed },
    bytes: { copied: 0, written: 0 },
    seconds: 0,
  };
  const total = plan.tasks - resumed;
  if (total > 0) {
    const executor = await start(total);
    const ahead = aheadOf(plan, resumed > 0 ? tasksOf(plan, isLeft) : undefined);
    const progress = new PartsProgress(ahead, tally, onProgress);
    try {
      await executor.run(tasksOf(plan, isLeft), {
        signal,
        onResult: (result) => {
          if (!isLeft(result)) return;
          fingerprints[result.id] = fingerprint(result);
          if (result.crc64nvme !== undefined) {
            const checksums = (results.checksums ??= new BigUint64Array(plan.tasks));
            checksums[result.id] = fromBase64(result.crc64nvme);
          }
          results.parts[result.method === 'splice' ? 'spliced' : 'reencoded']++;
          results.bytes.copied += result.copiedBytes;
          results.bytes.written += result.writtenBytes;
          log?.debug(describeResult(storage, result));
          onResult?.(result);
          progress.note(result);
        },
      });
    } finally {
      progress.end();
    }
    requireAll(progress.done, total);
  }
  results.seconds = (performance.now() - started) / 1000;
  return results;
}

function* tasksOf(plan: Plan, isWanted: (task: Task) => boolean): Generator<Task> {
  for (const { task } of ownedTasks(plan)) if (isWanted(task)) yield task;
}

/** An executor of somebody else's making may forget one. */
function requireAll(done: number, total: number): void {
  if (done === total) return;
  throw new RepartitionError('storage', `the executor ended after ${done} of ${total} parts`, {
    hint: 'Run the same command again: finished parts are kept and the rest is done.',
  });
}
