/**
 * The alignment, from a prefix to its updated metadata: prepare → execute → commit, with plain data between them.
 *
 *     prefix ─► prepare ─► Plan ─► execute (threads, or another executor) ─► Results ─► commit ─► updated metadata
 *
 * Until the commit, which is one atomic write, a reader of the prefix sees nothing but its inputs.
 */
import { interrupted, RepartitionError } from '../errors.js';
import { locate, openStorage } from '../storages.js';
import type { CallOptions, Estimate, Storage } from '../storage/storage.js';
import type {
  CommitOptions,
  ExecuteOptions,
  Log,
  PrepareOptions,
  RepartitionOptions,
  Summary,
} from './api.js';
import { commitOn } from './commit/commit.js';
import { StatusDocument } from './commit/status.js';
import { executeOn } from './execute/execute.js';
import type { Executor } from './execute/executor.js';
import { estimateOn } from './estimate.js';
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
import { planFor } from './prepare/prepare.js';
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
  return onPrefix(options, async (storage) => {
    const read = await readInput(storage, options);
    return withStatus(storage, resumeCommand(options), options, async (status) => {
      // Threads start while footers are read. Where the metadata are wrong, some start for nothing, or late.
      const executors = new LateExecutor(storage, options);
      try {
        const plan = await planFor(storage, read, settings, options, {
          onWorkAhead: (tasks) => executors.startAhead(tasks),
        });
        for (const warning of plan.warnings) log?.warn(warning);
        const results = await executeOn(storage, plan, (tasks) => executors.start(tasks), options);
        // They take a moment to end, while the parts are checked.
        executors.close().catch(() => undefined);
        const summary = await commitOn(storage, plan, results, options);
        await status.succeeded(summary, log);
        return summary;
      } finally {
        await executors.close();
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
  return onPrefix(options, async (storage) =>
    planFor(storage, await readInput(storage, options), settings, options),
  );
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
  return onLocation(plan, options, async (storage) =>
    withStatus(storage, plan.command, options, async () => {
      const { executor } = options;
      if (executor) return executeOn(storage, plan, () => executor, options);
      const executors = new LateExecutor(storage, options);
      try {
        return await executeOn(storage, plan, (tasks) => executors.start(tasks), options);
      } finally {
        await executors.close();
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
  return onLocation(plan, options, async (storage) => {
    const status = new StatusDocument(storage, plan.command);
    try {
      const summary = await commitOn(storage, plan, results, options);
      await status.succeeded(summary, options.log);
      return summary;
    } catch (error) {
      await status.failed(explained(error, options.signal), options.log);
      throw error;
    }
  });
}

/** The metadata, and a name to publish under: what is wrong here is no run yet, and leaves no status. */
async function readInput(storage: Storage, options: PrepareOptions): Promise<ReadMetadata> {
  const settings = runSettings(options);
  const { signal } = options;
  const read = await readMetadata(storage, settings.metadataFile, 'inputMetadataFileName', { signal });
  await requireFreeName(storage, read.metadata, settings, { signal });
  return read;
}

async function withStatus<T>(
  storage: Storage,
  command: string,
  { signal, log }: { signal?: AbortSignal | undefined; log?: Log | undefined },
  work: (status: StatusDocument) => Promise<T>,
): Promise<T> {
  const status = new StatusDocument(storage, command);
  await status.running({ signal });
  try {
    return await work(status);
  } catch (error) {
    await status.failed(explained(error, signal), log);
    throw error;
  }
}

async function onPrefix<T>(
  { inputPrefix, s3, signal }: PrepareOptions,
  work: (storage: Storage) => Promise<T>,
): Promise<T> {
  return onLocation({ location: await locate(inputPrefix, s3) }, { signal }, work);
}

async function onLocation<T>(
  { location }: Pick<Plan, 'location'>,
  { signal }: { signal?: AbortSignal | undefined },
  work: (storage: Storage) => Promise<T>,
): Promise<T> {
  let storage: Storage | undefined;
  try {
    storage = await openStorage(location, { signal });
    return await work(storage);
  } catch (error) {
    throw explained(error, signal);
  } finally {
    await storage?.close();
  }
}

/** What a signal breaks off may fail in ways of its own; the reason is the signal. */
function explained(error: unknown, signal: AbortSignal | undefined): unknown {
  if (!signal?.aborted) return error;
  const { message, cause } = interrupted(signal);
  return new RepartitionError('interrupted', `${message}; nothing was published`, {
    hint: 'Run the same command again: finished parts are kept and the rest is done.',
    cause,
  });
}

/**
 * Threads that are started early, when there will probably be work, or late, when there is. That they end well is no concern
 * of a run that is over: closing never fails.
 */
class LateExecutor {
  private started: Promise<Executor> | undefined;
  private closed: Promise<void> | undefined;

  constructor(
    private readonly storage: Storage,
    private readonly options: Pick<ExecuteOptions, 'concurrency' | 'memory'>,
  ) {}

  startAhead(mostTasks: number): void {
    this.start(mostTasks).catch(() => undefined);
  }

  start(mostTasks: number): Promise<Executor> {
    return (this.started ??= this.open(mostTasks));
  }

  close(): Promise<void> {
    return (this.closed ??= this.end());
  }

  private async end(): Promise<void> {
    const executor = await this.started?.catch(() => undefined);
    await executor?.close().catch(() => undefined);
  }

  private async open(mostTasks: number): Promise<Executor> {
    const { location, profile } = this.storage;
    if (profile.mostThreads === 0) {
      const { inThisThread } = await import('./execute/inline.js');
      return inThisThread(this.storage, this.options);
    }
    // Loaded when there is something to do.
    const { inThreads } = await import('./execute/threads.js');
    const { concurrency: threads, memory } = this.options;
    return inThreads({ location, profile, threads, memory, mostTasks });
  }
}
