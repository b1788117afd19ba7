/** The cluster of a run: the caller's, or one that is started when it is first needed and ended with the run. */
import type { Storage } from '../storage/storage.js';
import type { ExecuteOptions } from './api.js';
import type { Cluster } from './cluster.js';
import type { Executor } from './execute/executor.js';
import type { Plan } from './model.js';
import { ownedTasks } from './owned-tasks.js';
import type { PartReader } from './prepare/read-part.js';
import type { WorkerSetup } from './work/lines.js';

type RunOptions = Pick<ExecuteOptions, 'spark' | 'cluster' | 'memory' | 'signal' | 'log'>;

export class RunCluster {
  private started: Promise<Cluster> | undefined;

  private constructor(
    private readonly storage: Storage,
    private readonly options: RunOptions,
  ) {}

  /** @returns undefined for a run in this process */
  static of(storage: Storage, options: RunOptions): RunCluster | undefined {
    if (!options.spark && !options.cluster) return undefined;
    return new RunCluster(storage, options);
  }

  /** @throws RepartitionError when the cluster can't be started */
  async reader(): Promise<PartReader> {
    const { readsOn } = await import('./work/remote-reads.js');
    return readsOn(await this.open(), this.storage, await this.setup(), this.options.signal);
  }

  /** @param left of the plan's tasks @throws RepartitionError when the cluster can't be started */
  async executor(plan: Plan, left: number): Promise<Executor> {
    const [cluster, setup, { costOf, onCluster }] = await Promise.all([
      this.open(),
      this.setup(),
      import('./execute/on-cluster.js'),
    ]);
    let cost = 0;
    for (const { task } of ownedTasks(plan)) cost += costOf(task);
    const isOurs = this.options.cluster === undefined;
    return onCluster(cluster, {
      setup,
      profile: this.storage.profile,
      tasks: left,
      // About: which of them are left is not known here.
      cost: cost * (left / plan.tasks),
      ...(isOurs && { stop: () => cluster.close() }),
    });
  }

  /** Ends what was started for the run; what the caller has started stays. Never fails. */
  async close(): Promise<void> {
    if (this.options.cluster) return;
    const cluster = await this.started?.catch(() => undefined);
    await cluster?.close().catch(() => undefined);
  }

  private open(): Promise<Cluster> {
    return (this.started ??= this.start());
  }

  private async start(): Promise<Cluster> {
    const { spark = {}, cluster, signal, log } = this.options;
    if (cluster) return cluster;
    const { startSpark } = await import('./spark.js');
    return startSpark(spark, { signal, log });
  }

  private async setup(): Promise<WorkerSetup> {
    const { workerVersion } = await import('./work/lines.js');
    const { memory } = this.options;
    const { location } = this.storage;
    return { version: workerVersion(), location, ...(memory !== undefined && { memory }) };
  }
}
