/** The keys of a walk's file: the options of the commands that its steps are, section by section. */
import { resolve } from 'node:path';
import type { WalkSettings } from '../aws/index.js';
import { awsOptions } from './aws-options.js';
import { setupOptions, setupOptionsFrom, submitOptions, submitOptionsFrom } from './emr-serverless.js';
import { sagemakerOptions, waitOptions, type WaitValues } from './emr-serverless-wait.js';
import { count, flag, many, type Option, type OptionSet, size, text, type Values } from './options.js';
import { partitionOptions, partitionOptionsFrom } from './partition.js';
import { layoutOptions } from './run-options.js';
import { uploadOptions } from './upload.js';

/** What several steps share. */
export const topOptions = {
  'input-prefix': submitOptions['input-prefix'],
  'output-prefix': submitOptions['output-prefix'],
  'config-filename': submitOptions['config-filename'],
};

const optional = <T>(option: Option<T>): Option<T | undefined> => ({ ...option, required: false });

function without<T extends object, K extends keyof T & string>(options: T, ...names: K[]): Omit<T, K> {
  const rest = Object.entries(options).filter(([name]) => !names.some((one) => one === name));
  return Object.fromEntries(rest) as Omit<T, K>;
}

const setupKeys = { ...setupOptions, bucket: optional(setupOptions.bucket) };

const submitKeys = {
  ...without(submitOptions, 'input-prefix', 'output-prefix', 'config-filename', 'client-token'),
  'execution-role': optional(submitOptions['execution-role']),
  'extra-arguments': many(text('Given to the entry point as they are')),
};

const alignKeys = {
  ...without(waitOptions, 'on-interrupt'),
  'target-layout': layoutOptions['target-layout'],
  'num-output-files': layoutOptions['num-output-files'],
  recount: layoutOptions.recount,
  memory: layoutOptions.memory,
  concurrency: layoutOptions.concurrency,
};

const verifyKeys = {
  deep: flag('Read every value'),
  'world-size': count('So many ranks will read the graph'),
  threads: count('Threads that read values'),
  memory: size('Memory that the process may take with `deep`'),
};

const partitionKeys = without(partitionOptions, 'input-prefix', 'metadata-filename', 'instance-count');

export const sections = {
  aws: awsOptions,
  upload: { from: uploadOptions.from },
  setup: setupKeys,
  submit: submitKeys,
  align: alignKeys,
  verify: verifyKeys,
  partition: partitionKeys,
} satisfies Record<string, OptionSet>;

/** A section that is left out of the file is there without keys; of others, the step is left out. */
export const alwaysThere: readonly string[] = ['aws', 'submit', 'align', 'verify'];

/** Options whose values may be written as a list. */
export const listed: readonly string[] = ['subnet-ids', 'security-group-ids'];

/** What a file says, once each value has been looked at. */
export interface WalkValues {
  top: Values<typeof topOptions>;
  aws: Values<typeof awsOptions>;
  upload?: Values<typeof sections.upload>;
  setup?: Values<typeof setupKeys>;
  submit: Values<typeof submitKeys>;
  align: Values<typeof alignKeys>;
  verify: Values<typeof verifyKeys>;
  partition?: Values<typeof partitionKeys>;
}

/** @param folder of the file: paths in it are relative to that */
export function walkSettings(
  { top, upload, setup, submit, align, partition }: WalkValues,
  folder: string,
): WalkSettings {
  const { 'execution-role': executionRole, 'extra-arguments': extra, ...job } = submit;
  const { inputPrefix, outputPrefix, configFilename, ...settings } = submitOptionsFrom(
    { ...job, ...top, 'client-token': undefined, 'execution-role': executionRole ?? '' },
    extra ?? [],
  );
  return {
    inputPrefix,
    outputPrefix,
    configFilename,
    ...(upload === undefined ? {} : { upload: { from: resolve(folder, upload.from) } }),
    ...(setup === undefined
      ? {}
      : { setup: { ...setupOptionsFrom({ ...setup, bucket: setup.bucket ?? '' }), bucket: setup.bucket } }),
    submit: {
      ...without(settings, 'clientToken'),
      executionRole,
      entryPoint: inFolder(folder, job['entry-point']),
    },
    align: {
      fallback: align.fallback,
      sagemaker: sagemakerOptions({ ...align, 'on-interrupt': undefined, json: false } satisfies WaitValues),
    },
    ...(partition === undefined ? {} : { partition: partitionSettings(partition, top, folder) }),
  };
}

function partitionSettings(
  partition: NonNullable<WalkValues['partition']>,
  top: WalkValues['top'],
  folder: string,
): NonNullable<WalkSettings['partition']> {
  const known = {
    'input-prefix': top['output-prefix'],
    'metadata-filename': '',
    'instance-count': undefined,
  };
  const options = partitionOptionsFrom({ ...partition, ...known });
  return {
    ...without(options, 'inputPrefix', 'metadataFilename'),
    entryPoint: inFolder(folder, partition['entry-point']),
  };
}

function inFolder(folder: string, path: string): string {
  return /^s3[an]?:/i.test(path) ? path : resolve(folder, path);
}
