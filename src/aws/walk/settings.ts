/** What a walk is told: from tables on a disk to a graph that is ready for training, or as far as the settings go. */
import type { Fallback } from '../finish.js';
import type { PartitionOptions } from '../partition-plan.js';
import type { ProcessingJobOptions } from '../sagemaker-plan.js';
import type { SetupOptions } from '../setup-options.js';
import type { SubmitOptions } from '../submit.js';

/**
 * The steps of a walk, in their order.
 *
 * @example
 * ```ts
 * import { WALK_STEPS } from 'gs-repartition/upstream';
 *
 * console.log(WALK_STEPS.slice(WALK_STEPS.indexOf('submit'))); // from the job on
 * ```
 */
export const WALK_STEPS = ['upload', 'setup', 'submit', 'wait', 'align', 'verify', 'partition'] as const;

/** A step of a walk. */
export type WalkStepName = (typeof WALK_STEPS)[number];

/** All that a walk needs to know. A step whose settings are left out is left out, where it can be. */
export interface WalkSettings {
  /** `s3://bucket/prefix` of the input tables and their configuration. */
  inputPrefix: string;
  /** Where the graph goes. */
  outputPrefix: string;
  /** Under the input prefix. */
  configFilename: string;
  /** Left out: the tables are there. */
  upload?: { from: string } | undefined;
  /** Left out: `submit` says which application and which role. The bucket is the output prefix's unless given. */
  setup?: (Omit<SetupOptions, 'bucket'> & { bucket?: string | undefined }) | undefined;
  /** `jobName` is what the job's name begins with; a hash of all that the job depends on is put after it. */
  submit: Omit<
    SubmitOptions,
    'inputPrefix' | 'outputPrefix' | 'configFilename' | 'executionRole' | 'clientToken'
  > & { executionRole?: string | undefined };
  /** Who aligns a graph that the job did not align. */
  align?:
    | {
        fallback?: Fallback | undefined;
        /** Needed for the fallback `sagemaker`. */
        sagemaker?: Omit<ProcessingJobOptions, 's3InputPrefix'> | undefined;
      }
    | undefined;
  /** Left out: the walk ends with a graph that is ready. */
  partition?: Omit<PartitionOptions, 'inputPrefix' | 'metadataFilename'> | undefined;
}
