/** Who makes a run's parts: this thread, other threads, or a cluster. */
import { Memory } from '../memory.js';
import type { Storage, StorageProfile } from '../storage/storage.js';
import type { Tally } from '../storage/tally.js';
import type { ExecuteOptions } from './api.js';
import type { Executor } from './execute/executor.js';
import type { Threads } from './execute/threads.js';
import { bytesOf } from './execute/turns.js';
import type { Plan } from './model.js';
import { ownedTasks } from './owned-tasks.js';
import type { PartReader } from './prepare/read-part.js';
import type { RunCluster } from './run-cluster.js';

/**
 * Threads that are started early, when there will probably be work, or late, when there is. That they end well is no concern
 * of a run that is over: closing never fails.
 */
export class LateExecutor {
  private started: Promise<Executor> | undefined;
  /** The same, where it is threads of this process. */
  private threads: Promise<Threads> | undefined;
  private closed: Promise<void> | undefined;

  constructor(
    private readonly storage: Storage,
    private readonly options: Pick<ExecuteOptions, 'concurrency' | 'memory' | 'signal' | 'log'> & {
      tally: Tally;
    },
    private readonly cluster: RunCluster | undefined,
  ) {}

  /** @param parts that are looked at before anything is made, and as many as can be made */
  startAhead(parts: number): void {
    const { soonDone } = this.storage.profile;
    if (this.cluster) return;
    if (!soonDone || parts > soonDone.looks) this.startThreads(parts).catch(() => undefined);
  }

  /** Who reads so many footers, if not this thread: threads, where starting some pays. */
  async readerFor(parts: number): Promise<PartReader | undefined> {
    if (this.cluster) return this.cluster.reader();
    const { mostThreads, readsInThreads: many } = this.storage.profile;
    if (many === undefined || parts < many || mostThreads === 0) return undefined;
    this.startThreads(parts).catch(() => undefined);
    const threads = await this.threads;
    const { signal, memory } = this.options;
    const { readsInThreads } = await import('./execute/thread-reads.js');
    const reading = { signal, ...(memory !== undefined && { memory: Memory.within(memory) }) };
    return threads && readsInThreads(threads, this.storage, reading);
  }

  /** Before it is known what of the plan is left to do. */
  startFor(plan: Plan): void {
    if (plan.tasks > 0 && !this.cluster && !this.isOurs(plan)) {
      this.startThreads(plan.tasks).catch(() => undefined);
    }
  }

  start(plan: Plan, mostTasks: number): Promise<Executor> {
    if (this.cluster) return (this.started ??= this.cluster.executor(plan, mostTasks));
    return this.isOurs(plan) ? (this.started ??= this.here()) : this.startThreads(mostTasks);
  }

  /** Whether this thread does it itself; who asks for threads gets them. */
  private isOurs(plan: Plan): boolean {
    return this.options.concurrency === undefined && isSoonDone(plan, this.storage.profile);
  }

  private startThreads(mostTasks: number): Promise<Executor> {
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
    if (profile.mostThreads === 0) return this.here();
    // Loaded when there is something to do.
    const { concurrency: threads, memory } = this.options;
    this.threads = import('./execute/threads.js').then(({ inThreads }) =>
      inThreads({ location, profile, threads, memory, mostTasks, ...this.told }),
    );
    return this.threads;
  }

  private async here(): Promise<Executor> {
    const { inThisThread } = await import('./execute/inline.js');
    return inThisThread(this.storage, { memory: this.options.memory, ...this.told });
  }

  private get told(): { tally: Tally; withDetails: boolean } {
    const { tally, log } = this.options;
    return { tally, withDetails: log?.isDebug === true };
  }
}

/** Whether a plan is carried out in the time that threads would take to start. */
function isSoonDone(plan: Plan, { soonDone }: StorageProfile): boolean {
  if (!soonDone || plan.tasks > soonDone.tasks) return false;
  let bytes = 0;
  for (const { task } of ownedTasks(plan)) bytes += bytesOf(task);
  return bytes <= soonDone.bytes;
}
