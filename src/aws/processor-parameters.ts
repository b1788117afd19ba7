/** Parameters of SageMaker's Python `Processor`, which launchers hand on to it, and what a request says of them. Pure. */
import type { CreateProcessingJobCommandInput } from '@aws-sdk/client-sagemaker';
import { RepartitionError } from '../errors.js';
import { type Literal, parseParameters } from './python-literal.js';

/** What `Processor` takes that a processing job can be asked for here. */
export interface ProcessorParameters {
  /** GB. */
  volumeSize?: number;
  volumeKmsKey?: string;
  maxRuntimeSeconds?: number;
  env?: Record<string, string>;
  tags?: { Key: string; Value: string }[];
  subnets?: string[];
  securityGroupIds?: string[];
}

// https://sagemaker.readthedocs.io/en/stable/api/training/processing.html
const READERS: Readonly<Record<string, (value: Literal) => ProcessorParameters>> = {
  volume_size_in_gb: (value) => ({ volumeSize: wholeNumber(value) }),
  max_runtime_in_seconds: (value) => ({ maxRuntimeSeconds: wholeNumber(value) }),
  volume_kms_key: (value) => ({ volumeKmsKey: string(value) }),
  env: (value) => ({ env: strings(value) }),
  tags: (value) => ({
    tags: list(value).map((tag) => {
      const { Key, Value } = strings(tag);
      return Key !== undefined && Value !== undefined ? { Key, Value } : bad();
    }),
  }),
  subnets: (value) => ({ subnets: list(value).map(string) }),
  security_group_ids: (value) => ({ securityGroupIds: list(value).map(string) }),
};

/**
 * Reads what launchers hand on to SageMaker's Python `Processor`: `key=<Python literal>`, separated by spaces.
 * @param option what it is called where it is given
 * @throws RepartitionError `usage`
 */
export function readParameters(option: string, text: string): ProcessorParameters {
  const read = Object.entries(parseParameters(text, option)).map(([name, value]) => {
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (reader === undefined) {
      throw new RepartitionError('usage', `\`${option}\` knows no ${name}`, {
        hint: `It knows ${Object.keys(READERS).join(', ')}.`,
      });
    }
    try {
      return reader(value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new RepartitionError('usage', `\`${option}\`: a bad value for ${name}: ${JSON.stringify(value)}`);
    }
  });
  const parameters = Object.assign({}, ...read) as ProcessorParameters;
  if ((parameters.subnets === undefined) !== (parameters.securityGroupIds === undefined)) {
    throw new RepartitionError('usage', `\`${option}\`: a network needs subnets and security_group_ids`);
  }
  return parameters;
}

/** The parts of `CreateProcessingJob` that parameters say. */
export function partsOfRequest(parameters: ProcessorParameters): {
  cluster: { VolumeKmsKeyId?: string };
  request: Pick<
    CreateProcessingJobCommandInput,
    'StoppingCondition' | 'Environment' | 'Tags' | 'NetworkConfig'
  >;
} {
  const { subnets, securityGroupIds, maxRuntimeSeconds, env, tags, volumeKmsKey } = parameters;
  return {
    cluster: volumeKmsKey === undefined ? {} : { VolumeKmsKeyId: volumeKmsKey },
    request: {
      ...(maxRuntimeSeconds === undefined
        ? {}
        : { StoppingCondition: { MaxRuntimeInSeconds: maxRuntimeSeconds } }),
      ...(env === undefined ? {} : { Environment: env }),
      ...(tags === undefined ? {} : { Tags: tags }),
      ...(subnets === undefined || securityGroupIds === undefined
        ? {}
        : { NetworkConfig: { VpcConfig: { Subnets: subnets, SecurityGroupIds: securityGroupIds } } }),
    },
  };
}

function bad(): never {
  throw new TypeError();
}

function wholeNumber(value: Literal): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : bad();
}

function string(value: Literal): string {
  return typeof value === 'string' ? value : bad();
}

function list(value: Literal): Literal[] {
  return Array.isArray(value) ? value : bad();
}

function strings(value: Literal): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad();
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, string(item)]));
}
