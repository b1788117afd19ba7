/** What the command line needs of the process around it. Tests bring their own. */
import type {
  CleanOptions,
  CleanReport,
  Inspection,
  InspectOptions,
  ListOptions,
  OutputListing,
  PlanDocument,
  PrepareOptions,
  RepartitionOptions,
  StatusOptions,
  StatusReport,
  Summary,
  VerifyOptions,
  VerifyReport,
} from '../repartition/index.js';
import type { WorkerStreams } from '../repartition/work/serve.js';

export type Reports = typeof import('../repartition/report/report.js');

/** The calls behind the commands. */
export interface Engine {
  repartition(options: RepartitionOptions): Promise<Summary>;
  /** What `repartition` would do. */
  plan(options: PrepareOptions): Promise<PlanDocument>;
  verifyPrefix(options: VerifyOptions): Promise<VerifyReport>;
  clean(options: CleanOptions): Promise<CleanReport>;
  readStatus(options: StatusOptions): Promise<StatusReport>;
  serveTasks(setup: string, streams: WorkerStreams): Promise<void>;
  inspect(options: InspectOptions): Promise<Inspection>;
  /** What makes reports; loaded when somebody wants one. */
  reports(): Promise<Reports>;
  listOutput(options: ListOptions): Promise<OutputListing>;
}

/** A stream that may be a terminal. */
export type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

export interface World {
  stdout: Output;
  stderr: Output;
  /** Where answers to questions come from; without it, or when it is no terminal, nothing is asked. */
  stdin?: NodeJS.ReadableStream & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
  /** Emits SIGINT, SIGTERM and SIGHUP; usually `process`. */
  signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  /** Ends the process at once; usually `process.exit`. */
  exit(code: number): void;
  engine: Engine;
}

/** The streams' codes of a process's end, as `--help` documents them. */
export const EXIT = {
  success: 0,
  failure: 1,
  usage: 2,
  notAligned: 3,
  jobFailed: 4,
  running: 6,
  notLooked: 5,
  interrupted: 130,
} as const;
