/**
 * Tidying up a prefix: what no document under it names, and what no run that is alive is working on. A run and a
 * cleaning that removes do not overlap: each says that it is there before it looks for the other.
 */
import { posix } from 'node:path';
import pMap from 'p-map';
import { RepartitionError } from '../../errors.js';
import type { AgedStat, CallOptions, Housekeeping, Storage } from '../../storage/storage.js';
import { DEFAULT_METADATA } from '../options.js';
import { requirePrefix } from '../prepare/missing.js';
import { isAbandoned } from '../runs/leftovers.js';
import { deadMarks, livingRuns, Presence, RUNS_FOLDER, type RunningRun, thisRun } from '../runs/presence.js';
import { readStatusJson } from '../runs/read-status.js';
import { foldersNamedIn } from './named.js';

/** What can be removed. */
export interface CleanItem {
  /** `run`: the file of a run that was killed. */
  kind: 'temporary file' | 'upload' | 'superseded folder' | 'run';
  /** Relative to the prefix. */
  path: string;
  files: number;
  bytes: number;
}

/** What `gs-repartition clean --json` prints. `schemas/clean.v1.json` in the package describes it. */
export interface CleanReport {
  document: 'gs-repartition/clean';
  version: 1;
  inputPrefix: string;
  /** Whether the items were removed, or are only listed. */
  removed: boolean;
  items: CleanItem[];
  /** Of all items. */
  files: number;
  bytes: number;
  /**
   * The command that resumes the last run, where that has not published and no run is at work: parts that it has finished
   * are among the superseded folders.
   */
  resume?: string;
  /** Runs at work on the prefix: as long as there are any, no folder is removed, and nothing that they may have begun. */
  runs: RunningRun[];
}

/** A folder of made parts: `parquet-repartitioned-<8 hex>`. What else lies in one is not ours. */
const MADE_PART = /^((?:.*\/)?parquet-repartitioned-[0-9a-f]{8})\/part-[^/]*$/s;

/** Removals under way. */
const AT_ONCE = { concurrency: 16 };

/** @throws RepartitionError `usage` where the storage can't be cleaned, `not-found` where there is nothing at all */
export async function cleanOn(
  storage: Storage,
  { remove, ...options }: CallOptions & { remove: boolean },
): Promise<CleanReport> {
  const { housekeeping } = storage;
  if (!housekeeping) {
    throw new RepartitionError('usage', `${storage.describe('')} is in a storage that cannot be cleaned`);
  }
  await requireSomething(storage, housekeeping, options);
  if (!remove) {
    const found = await survey(storage, housekeeping, undefined, options);
    return { ...reportOf(storage, found, false), ...(await resumable(storage, found, options)) };
  }
  const presence = new Presence(storage, { ...thisRun(), kind: 'clean' });
  await presence.show(options);
  try {
    const found = await survey(storage, housekeeping, presence.path, options);
    const resume = await resumable(storage, found, options);
    for (const { remove: removeItem } of found.items) await removeItem();
    return { ...reportOf(storage, found, true), ...resume };
  } finally {
    await presence.leave().catch(() => undefined);
  }
}

/** Nothing is written to a prefix where nothing is. */
async function requireSomething(
  storage: Storage,
  housekeeping: Housekeeping,
  options: CallOptions,
): Promise<void> {
  const objects = housekeeping.objects('', options)[Symbol.asyncIterator]();
  const { done } = await objects.next();
  await objects.return?.();
  if (done !== true) return;
  await requirePrefix(storage, DEFAULT_METADATA, options);
  throw new RepartitionError('not-found', `there is nothing under ${storage.describe('')}`, {
    hint: 'Check the prefix.',
    operation: 'list',
    path: storage.describe(''),
  });
}

/** Whoever wants to go on with a run that has not published should know before its parts are gone. */
async function resumable(
  storage: Storage,
  { items }: Survey,
  options: CallOptions,
): Promise<Pick<CleanReport, 'resume'>> {
  if (!items.some(({ kind }) => kind === 'superseded folder')) return {};
  const status = await readStatusJson(storage, options);
  const hasEnded = !status || status.status === 'succeeded';
  return hasEnded || typeof status.command !== 'string' ? {} : { resume: status.command };
}

interface Removable extends CleanItem {
  remove: () => Promise<void>;
}

interface Survey {
  runs: RunningRun[];
  items: Removable[];
}

/**
 * The runs are listed first: one that ended before has published by then what the documents are searched for, and one
 * that begins later waits until a cleaning is over.
 */
async function survey(
  storage: Storage,
  housekeeping: Housekeeping,
  self: string | undefined,
  options: CallOptions,
): Promise<Survey> {
  const before = await livingRuns(storage, options, self);
  const { folders, documents } = await contents(housekeeping, options);
  const named = new Set<string>();
  if (folders.size > 0) {
    for (const document of documents) {
      for await (const name of foldersNamedIn(storage, document, options)) named.add(name);
    }
  }
  const unfinished = [];
  for await (const item of housekeeping.unfinished(undefined, { ...options, measured: true })) {
    unfinished.push(item);
  }
  // After what is unfinished was found: whoever began it was there before.
  const runs = await livingRuns(storage, options, self);
  const items: Removable[] = unfinished
    .filter((item) => isAbandoned(item, runs))
    .map((item) => ({
      kind: item.kind,
      path: item.path,
      files: 1,
      bytes: item.size ?? 0,
      remove: () => housekeeping.abandon(item, options),
    }));
  if (before.length + runs.length === 0) {
    for (const [path, { files, bytes }] of folders) {
      if (named.has(posix.basename(path))) continue;
      const remove = (): Promise<void> => removeFolder(housekeeping, path, options);
      items.push({ kind: 'superseded folder', path, files, bytes, remove });
    }
  }
  for (const { path, size } of await deadMarks(storage, options)) {
    items.push({
      kind: 'run',
      path,
      files: 1,
      bytes: size,
      remove: () => housekeeping.remove(path, options),
    });
  }
  items.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { runs: runs.length > 0 ? runs : before, items };
}

/** Folders of made parts with what lies in them, and the files that may be documents: all that are no Parquet. */
async function contents(
  housekeeping: Housekeeping,
  options: CallOptions,
): Promise<{
  folders: Map<string, { files: number; bytes: number }>;
  documents: AgedStat[];
}> {
  const folders = new Map<string, { files: number; bytes: number }>();
  const documents: AgedStat[] = [];
  for await (const object of housekeeping.objects('', options)) {
    const { path, size } = object;
    const folder = MADE_PART.exec(path)?.[1];
    if (folder !== undefined) {
      const sums = folders.get(folder) ?? { files: 0, bytes: 0 };
      sums.files++;
      sums.bytes += size;
      folders.set(folder, sums);
    } else if (size > 0 && !path.endsWith('.parquet') && !path.startsWith(`${RUNS_FOLDER}/`)) {
      documents.push(object);
    }
  }
  return { folders, documents };
}

async function removeFolder(housekeeping: Housekeeping, folder: string, options: CallOptions): Promise<void> {
  await pMap(
    housekeeping.objects(folder, options),
    async ({ path }) => {
      if (MADE_PART.exec(path)?.[1] === folder) await housekeeping.remove(path, options);
    },
    AT_ONCE,
  );
}

function reportOf(storage: Storage, { runs, items }: Survey, removed: boolean): CleanReport {
  const sum = (of: (item: CleanItem) => number): number => items.reduce((total, item) => total + of(item), 0);
  return {
    document: 'gs-repartition/clean',
    version: 1,
    inputPrefix: storage.describe(''),
    removed,
    items: items.map(({ kind, path, files, bytes }) => ({ kind, path, files, bytes })),
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    runs,
  };
}
