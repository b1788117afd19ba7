/** Jobs upstream of the alignment: EMR Serverless set up and run, and the alignment itself on SageMaker. */
export { alignmentConf, type AlignmentJobOptions, type AlignmentWork, submitAlignment } from './alignment.js';
export { listApplications } from './applications.js';
export type { ImageEnvironment, ImageOptions } from './checkout.js';
export { type Fallback, type FinishOptions, finishJob, type Outcome, requireSageMaker } from './finish.js';
export {
  dashboardUrl,
  followJob,
  type FollowOptions,
  getJob,
  hasEnded,
  type JobId,
  jobUpdate,
  type JobUpdate,
} from './follow.js';
export {
  buildImage,
  type BuildOptions,
  type BuiltImage,
  type ImageCallOptions,
  pushImage,
  type PushedImage,
} from './image.js';
export {
  type UploadCallOptions,
  uploadInputs,
  type UploadOptions,
  type UploadProgress,
  type UploadResult,
} from './inputs/upload.js';
export {
  type JobSettings,
  outputPrefixOf,
  type ProcessingArguments,
  type RunSettings as JobRunSettings,
  startJobRunRequest,
} from './job.js';
export { requireSuccess } from './job-end.js';
export { driverErrorLines, driverLogUrl, furtherCommands } from './job-logs.js';
export { cancelJob, listJobs } from './jobs.js';
export { checkAlignment, checkOutput, type Engine as JobEngine, type OutputVerdict } from './output-check.js';
export type { Log as JobLog, Patience, PersistOptions } from './persist.js';
export type { BucketAccess, OperatorAccess, PolicyDocument, Statement } from './policies.js';
export {
  bucketAccessPolicy,
  imageReaderPolicy,
  jobRuntimeTrustPolicy,
  mergeRepositoryPolicy,
  operatorPolicy,
  repositoryPolicy,
} from './policies.js';
export { type Architecture, RELEASES, releaseFor, releaseWarning } from './release.js';
export type { Request as AwsRequest, Step as AwsStep } from './requests.js';
export {
  checkPartitions,
  type PartitionCallOptions,
  type PartitionJob,
  submitPartitionJob,
} from './partition.js';
export { type PartitionFacts, partitionJobRequest, type PartitionOptions } from './partition-plan.js';
export type { ProcessingCallOptions } from './processing.js';
export { sessionNear, type StartedProcessingJob, submitProcessingJob } from './sagemaker.js';
export {
  followProcessingJob,
  type FollowProcessingOptions,
  type ProcessingUpdate,
  stopProcessingJob,
} from './sagemaker-follow.js';
export {
  type ProcessingFacts,
  type ProcessingJobOptions,
  processingJobName,
  processingJobRequest,
  volumeSize,
} from './sagemaker-plan.js';
export { type AwsOptions, AwsSession } from './session.js';
export {
  setup as setupEmrServerless,
  type SetupCallOptions,
  setupPolicies,
  type SetupResult,
} from './setup.js';
export type { SetupOptions } from './setup-options.js';
export { checkWalk, type WalkMistake } from './walk/check.js';
export { WALK_STEPS, type WalkSettings, type WalkStepName } from './walk/settings.js';
export type { WalkCallOptions, WalkEngine, WalkReport, WalkStep } from './walk/model.js';
export { runWalk } from './walk/walk.js';
export {
  type StartedJob,
  submit as submitJob,
  type RunOptions as JobRunOptions,
  type SubmitCallOptions,
  type SubmitOptions,
} from './submit.js';
