/**
 * The alignment, from a prefix to its updated metadata: prepare → execute → commit, with plain data between them.
 *
 *     prefix ─► prepare ─► Plan ─► execute (threads, or another executor) ─► Results ─► commit ─► updated metadata
 *
 * Until the commit, which is one atomic write, a reader of the prefix sees nothing but its inputs.
 */
import { deadThreadCount } from '../storage/process-identity.js';
import type { CallOptions, Estimate, Storage } from '../storage/storage.js';
import { Tally } from '../storage/tally.js';
import type {
  CommitOptions,
  ExecuteOptions,
  PrepareOptions,
  Progress,
  RepartitionOptions,
  Summary,
} from './api.js';
import { commitOn } from './commit/commit.js';
import { StatusDocument } from './commit/status.js';
import { explained, onLocation, onPrefix } from './on-storage.js';
import { executeOn } from './execute/execute.js';
import type { Executor } from './execute/executor.js';
import { estimateOn } from './estimate.js';
import { withHindrances } from './hindrances.js';
import { LateExecutor } from './late-executor.js';
import type { Plan, Results } from './model.js';
import {
  requireCallOptions,
  requireCommitOptions,
  requireExecuteOptions,
  requireOptions,
  requirePrepareOptions,
  resumeCommand,
  runSettings,
} from './options.js';
import { requireFreeName } from './prepare/output-name.js';
import { removeLeftovers } from './runs/leftovers.js';
import { planFor } from './prepare/prepare.js';
import { RunCluster } from './run-cluster.js';
import { readMetadata, type ReadMetadata } from './prepare/read-metadata.js';

/**
 * Aligns the graph under `options.inputPrefix` and publishes its updated metadata.
 * @throws RepartitionError with nothing published; `repartition_status.json` under the prefix says so
 *
 * @example
 * ```ts
 * import { repartition } from 'gs-repartition';
 *
 * const { types, parts } = await repartition({ inputPrefix: 'graph' });
 * console.log(types.total, parts.resumed);
 * // 14 0
 * ```
 */
export async function repartition(options: RepartitionOptions): Promise<Summary> {
  requireOptions(options);
  const settings = runSettings(options);
  const { log } = options;
  const tally = Tally.empty();
  return onPrefix({ ...options, tally }, async (storage) => {
    const read = await readInput(storage, options).catch(async (error: unknown) => {
      await new StatusDocument(storage, resumeCommand(options), log).replaceOlder(
        explained(error, options.signal),
      );
      throw error;
    });
    return withStatus(storage, resumeCommand(options), { ...options, tally }, async (status, noted) => {
      // Threads start while footers are read, if that takes long. Where the metadata are wrong, some start for nothing, or late.
      const cluster = RunCluster.of(storage, options);
      const executors = new LateExecutor(storage, noted, cluster);
      try {
        const plan = await planFor(storage, read, settings, noted, {
          onWorkAhead: (tasks) => executors.startAhead(tasks),
          readerFor: (parts) => executors.readerFor(parts),
        });
        for (const warning of plan.warnings) log?.warn(warning);
        executors.startFor(plan);
        const start = (tasks: number): Promise<Executor> => executors.start(plan, tasks);
        const results = await executeTidily(storage, plan, { start, cluster }, status, noted);
        // They take a moment to end, while the parts are checked.
        executors.close().catch(() => undefined);
        const summary = await commitOn(storage, plan, results, noted);
        await status.succeeded(summary);
        return summary;
      } finally {
        await executors.close();
        await cluster?.close();
      }
    });
  });
}

/**
 * Reads a graph's metadata and footers and decides what is to be done. Writes nothing.
 * @throws RepartitionError for everything that can be known before a part is made
 *
 * @example
 * ```ts
 * import { prepare } from 'gs-repartition';
 *
 * const plan = await prepare({ inputPrefix: 'graph', numOutputFiles: 4 });
 * for (const { group, layout } of plan.groups.slice(0, 1)) console.log(group.types[0], layout.length);
 * // movie:directed_by:director 4
 * ```
 */
export async function prepare(options: PrepareOptions): Promise<Plan> {
  requirePrepareOptions(options);
  const settings = runSettings(options);
  const tally = Tally.empty();
  return onPrefix({ ...options, tally }, async (storage) => {
    const read = await readInput(storage, options);
    const cluster = RunCluster.of(storage, options);
    const executors = new LateExecutor(storage, { ...options, tally }, cluster);
    try {
      return await planFor(storage, read, settings, options, {
        readerFor: (parts) => executors.readerFor(parts),
      });
    } finally {
      await executors.close();
      await cluster?.close();
    }
  });
}

/**
 * What a plan will take where it will be carried out, from a short probe: requests, seconds. Writes nothing.
 * @returns undefined where there is nothing to do, or the storage can't tell
 *
 * @example
 * ```ts
 * import { estimate, prepare } from 'gs-repartition';
 *
 * const expected = await estimate(await prepare({ inputPrefix: 'graph' }));
 * console.log(expected !== undefined && expected.seconds > 0);
 * // true
 * ```
 */
export async function estimate(plan: Plan, options: CallOptions = {}): Promise<Estimate | undefined> {
  requireCallOptions(options);
  return onLocation(plan, options, (storage) => estimateOn(storage, plan, options));
}

/**
 * Makes a plan's parts. Nothing is published yet; the status document says that a run goes on.
 * @throws RepartitionError of the first part that can't be made, after all others have stopped
 *
 * @example
 * ```ts
 * import { execute, prepare } from 'gs-repartition';
 *
 * const plan = await prepare({ inputPrefix: 'graph' });
 * const { parts } = await execute(plan);
 * console.log(parts.spliced + parts.reencoded === plan.tasks);
 * // true
 * ```
 */
export async function execute(
  plan: Plan,
  options: ExecuteOptions & { executor?: Executor } = {},
): Promise<Results> {
  requireExecuteOptions(options);
  const tally = Tally.empty();
  return onLocation(plan, { ...options, tally }, async (storage) =>
    withStatus(storage, plan.command, { ...options, tally }, async (status, noted) => {
      const { executor } = options;
      const cluster = executor ? undefined : RunCluster.of(storage, options);
      const executors = new LateExecutor(storage, noted, cluster);
      const start = (tasks: number): Executor | Promise<Executor> => executor ?? executors.start(plan, tasks);
      try {
        return await executeTidily(storage, plan, { start, cluster }, status, noted);
      } finally {
        await executors.close();
        await status.pause();
      }
    }),
  );
}

/**
 * Checks what was made, makes sure that inputs and metadata are still what the plan was made from, and publishes the
 * updated metadata.
 * @throws RepartitionError with nothing published: `changed` when anything is another than it was
 *
 * @example
 * ```ts
 * import { commit, execute, prepare } from 'gs-repartition';
 *
 * const plan = await prepare({ inputPrefix: 'graph' });
 * const summary = await commit(plan, await execute(plan));
 * console.log(summary.status);
 * // succeeded
 * ```
 */
export async function commit(plan: Plan, results: Results, options: CommitOptions = {}): Promise<Summary> {
  requireCommitOptions(options);
  const tally = Tally.empty();
  return onLocation(plan, { ...options, tally }, async (storage) =>
    withStatus(storage, plan.command, { ...options, tally }, async (status, noted) => {
      const summary = await commitOn(storage, plan, results, noted);
      await status.succeeded(summary);
      return summary;
    }),
  );
}

/** The metadata, and a name to publish under: what is wrong here is no run yet, and only an older status is replaced. */
async function readInput(storage: Storage, options: PrepareOptions): Promise<ReadMetadata> {
  const settings = runSettings(options);
  const { signal } = options;
  const read = await readMetadata(storage, settings.metadataFile, 'inputMetadataFileName', { signal });
  await requireFreeName(storage, read.metadata, settings, { signal });
  return read;
}

/** What a run is told beside what it does. */
type Told = Pick<ExecuteOptions, 'signal' | 'log' | 'onProgress'> & { tally: Tally };

/** @param work gets its options back, with a progress that the status document hears of */
async function withStatus<T, O extends Told>(
  storage: Storage,
  command: string,
  options: O,
  work: (status: StatusDocument, noted: O) => Promise<T>,
): Promise<T> {
  const { signal, log, onProgress, tally } = options;
  const status = new StatusDocument(storage, command, log);
  const noted = {
    ...options,
    onProgress: (progress: Progress) => {
      const known = withHindrances(progress, tally);
      status.note(known);
      onProgress?.(known);
    },
  };
  await status.running({ signal });
  try {
    await status.join({ signal });
    const done = await work(status, noted);
    const { leftOpen } = tally.read();
    if (leftOpen > 0) log?.warn(describeLeftOpen(leftOpen));
    return done;
  } catch (error) {
    await status.failed(explained(error, signal));
    throw error;
  }
}

/** All is well, but for what keeps its bytes until somebody removes it. */
function describeLeftOpen(count: number): string {
  const uploads = count === 1 ? 'an unfinished upload' : `${count} unfinished uploads`;
  return `${uploads} under the prefix could not be removed: \`clean\` shows them, and a lifecycle rule of the bucket removes them`;
}

/**
 * Makes the parts. First goes what killed runs have left of the same, and at the end what threads left that died, or
 * workers of a cluster, which ends them as it likes.
 */
async function executeTidily(
  storage: Storage,
  plan: Plan,
  {
    start,
    cluster,
  }: { start: (tasks: number) => Promise<Executor> | Executor; cluster: RunCluster | undefined },
  status: StatusDocument,
  options: ExecuteOptions & { tally: Tally },
): Promise<Results> {
  const { signal, log } = options;
  await removeLeftovers(storage, plan, status.self, { signal, log });
  const deaths = deadThreadCount();
  try {
    return await executeOn(storage, plan, start, options);
  } finally {
    await cluster?.close();
    if (cluster || deadThreadCount() > deaths) await removeLeftovers(storage, plan, status.self, { log });
  }
}
