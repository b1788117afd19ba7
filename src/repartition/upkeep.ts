/** Calls about a prefix that align nothing: what lies there in vain, and what becomes of its run. */
import type { CleanOptions, StatusOptions } from './api.js';
import { type CleanReport, cleanOn } from './clean/clean.js';
import { onPrefix } from './on-storage.js';
import { DEFAULT_METADATA, requireCleanOptions, requireStatusOptions } from './options.js';
import { requirePrefix } from './prepare/missing.js';
import { readStatusOn, type StatusReport } from './runs/read-status.js';

/**
 * Lists what nobody needs under a prefix, and removes it if told to: temporary files and open uploads of killed runs,
 * and folders of made parts that no document under the prefix names. Nothing that a living run may have begun.
 * @throws RepartitionError `usage` where the storage can't be cleaned, `not-found`, `access`, `storage`, `interrupted`
 *
 * @example
 * ```ts
 * import { clean, repartition } from 'gs-repartition';
 *
 * await repartition({ inputPrefix: 'graph' });
 * const { items, bytes } = await clean({ inputPrefix: 'graph', remove: true });
 * console.log(items.length, bytes);
 * // 0 0
 * ```
 */
export async function clean(options: CleanOptions): Promise<CleanReport> {
  requireCleanOptions(options);
  const { remove = false, signal } = options;
  return onPrefix(options, (storage) => cleanOn(storage, { remove, signal }));
}

/**
 * What becomes of the run on a prefix: running, stale, failed, succeeded, or none, and what to do.
 * @throws RepartitionError `metadata` when its status can't be understood, `not-found`, `access`, `storage`
 *
 * @example
 * ```ts
 * import { readStatus, repartition } from 'gs-repartition';
 *
 * console.log((await readStatus({ inputPrefix: 'graph' })).state);
 * await repartition({ inputPrefix: 'graph' });
 * console.log((await readStatus({ inputPrefix: 'graph' })).state);
 * // none
 * // succeeded
 * ```
 */
export async function readStatus(options: StatusOptions): Promise<StatusReport> {
  requireStatusOptions(options);
  const { signal } = options;
  return onPrefix(options, async (storage) => {
    const report = await readStatusOn(storage, { signal });
    if (report.state === 'none') await requirePrefix(storage, DEFAULT_METADATA, { signal });
    return report;
  });
}
