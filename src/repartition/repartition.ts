/**
 * The alignment, from a prefix to its updated metadata:
 *
 *     metadata.json ─► groups ─► inventory ─► target layouts ─► plan ─► run (workers) ─► verify ─► commit
 *
 * Until the commit, which is one atomic write, a reader of the prefix sees nothing but its inputs.
 */
import pMap from 'p-map';
import { interrupted } from '../errors.js';
import { alignmentGroups, type GraphMetadata, idMappingsToCount, updateMetadata } from '../metadata/index.js';
import type { CallOptions, Storage } from '../storage/storage.js';
import { readPart, requireDeclaredCounts, requireDeclaredTotals, takeInventory } from './inventory.js';
import { chooseLayout } from './layout.js';
import type { DataSetPlan, GroupPlan, RepartitionOptions, Summary, TaskResult } from './model.js';
import { locate, openStorage } from './open-storage.js';
import { resumeCommand, runSettings, type RunSettings } from './options.js';
import { findFinished, ownedTasks, verifyOutputs } from './outputs.js';
import { planGroup } from './plan.js';
import { runTasks } from './pool.js';
import { readMetadata } from './read-metadata.js';
import { shapeWarnings } from './shape.js';
import { StatusDocument } from './status.js';
import { summarize } from './summary.js';

/**
 * Aligns the graph under `options.inputPrefix` and publishes its updated metadata.
 * @throws RepartitionError with nothing published; `repartition_status.json` under the prefix says so
 */
export async function repartition(options: RepartitionOptions): Promise<Summary> {
  const settings = runSettings(options);
  const storage = await openStorage(await locate(options.inputPrefix, options.s3));
  try {
    return await runOn(storage, settings, options);
  } catch (error) {
    // What a signal breaks off may fail in ways of its own; the reason is the signal.
    throw options.signal?.aborted ? interrupted() : error;
  } finally {
    await storage.close();
  }
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
    await status.failed(signal?.aborted ? interrupted() : error, log);
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
  const partCount = groups.flatMap((group) => group.dataSets).reduce((n, { parts }) => n + parts.length, 0);
  const inventoried = counter((done) => options.onProgress?.({ phase: 'inventory', done, total: partCount }));
  const counted = await takeInventory(storage, groups, { signal, onPart: inventoried });
  if (!settings.recount) {
    requireDeclaredCounts(storage, counted);
    requireDeclaredTotals(metadata, counted);
  }

  for (const warning of counted.flatMap(shapeWarnings)) log?.warn(warning);
  const plans = counted.map((group) => planGroup(group, chooseLayout(group, settings.choice)));
  const dataSetPlans = plans.flatMap((plan) => plan.dataSets);
  const tasks = ownedTasks(dataSetPlans);
  const finished = await findFinished(storage, tasks, { signal });
  if (finished.size > 0) log?.info(`${finished.size} of ${tasks.length} parts are done already`);
  // Said before anything is written: what can't be published must not be made.
  const text = updateMetadata(metadata, {
    dataSets: dataSetPlans.map(publishedDataSet),
    idMappings: await countIdMappings(storage, metadata, { signal }),
    recount: settings.recount,
  });
  const results = await run(storage, plans, finished, settings, options);

  const verified = counter((done) => options.onProgress?.({ phase: 'verify', done, total: tasks.length }));
  await verifyOutputs(storage, tasks, { signal, onPart: verified });

  if (signal?.aborted) throw interrupted();
  await storage.compose(settings.updatedFile, [{ kind: 'bytes', bytes: new TextEncoder().encode(text) }]);
  const seconds = (performance.now() - started) / 1000;
  return summarize({ storage, settings, plans, results, finished, seconds });
}

async function run(
  storage: Storage,
  plans: readonly GroupPlan[],
  finished: ReadonlySet<string>,
  settings: RunSettings,
  options: RepartitionOptions,
): Promise<TaskResult[]> {
  const tasks = plans
    .flatMap((plan) => ownedTasks(plan.dataSets))
    .map(({ task }) => task)
    .filter((task) => !finished.has(task.output));
  // Rows tell how far a run is before any output exists; their bytes are only known once written.
  const results: TaskResult[] = [];
  let bytes = 0;
  await runTasks(tasks, {
    location: storage.location,
    threads: settings.threads,
    signal: options.signal,
    onResult: (result) => {
      results.push(result);
      bytes += result.size;
      options.log?.debug(
        `${result.method === 'splice' ? 'spliced' : 're-encoded'} ${storage.describe(result.output)}`,
      );
      options.onProgress?.({ phase: 'parts', done: results.length, total: tasks.length, bytes });
    },
  });
  return results;
}

/** What the metadata will say of a data set. */
function publishedDataSet({ dataSet, parts, layout }: DataSetPlan): {
  dataSet: DataSetPlan['dataSet'];
  parts: string[];
  rowCounts: readonly number[];
} {
  return {
    dataSet,
    parts: parts.map((part) => (part.kind === 'keep' ? part.part.path : part.task.output)),
    rowCounts: layout,
  };
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
