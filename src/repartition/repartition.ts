/**
 * The alignment, from a prefix to its updated metadata:
 *
 *     metadata.json ─► groups ─► inventory ─► target layouts ─► plan ─► run (workers) ─► verify ─► commit
 *
 * Until the commit, which is one atomic write, a reader of the prefix sees nothing but its inputs.
 */
import { setImmediate } from 'node:timers/promises';
import pMap from 'p-map';
import { interrupted, RepartitionError, throwIfAborted } from '../errors.js';
import { alignmentGroups, type GraphMetadata, idMappingsToCount, updateMetadata } from '../metadata/index.js';
import type { AlignmentGroup } from '../metadata/model.js';
import type { CallOptions, Storage } from '../storage/storage.js';
import { readPart, requireDeclaredCounts, requireDeclaredTotals, takeInventory } from './inventory.js';
import { chooseLayout } from './layout.js';
import type { DataSetPlan, RepartitionOptions, Summary, Task } from './model.js';
import { locate, openStorage } from './open-storage.js';
import { resumeCommand, runSettings, type RunSettings } from './options.js';
import { filter, findFinished, type OwnedTask, ownedTasks, verifyOutputs } from './outputs.js';
import { planGroup } from './plan.js';
import type { Workers } from './pool.js';
import { readMetadata } from './read-metadata.js';
import { shapeWarnings } from './shape.js';
import { StatusDocument } from './status.js';
import { summarize, Tally } from './summary.js';

/**
 * Aligns the graph under `options.inputPrefix` and publishes its updated metadata.
 * @throws RepartitionError with nothing published; `repartition_status.json` under the prefix says so
 *
 * @example
 * ```ts
 * import { repartition } from 'gs-repartition';
 *
 * const { parts } = await repartition({ inputPrefix: './graph', numOutputFiles: 4 });
 * console.log(`${parts.spliced + parts.reencoded} parts were made`);
 * // … parts were made
 * ```
 */
export async function repartition(options: RepartitionOptions): Promise<Summary> {
  const settings = runSettings(options);
  const storage = await openStorage(await locate(options.inputPrefix, options.s3));
  try {
    return await runOn(storage, settings, options);
  } catch (error) {
    // What a signal breaks off may fail in ways of its own; the reason is the signal.
    throw options.signal?.aborted ? stopped(options.signal) : error;
  } finally {
    await storage.close();
  }
}

/** `interrupted`, for somebody who wants to know what became of the run. */
function stopped(signal: AbortSignal): RepartitionError {
  const { message, cause } = interrupted(signal);
  return new RepartitionError('interrupted', `${message}; nothing was published`, {
    hint: 'Run the same command again: finished parts are kept and the rest is done.',
    cause,
  });
}

async function runOn(storage: Storage, settings: RunSettings, options: RepartitionOptions): Promise<Summary> {
  const { signal, log } = options;
  // Before there are metadata this is no graph's prefix, and no place to leave a status.
  const metadata = await readMetadata(storage, settings.metadataFile, { signal });
  const status = new StatusDocument(storage, resumeCommand(options));
  await status.running({ signal });
  let summary: Summary;
  try {
    summary = await align(storage, metadata, settings, options);
  } catch (error) {
    await status.failed(signal?.aborted ? stopped(signal) : error, log);
    throw error;
  }
  await status.succeeded(summary, log);
  return summary;
}

async function align(
  storage: Storage,
  metadata: GraphMetadata,
  settings: RunSettings,
  options: RepartitionOptions,
): Promise<Summary> {
  const started = performance.now();
  const { signal, log } = options;
  const groups = alignmentGroups(metadata);
  const sizes = groups.flatMap((group) => group.dataSets).map(({ parts }) => parts.length);
  const partCount = sizes.reduce((total, parts) => total + parts, 0);
  const start = async (mostTasks: number): Promise<Workers> => {
    // Loaded when there is something to do.
    const { startWorkers } = await import('./pool.js');
    return startWorkers({ location: storage.location, threads: settings.threads, mostTasks });
  };
  // They start while footers are read. Where the metadata are wrong, some start for nothing, or late.
  let workers = groups.some((group) => mayNeedWork(group, settings)) ? await start(partCount) : undefined;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= workers?.close() ?? Promise.resolve());
  try {
    const inventoried = counter((done) =>
      options.onProgress?.({ phase: 'inventory', done, total: partCount }),
    );
    const counted = await takeInventory(storage, groups, { signal, onPart: inventoried });
    if (!settings.recount) {
      requireDeclaredCounts(storage, counted);
      requireDeclaredTotals(metadata, counted);
    }

    for (const warning of counted.flatMap(shapeWarnings)) log?.warn(warning);
    const plans = counted.map((group) => planGroup(group, chooseLayout(group, settings.choice)));
    const dataSetPlans = plans.flatMap((plan) => plan.dataSets);
    const made = dataSetPlans.reduce((total, plan) => total + plan.made, 0);
    const finished = await findFinished(storage, dataSetPlans, { signal });
    if (finished.size > 0) log?.info(`${finished.size} of ${made} parts are done already`);
    // Said before anything is written: what can't be published must not be made.
    const text = updateMetadata(metadata, {
      dataSets: dataSetPlans.map(publishedDataSet),
      idMappings: await countIdMappings(storage, metadata, { signal }),
      recount: settings.recount,
    });
    const left = made - finished.size;
    const done = new Tally();
    if (left > 0) {
      workers ??= await start(left);
      const tasks = filter(ownedTasks(dataSetPlans), (owned) => !finished.has(owned));
      await run(workers, tasks, { storage, done, total: left }, options);
    }
    // Threads take a moment to end, while the parts are checked.
    close().catch(() => undefined);

    const verified = counter((checked) =>
      options.onProgress?.({ phase: 'verify', done: checked, total: made }),
    );
    await verifyOutputs(storage, dataSetPlans, { signal, onPart: verified });

    throwIfAborted(signal);
    await storage.write(settings.updatedFile, encoded(text));
    const seconds = (performance.now() - started) / 1000;
    return summarize({ storage, settings, plans, done, resumed: finished.size, seconds });
  } finally {
    await close();
  }
}

/** By what the metadata say, which is known at once: whether the data sets of a group differ, or lack what labels need. */
function mayNeedWork({ dataSets }: AlignmentGroup, { choice }: RunSettings): boolean {
  const [first, ...others] = dataSets;
  if ('numOutputFiles' in choice || dataSets.some(({ flat }) => flat)) return true;
  const counts = first?.rowCounts;
  return others.some(
    ({ rowCounts }) =>
      rowCounts?.length !== counts?.length || !rowCounts || rowCounts.some((rows, i) => rows !== counts?.[i]),
  );
}

async function run(
  workers: Workers,
  owned: Iterable<OwnedTask>,
  { storage, done, total }: { storage: Storage; done: Tally; total: number },
  { signal, log, onProgress }: RepartitionOptions,
): Promise<void> {
  function* tasks(): Generator<Task> {
    for (const { task } of owned) yield task;
  }
  await workers.run(tasks(), {
    signal,
    onResult: (result) => {
      done.add(result);
      const did = result.method === 'splice' ? 'spliced' : 're-encoded';
      log?.debug(`${did} ${storage.describe(result.output)}`);
      onProgress?.({ phase: 'parts', done: done.tasks, total, bytes: done.bytes });
    },
  });
}

/** In blocks, because the text of a million parts has 150 MB, and with a turn for everybody else between them. */
async function* encoded(blocks: Iterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const block of blocks) {
    yield encoder.encode(block);
    await setImmediate();
  }
}

/** What the metadata will say of a data set. */
function publishedDataSet({ dataSet, parts, layout }: DataSetPlan): {
  dataSet: DataSetPlan['dataSet'];
  parts: Iterable<string>;
  rowCounts: readonly number[];
} {
  function* paths(): Generator<string> {
    for (const part of parts) yield part.kind === 'keep' ? part.part.path : part.task.output;
  }
  return { dataSet, parts: { [Symbol.iterator]: paths }, rowCounts: layout };
}

/** Rows by part of the id mappings that the metadata leave uncounted. */
async function countIdMappings(
  storage: Storage,
  metadata: GraphMetadata,
  options: CallOptions,
): Promise<ReadonlyMap<string, number[]>> {
  const counts = new Map<string, number[]>();
  for (const { type, parts } of idMappingsToCount(metadata)) {
    const owner = `raw_id_mappings of ${type}`;
    const facts = await pMap(parts, (path) => readPart(storage, owner, path, options), { concurrency: 64 });
    counts.set(
      type,
      facts.map(({ rows }) => rows),
    );
  }
  return counts;
}

function counter(report: (done: number) => void): () => void {
  let done = 0;
  return () => {
    report(++done);
  };
}
