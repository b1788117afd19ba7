/**
 * Which runs are at work on a prefix. Each has a small file of its own, put there before anything else is written,
 * renewed twice a minute and removed at the end: none is written by two, so that whoever lists them after having seen
 * something unfinished sees the run that it belongs to, if that is alive.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { isProcessAlive, thisProcess } from '../../storage/process-identity.js';
import type { AgedStat, CallOptions, Storage } from '../../storage/storage.js';

const RUNS = Symbol.for('gs-repartition.runs');

/** Where the files lie, under the prefix. */
export const RUNS_FOLDER = 'repartition_runs';

/** A run that says so twice a minute and has not for so long is dead, unless its process is seen to live. */
export const STALE_MS = 120_000;

/** A run as others see it. */
export interface RunningRun {
  /** The machine's name. */
  host: string;
  pid: number;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** `clean`: no run, but a `gs-repartition clean --yes`. */
  kind?: 'clean';
}

/** This process, from now on. */
export function thisRun(): RunningRun {
  return { host: hostname(), pid: process.pid, startedAt: new Date().toISOString() };
}

/** A run's file. */
interface Mark {
  file: AgedStat;
  isAlive: boolean;
}

/**
 * Files of this process's runs that are not over. A file that could not be removed at a run's end must not count as long as
 * the process lives. Two copies of this package in one process see each other's.
 */
const atWork = (Reflect.get(globalThis, RUNS) as Set<string> | undefined) ?? new Set<string>();
Reflect.set(globalThis, RUNS, atWork);

/** Puts the run's file in place, unless the storage can't tell runs apart. */
export class Presence {
  /** Under the prefix. */
  readonly path: string | undefined;

  constructor(
    private readonly storage: Storage,
    private readonly run: RunningRun,
  ) {
    const name = `${thisProcess()}-${randomBytes(4).toString('hex')}.json`;
    if (storage.housekeeping) this.path = `${RUNS_FOLDER}/${name}`;
  }

  /** Says that the run is there; to be called again and again. */
  async show(options: CallOptions = {}): Promise<void> {
    if (this.path === undefined) return;
    const bytes = new TextEncoder().encode(`${JSON.stringify(this.run)}\n`);
    atWork.add(this.path);
    await this.storage.compose(this.path, [{ kind: 'bytes', bytes }], options);
  }

  /** The other runs that are alive. */
  async others(options: CallOptions = {}): Promise<RunningRun[]> {
    return livingRuns(this.storage, options, this.path);
  }

  /** The run is over. Who may not remove its file empties it. */
  async leave(): Promise<void> {
    const { storage, path } = this;
    if (path === undefined) return;
    atWork.delete(path);
    await storage.housekeeping?.remove(path).catch(() => storage.compose(path, []));
  }
}

/** @param except the path of a file that does not count */
export async function livingRuns(
  storage: Storage,
  options: CallOptions,
  except?: string,
): Promise<RunningRun[]> {
  const runs: RunningRun[] = [];
  for (const { file, isAlive } of await marksOn(storage, options)) {
    if (!isAlive || file.path === except) continue;
    const run = await readRun(storage, file, options);
    if (run) runs.push(run);
  }
  return runs.sort((a, b) => a.startedAt.localeCompare(b.startedAt));
}

/** Files of runs that are over without having removed them. */
export async function deadMarks(storage: Storage, options: CallOptions): Promise<AgedStat[]> {
  return (await marksOn(storage, options)).flatMap(({ file, isAlive }) => (isAlive ? [] : [file]));
}

/** Whether the run with this file is alive. */
export async function isRunAlive(storage: Storage, path: string, options: CallOptions): Promise<boolean> {
  return (await marksOn(storage, options)).some(({ file, isAlive }) => isAlive && file.path === path);
}

async function marksOn({ housekeeping }: Storage, options: CallOptions): Promise<Mark[]> {
  const files: AgedStat[] = [];
  for await (const file of housekeeping?.objects(RUNS_FOLDER, options) ?? []) {
    if (file.path.endsWith('.json')) files.push(file);
  }
  // The newest file may tell the storage's time better than our clock.
  const now = files.reduce((latest, { modified }) => Math.max(latest, modified), Date.now());
  return files.map((file) => ({ file, isAlive: isAlive(file, now) }));
}

function isAlive({ path, size, modified }: AgedStat, now: number): boolean {
  if (size === 0) return false;
  const maker = path.slice(RUNS_FOLDER.length + 1);
  if (maker.startsWith(`${thisProcess()}-`)) return atWork.has(path);
  return isProcessAlive(maker) ?? now - modified < STALE_MS;
}

/** @returns undefined when it is over by now, or the file is none of ours */
async function readRun(
  storage: Storage,
  { path, size }: AgedStat,
  options: CallOptions,
): Promise<RunningRun | undefined> {
  try {
    const text = new TextDecoder().decode(await storage.read(path, 0, size, options));
    const { host, pid, startedAt, kind } = JSON.parse(text) as Partial<RunningRun>;
    if (typeof host !== 'string' || typeof pid !== 'number' || typeof startedAt !== 'string')
      return undefined;
    return { host, pid, startedAt, ...(kind === 'clean' && { kind }) };
  } catch {
    return undefined;
  }
}
