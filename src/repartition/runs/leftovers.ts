/** What killed runs leave: temporary files and open uploads. Never what belongs to a run that is alive. */
import { messageOf } from '../../errors.js';
import { folderOf } from '../../storage/folder-of.js';
import type { CallOptions, Storage, Unfinished } from '../../storage/storage.js';
import type { Log } from '../api.js';
import type { Plan } from '../model.js';
import { outputFolders } from '../owned-tasks.js';
import { deadMarks, livingRuns, RUNS_FOLDER, type RunningRun } from './presence.js';

/** By how much the clocks of two machines may differ. S3 itself refuses requests whose clock is off by more. */
const CLOCK_SKEW_MS = 15 * 60_000;

/**
 * Whether nobody works on it any more. The runs must have been listed after it was found: a run is there before
 * whatever it begins.
 */
export function isAbandoned({ isAlive, began }: Unfinished, runs: readonly RunningRun[]): boolean {
  if (isAlive !== undefined) return !isAlive;
  return runs.every(({ startedAt }) => began < Date.parse(startedAt) - CLOCK_SKEW_MS);
}

/**
 * Removes what killed runs of the same outputs have left, and their files among those of the living. Best effort:
 * a run does not depend on it.
 * @param self the path of the run's own file
 */
export async function removeLeftovers(
  storage: Storage,
  plan: Plan,
  self: string | undefined,
  { log, ...options }: CallOptions & { log?: Log | undefined },
): Promise<void> {
  const { housekeeping } = storage;
  if (!housekeeping) return;
  try {
    const found: Unfinished[] = [];
    for await (const item of housekeeping.unfinished(foldersOf(plan), options)) found.push(item);
    if (found.length > 0) {
      const runs = await livingRuns(storage, options, self);
      const abandoned = found.filter((item) => isAbandoned(item, runs));
      for (const item of abandoned) await housekeeping.abandon(item, options);
      if (abandoned.length > 0) log?.info(`removed ${countsOf(abandoned)} of runs that were killed`);
    }
    for (const { path } of await deadMarks(storage, options)) await housekeeping.remove(path, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    log?.debug(`leftovers of earlier runs stay: ${messageOf(error)}`);
  }
}

/** Where a run writes. */
function foldersOf(plan: Plan): ReadonlySet<string> {
  return new Set(['', RUNS_FOLDER, folderOf(plan.settings.updatedFile), ...outputFolders(plan)]);
}

/** `2 temporary files and 1 upload` */
function countsOf(items: readonly Pick<Unfinished, 'kind'>[]): string {
  const kinds = ['temporary file', 'upload'] as const;
  return kinds
    .map((kind) => ({ kind, count: items.filter((item) => item.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${kind}${count === 1 ? '' : 's'}`)
    .join(' and ');
}
