/** What a walk is given and gives back, and what its steps know of each other. */
import type { JobRun } from '@aws-sdk/client-emr-serverless';
import type { Fallback } from '../finish.js';
import type { JobUpdate } from '../follow.js';
import type { UploadProgress } from '../inputs/upload.js';
import type { Engine } from '../output-check.js';
import type { Log, Patience } from '../persist.js';
import type { Request } from '../requests.js';
import type { ProcessingUpdate } from '../sagemaker-follow.js';
import type { AwsSession } from '../session.js';
import type { WalkSettings, WalkStepName } from './settings.js';

/** The alignment and its check, which the caller brings. */
export interface WalkEngine extends Engine {
  /** The last look at the graph: as close as the caller wants it. */
  check: Engine['verify'];
}

/** How `runWalk` goes about it. */
export interface WalkCallOptions {
  engine: WalkEngine;
  /** Look at each step, and change nothing. */
  dryRun?: boolean | undefined;
  /** The last step to do. */
  until?: WalkStepName | undefined;
  /** Told of each step when it is over. */
  onStep?: ((step: WalkStep) => void) | undefined;
  /** Told of each thing that is done, or would be, before it is. */
  onAction?: ((title: string) => void) | undefined;
  onUploadProgress?: ((progress: UploadProgress) => void) | undefined;
  onJobUpdate?: ((update: JobUpdate) => void) | undefined;
  /** For the fallback `emr-serverless`: the Spark configuration for a graph. */
  sparkConf?: ((outputPrefix: string) => Promise<Record<string, string>>) | undefined;
  onSageMakerUpdate?: ((update: ProcessingUpdate) => void) | undefined;
  onFallback?: ((reason: string, fallback: Fallback) => void) | undefined;
  /** Between two looks at a job. Default: as `followJob`. */
  pollMs?: number | undefined;
  signal?: AbortSignal | undefined;
  log?: Log | undefined;
  patience?: Patience | undefined;
}

/** What became of a step. */
export interface WalkStep {
  step: WalkStepName;
  /**
   * `done-before`: a look has shown that there was nothing to do; `done`: now. In a dry run `to-do`, or `under-way` for a
   * job that runs. `left-out`: the settings have no such step.
   */
  state: 'left-out' | 'done-before' | 'done' | 'to-do' | 'under-way' | 'not-aligned';
  /** A sentence without its stop. */
  detail: string;
  /** What it takes; in `<>` what only an earlier step can tell. */
  requests: Request[];
}

/** What became of a walk; `run --json` prints it (`schemas/run.v1.json`). */
export interface WalkReport {
  document: 'gs-repartition/run';
  version: 1;
  /** `not-aligned`: nobody was to align the graph (`fallback` none), so that the walk ends there. */
  status: 'planned' | 'succeeded' | 'not-aligned';
  inputPrefix: string;
  outputPrefix: string;
  steps: WalkStep[];
}

/** What a step is given, and leaves for those after it. */
export interface Walk {
  session: AwsSession;
  settings: WalkSettings;
  call: WalkCallOptions;
  found: {
    /** In a dry run it may stand in `<>`. */
    applicationId?: string;
    executionRoleArn?: string;
    /** Whether all tables are there, and so the job can be known by them. */
    areInputsThere?: boolean;
    jobRunId?: string;
    isAligned?: boolean;
    job?: JobRun | undefined;
  };
}

/** What a step says of itself. */
export type StepOutcome = Omit<WalkStep, 'step'>;
