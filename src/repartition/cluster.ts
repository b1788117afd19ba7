/** Many machines, as the alignment needs them: batches of tasks go out, answers come back, in any order. */
import type { ErrorMessage } from '../errors.js';
import type { Answer, Request, WorkerSetup } from './work/lines.js';

/** What a cluster did with a batch: an answer to each task in no particular order, or none, however often it tried. */
export type BatchOutcome = {
  /** Who did it, or tried last, as the cluster calls it: `3 on host`. */
  executor: string;
} & ({ answers: Answer[] } | { error: ErrorMessage });

/** An engine that runs tasks on other machines. It may run one twice, and try again what is lost with a machine. */
export interface Cluster {
  /** Tasks that it does at the same time, as far as it knows. */
  readonly cores: number;
  /**
   * Has neighbouring tasks done by one worker.
   * @throws RepartitionError `limit` when the cluster is gone
   */
  run(setup: WorkerSetup, batch: readonly Request[]): Promise<BatchOutcome>;
  /** Stops whatever is under way and leaves the cluster. What is still awaited fails. */
  close(): Promise<void>;
}
