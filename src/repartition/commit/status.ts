/**
 * `repartition_status.json` under the prefix: a failed or half-done run is visible to whoever looks next, before
 * DistPartitioning finds out by a reshape error.
 */
import { type ErrorCode, type ErrorReport, RepartitionError } from '../../errors.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import type { Log, Summary } from '../api.js';

/**
 * The name of the document, under the prefix.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { repartition, type Status, STATUS_FILE } from 'gs-repartition';
 *
 * await repartition({ inputPrefix: './graph' });
 * const { status } = JSON.parse(await readFile(`./graph/${STATUS_FILE}`, 'utf8')) as Status;
 * console.log(status);
 * // succeeded
 * ```
 */
export const STATUS_FILE = 'repartition_status.json';

/** What the document says. */
export interface Status {
  status: 'running' | 'failed' | 'succeeded';
  /** ISO 8601, UTC. */
  startedAt: string;
  finishedAt?: string;
  /** The command that resumes (or repeats) this run. */
  command: string;
  /** `internal`: a bug of ours. */
  error?: Omit<ErrorReport, 'code'> & { code: ErrorCode | 'internal' };
  summary?: Summary;
}

/** Keeps the status document of one run. */
export class StatusDocument {
  private readonly storage: Storage;
  private readonly base: Pick<Status, 'startedAt' | 'command'>;

  constructor(storage: Storage, command: string, now = new Date()) {
    this.storage = storage;
    this.base = { startedAt: now.toISOString(), command };
  }

  /** Also finds out, before any work, whether the prefix can be written to. */
  async running(options: CallOptions): Promise<void> {
    await this.put({ status: 'running', ...this.base }, options);
  }

  /** Never throws: the graph is published by now, whatever becomes of this document. */
  async succeeded(summary: Summary, log: Log | undefined): Promise<void> {
    await this.putOrWarn({ status: 'succeeded', ...this.finished(), summary }, log);
  }

  /** Never throws: the failure itself is what the caller has to tell. */
  async failed(failure: unknown, log: Log | undefined): Promise<void> {
    const error: Status['error'] =
      failure instanceof RepartitionError
        ? failure.toReport()
        : { code: 'internal', message: failure instanceof Error ? failure.message : String(failure) };
    await this.putOrWarn({ status: 'failed', ...this.finished(), error }, log);
  }

  private finished(): Pick<Status, 'startedAt' | 'command' | 'finishedAt'> {
    return { ...this.base, finishedAt: new Date().toISOString() };
  }

  private async putOrWarn(status: Status, log: Log | undefined): Promise<void> {
    try {
      await this.put(status);
    } catch (problem) {
      const reason = problem instanceof Error ? problem.message : String(problem);
      log?.warn(`could not write ${this.storage.describe(STATUS_FILE)}: ${reason}`);
    }
  }

  private async put(status: Status, options: CallOptions = {}): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(status, null, 4)}\n`);
    await this.storage.compose(STATUS_FILE, [{ kind: 'bytes', bytes }], options);
  }
}
