/** What becomes of the run on a prefix, for whoever looks: is anybody still at work, and what is to be done? */
import { RepartitionError } from '../../errors.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import { type Status, STATUS_FILE } from '../commit/status.js';
import { isRunAlive, livingRuns, type RunningRun, STALE_MS } from './presence.js';

/**
 * - `running`: a run is alive
 * - `stale`: a run was killed, or its machine has gone, and nobody has run since
 * - `failed`, `succeeded`: it ended and said so
 * - `none`: no run was ever begun here
 */
export type RunState = 'running' | 'stale' | 'failed' | 'succeeded' | 'none';

/** What `gs-repartition status --json` prints. `schemas/status.v1.json` in the package describes it. */
export interface StatusReport {
  document: 'gs-repartition/status';
  version: 1;
  inputPrefix: string;
  state: RunState;
  /** What to do, a sentence. */
  advice: string;
  /** What `repartition_status.json` says. */
  run?: Status;
  /** All runs that are alive. */
  runs: RunningRun[];
}

/** @throws RepartitionError `metadata` when the status document can't be understood */
export async function readStatusOn(storage: Storage, options: CallOptions): Promise<StatusReport> {
  const run = await readDocument(storage, options);
  const runs = (await livingRuns(storage, options)).filter(({ kind }) => kind !== 'clean');
  const state = await stateOf(storage, run, runs, options);
  return {
    document: 'gs-repartition/status',
    version: 1,
    inputPrefix: storage.describe(''),
    state,
    advice: adviceFor(state, run),
    ...(run && { run }),
    runs,
  };
}

async function readDocument(storage: Storage, options: CallOptions): Promise<Status | undefined> {
  const status = await readStatusJson(storage, options);
  if (status === undefined) return undefined;
  const known = ['running', 'failed', 'succeeded'];
  if (known.includes(status?.status ?? '') && typeof status?.command === 'string') return status as Status;
  const where = storage.describe(STATUS_FILE);
  throw new RepartitionError('metadata', `${where} is no status of a run`, {
    hint: 'Run the alignment again: it writes a new one.',
    operation: 'read',
    path: where,
  });
}

/** The status document, whatever it says; undefined where there is none, null where it is no JSON object. */
export async function readStatusJson(
  storage: Storage,
  options: CallOptions,
): Promise<Partial<Status> | null | undefined> {
  const stat = await storage.stat(STATUS_FILE, options);
  if (!stat) return undefined;
  const bytes = await storage.read(STATUS_FILE, 0, stat.size, options);
  try {
    const status: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof status === 'object' ? status : null;
  } catch {
    return null;
  }
}

async function stateOf(
  storage: Storage,
  run: Status | undefined,
  runs: readonly RunningRun[],
  options: CallOptions,
): Promise<RunState> {
  if (!run) return runs.length > 0 ? 'running' : 'none';
  if (run.status === 'succeeded') return 'succeeded';
  if (runs.length > 0) return 'running';
  if (run.status === 'failed') return 'failed';
  const isAlive =
    run.run === undefined
      ? Date.now() - Date.parse(run.heartbeatAt) < STALE_MS
      : await isRunAlive(storage, run.run, options);
  return isAlive ? 'running' : 'stale';
}

function adviceFor(state: RunState, run: Status | undefined): string {
  const command = run?.command ?? 'gs-repartition --input-prefix …';
  switch (state) {
    case 'running':
      return 'Wait until it ends.';
    case 'stale':
      return `Nobody is at work any more, and nothing was published. Resume it: ${command}`;
    case 'failed':
      return `Do what the error says, then resume: ${command}`;
    case 'succeeded':
      return 'The updated metadata are published; gs-repartition verify checks them.';
    case 'none':
      return `No run was begun here: ${command}`;
  }
}
