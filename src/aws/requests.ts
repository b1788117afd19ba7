/** Requests that change something, as data: what a dry run prints is exactly what a real run sends. */
import type { CreateRepositoryCommandInput, SetRepositoryPolicyCommandInput } from '@aws-sdk/client-ecr';
import type { CreateApplicationCommandInput, StartJobRunCommandInput } from '@aws-sdk/client-emr-serverless';
import type { CreateRoleCommandInput, PutRolePolicyCommandInput } from '@aws-sdk/client-iam';
import type { CreateProcessingJobCommandInput } from '@aws-sdk/client-sagemaker';

/** What a service is asked for, named by the service and its operation. */
export type Request =
  | { service: 'iam'; operation: 'CreateRole'; input: CreateRoleCommandInput }
  | { service: 'iam'; operation: 'PutRolePolicy'; input: PutRolePolicyCommandInput }
  | { service: 'emr-serverless'; operation: 'CreateApplication'; input: CreateApplicationCommandInput }
  | { service: 'ecr'; operation: 'CreateRepository'; input: CreateRepositoryCommandInput }
  | { service: 'ecr'; operation: 'SetRepositoryPolicy'; input: SetRepositoryPolicyCommandInput }
  /** `source` is the local file whose bytes are sent. */
  | { service: 's3'; operation: 'PutObject'; input: { Bucket: string; Key: string }; source: string }
  /** And then as many UploadPart, and CompleteMultipartUpload. */
  | {
      service: 's3';
      operation: 'CreateMultipartUpload';
      input: { Bucket: string; Key: string };
      source: string;
      parts: number;
    }
  | { service: 'emr-serverless'; operation: 'StartJobRun'; input: StartJobRunCommandInput }
  | { service: 'sagemaker'; operation: 'CreateProcessingJob'; input: CreateProcessingJobCommandInput }
  /** A program that runs here. */
  | { service: 'this machine'; operation: 'Run'; input: { command: readonly [string, ...string[]] } };

/** One step of a plan: a line that says what it does and why, and the request that does it. */
export interface Step {
  title: string;
  request: Request;
}
