/**
 * `repartition_status.json` under the prefix: a failed or half-done run is visible to whoever looks next, before
 * DistPartitioning finds out by a reshape error.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ErrorCode,
  type ErrorReport,
  messageOf,
  RepartitionError,
  throwIfAborted,
} from '../../errors.js';
import type { CallOptions, Storage } from '../../storage/storage.js';
import type { Log, Progress, Summary } from '../api.js';
import { Presence, type RunningRun, thisRun } from '../runs/presence.js';

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
  /** The prefix, absolute. */
  inputPrefix: string;
  /** Where the run is or was. */
  host: string;
  pid: number;
  /** ISO 8601, UTC, as the other times. */
  startedAt: string;
  finishedAt?: string;
  /** Renewed twice a minute while the run goes on. */
  heartbeatAt: string;
  /** What it was last seen doing, and how far it was; `bytes` of parts made. */
  progress?: Progress;
  /** The file under the prefix that is there as long as the run. */
  run?: string;
  /** Runs that were at work on the prefix at the same time. */
  otherRuns?: RunningRun[];
  /** The command that resumes (or repeats) this run, from any folder. */
  command: string;
  /** `internal`: a bug of ours. */
  error?: Omit<ErrorReport, 'code'> & { code: ErrorCode | 'internal' };
  summary?: Summary;
}

/** How often a run says that it is alive. */
const HEARTBEAT_MS = 30_000;
/** Between two looks whether a cleaning is over. */
const CLEANING_WAIT_MS = 500;

/** Who has a status: where and when it began, and what repeats it. */
type Base = Pick<Status, 'inputPrefix' | 'host' | 'pid' | 'startedAt' | 'command'>;

/** Keeps the status document of one run, and its file among those of the runs at work. */
export class StatusDocument {
  private readonly base: Base;
  private readonly presence: Presence;
  private readonly others = new Map<string, RunningRun>();
  private progress: Progress | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Writes come one after the other: the last must be the end. */
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly storage: Storage,
    command: string,
    private readonly log?: Log,
    private readonly heartbeatMs = HEARTBEAT_MS,
  ) {
    const run = thisRun();
    this.base = { inputPrefix: storage.describe(''), ...run, command };
    this.presence = new Presence(storage, run);
  }

  /** The path of the run's own file. */
  get self(): string | undefined {
    return this.presence.path;
  }

  /** Begins. Also finds out, before any work, whether the prefix can be written to. */
  async running(options: CallOptions): Promise<void> {
    await this.put({ status: 'running', ...this.now() }, options);
  }

  /** Joins the runs at work on the prefix. */
  async join(options: CallOptions): Promise<void> {
    await this.presence.show(options);
    await this.waitForCleaning(options);
    await this.seeOthers(options);
    this.timer = setInterval(() => this.beat(), this.heartbeatMs);
    this.timer.unref();
  }

  /** What looks like nobody's may be what this run needs: so the two do not overlap. */
  private async waitForCleaning(options: CallOptions): Promise<void> {
    for (let waits = 0; ; waits++) {
      const runs = await this.presence.others(options);
      if (!runs.some(({ kind }) => kind === 'clean')) return;
      if (waits === 0) this.log?.info('waiting until gs-repartition clean has ended on this prefix');
      throwIfAborted(options.signal);
      await sleep(CLEANING_WAIT_MS);
    }
  }

  /** What the next heartbeat tells. */
  note(progress: Progress): void {
    this.progress = progress;
  }

  /** Never throws: the graph is published by now, whatever becomes of this document. */
  async succeeded(summary: Summary): Promise<void> {
    // There may be a million of them, and the document is read often.
    const rest = { ...summary };
    delete rest.checksums;
    await this.end({ status: 'succeeded', summary: rest });
  }

  /**
   * What an earlier run has said is true no more; where there was none, nothing is written. Never throws.
   * @param failure before the run could begin
   */
  async replaceOlder(failure: unknown): Promise<void> {
    const isOurs = failure instanceof RepartitionError && ['metadata', 'not-found'].includes(failure.code);
    const older = isOurs && (await this.storage.stat(STATUS_FILE).catch(() => undefined));
    if (older) await this.failed(failure);
  }

  /** Never throws: the failure itself is what the caller has to tell. */
  async failed(failure: unknown): Promise<void> {
    const error: Status['error'] =
      failure instanceof RepartitionError
        ? failure.toReport()
        : { code: 'internal', message: messageOf(failure) };
    await this.end({ status: 'failed', error });
  }

  /** Ends without a word about how: another call goes on with the same run. */
  async pause(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    await this.presence.leave().catch(() => undefined);
  }

  private async end(outcome: Pick<Status, 'status' | 'summary' | 'error'>): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    await this.seeOthers({}).catch(() => undefined);
    try {
      const { status, ...rest } = outcome;
      await this.put({ status, ...this.now(), finishedAt: new Date().toISOString(), ...rest });
    } catch (problem) {
      this.log?.warn(`could not write ${this.storage.describe(STATUS_FILE)}: ${messageOf(problem)}`);
    }
    await this.presence.leave().catch(() => undefined);
  }

  /** One that fails is no reason to end a run; the next may not. */
  private beat(): void {
    this.writing = this.writing
      .then(async () => {
        await this.presence.show();
        await this.seeOthers({});
        await this.put({ status: 'running', ...this.now() });
      })
      .catch((problem: unknown) => this.log?.debug(`a heartbeat was lost: ${messageOf(problem)}`));
  }

  /** Says of each other run once that it is there. */
  private async seeOthers(options: CallOptions): Promise<void> {
    for (const run of await this.presence.others(options)) {
      if (run.kind === 'clean') continue;
      const key = JSON.stringify(run);
      if (this.others.has(key)) continue;
      this.others.set(key, run);
      this.log?.warn(
        `another run is at work on this prefix (${run.host}, process ${run.pid}, since ${run.startedAt}); they do each other no harm`,
      );
    }
  }

  private now(): Omit<Status, 'status'> {
    return {
      ...this.base,
      heartbeatAt: new Date().toISOString(),
      ...(this.progress && { progress: this.progress }),
      ...(this.self !== undefined && { run: this.self }),
      ...(this.others.size > 0 && { otherRuns: [...this.others.values()] }),
    };
  }

  private async put(status: Status, options: CallOptions = {}): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(status, null, 4)}\n`);
    await this.storage.compose(STATUS_FILE, [{ kind: 'bytes', bytes }], options);
  }
}
