/** Options with their defaults, checked; the command line and programs meet the same rules here. */
import { resolve } from 'node:path';
import { RepartitionError } from '../errors.js';
import type { CallOptions } from '../storage/storage.js';
import type {
  CleanOptions,
  CommitOptions,
  ExecuteOptions,
  InspectOptions,
  ListOptions,
  PrepareOptions,
  RepartitionOptions,
  SparkOptions,
  StatusOptions,
  VerifyOptions,
} from './api.js';
import { STATUS_FILE } from './commit/status.js';
import type { LayoutChoice, RunSettings, TargetLayout } from './model.js';
import { quoted } from '../quoted.js';
import { withoutSecrets } from './secrets.js';

export const DEFAULT_METADATA = 'metadata.json';
export const DEFAULT_UPDATED_METADATA = 'updated_row_counts_metadata.json';

const TARGET_LAYOUTS: readonly TargetLayout[] = ['fewest-bytes', 'most-frequent'];

/** What a value must be, as the end of a sentence that the option's name begins; undefined when it is. */
type Check = (value: unknown) => string | undefined;

const isA =
  (type: string, complaint: string): Check =>
  (value) =>
    typeof value === type ? undefined : complaint;
const text = isA('string', 'must be a text');
const yesOrNo = isA('boolean', 'must be true or false');
const callback = isA('function', 'must be a function');
const group = isA('object', 'must be an object');
const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? undefined : 'must be a whole number above 0';
const signal: Check = (value) => (value instanceof AbortSignal ? undefined : 'must be an AbortSignal');
const layout: Check = (value) =>
  TARGET_LAYOUTS.some((known) => known === value) ? undefined : `must be one of ${TARGET_LAYOUTS.join(', ')}`;

type Checks<T> = Required<Record<keyof T, Check>>;

const EXECUTE: Checks<ExecuteOptions> = {
  remake: yesOrNo,
  concurrency: count,
  memory: count,
  signal,
  onProgress: callback,
  onResult: callback,
  log: group,
  spark: group,
  cluster: group,
};

const PREPARE: Checks<PrepareOptions> = {
  inputPrefix: text,
  s3: group,
  signal,
  onProgress: callback,
  inputMetadataFileName: text,
  updatedMetadataFileName: text,
  targetLayout: layout,
  numOutputFiles: count,
  memory: count,
  recount: yesOrNo,
  onPlan: callback,
  log: group,
  spark: group,
  cluster: group,
};

const COMMIT: Checks<CommitOptions> = { signal, onProgress: callback, log: group };

const VERIFY: Checks<VerifyOptions> = {
  inputPrefix: text,
  s3: group,
  signal,
  onProgress: callback,
  metadataFileName: text,
  inputMetadataFileName: text,
  deep: yesOrNo,
  worldSize: count,
  concurrency: count,
  threads: count,
  memory: count,
};

const INSPECT: Checks<InspectOptions> = {
  path: text,
  s3: group,
  signal,
  onProgress: callback,
  metadataFileName: text,
  pages: yesOrNo,
  rows: count,
};

const LIST: Checks<ListOptions> = {
  inputPrefix: text,
  s3: group,
  signal,
  onProgress: callback,
  metadataFileName: text,
  concurrency: count,
};

const STATUS: Checks<StatusOptions> = { inputPrefix: text, s3: group, signal };

/**
 * Programs in JavaScript get by without the compiler, and configuration files always do.
 * @throws RepartitionError `usage` naming the option that is missing, unknown or of the wrong kind
 */
export function requireOptions(options: RepartitionOptions): void {
  requireKnown(options, { ...PREPARE, ...EXECUTE });
}

/** @throws RepartitionError `usage` as {@link requireOptions} */
export function requirePrepareOptions(options: PrepareOptions): void {
  requireKnown(options, PREPARE);
}

/** @throws RepartitionError `usage` as {@link requireOptions} */
export function requireCommitOptions(options: CommitOptions): void {
  requireKnown(options, COMMIT);
}

/** @throws RepartitionError `usage` as {@link requireOptions} */
export function requireCallOptions(options: CallOptions): void {
  requireKnown(options, { signal });
}

/** @throws RepartitionError `usage` as {@link requireOptions} */
export function requireVerifyOptions(options: VerifyOptions): void {
  requireKnown(options, VERIFY);
}

/** @throws RepartitionError `usage` as {@link requireOptions} */
export function requireInspectOptions(options: InspectOptions): void {
  requireKnown(options, INSPECT);
  if (!options.path) throw usage('`path` is required', 'Give a Parquet file, a folder of them, or a prefix.');
}

/** @throws RepartitionError `usage` as {@link requireOptions} */
export function requireListOptions(options: ListOptions): void {
  requireKnown(options, LIST);
}

/** @throws RepartitionError `usage` as {@link requireOptions} */
export function requireCleanOptions(options: CleanOptions): void {
  requireKnown(options, { ...STATUS, remove: yesOrNo } satisfies Checks<CleanOptions>);
}

/** @throws RepartitionError `usage` as {@link requireOptions} */
export function requireStatusOptions(options: StatusOptions): void {
  requireKnown(options, STATUS);
}

/** @throws RepartitionError `usage` as {@link requireOptions} */
export function requireExecuteOptions(options: ExecuteOptions & { executor?: unknown }): void {
  requireKnown(options, { ...EXECUTE, executor: group });
}

function requireKnown(options: object, checks: Readonly<Record<string, Check>>): void {
  if (typeof options !== 'object' || (options as object | null) === null) {
    throw usage('the options must be an object', `There are ${Object.keys(checks).join(', ')}.`);
  }
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!Object.hasOwn(checks, name)) {
      throw usage(`there is no option ${name}`, `There are ${Object.keys(checks).join(', ')}.`);
    }
    const complaint = value === undefined ? undefined : checks[name]!(value);
    if (complaint !== undefined) throw usage(`\`${name}\` ${complaint}, not ${shown(value)}`);
  }
  const needsPrefix = Object.hasOwn(checks, 'inputPrefix');
  if (needsPrefix && !(options as { inputPrefix?: string }).inputPrefix) {
    throw usage('`inputPrefix` is required', 'Give the folder or the s3:// URL that gs-processing wrote to.');
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : typeof value;
}

/** @throws RepartitionError `usage` naming the option */
export function runSettings(options: PrepareOptions): RunSettings {
  const metadataFile = fileName('inputMetadataFileName', options.inputMetadataFileName ?? DEFAULT_METADATA);
  const updatedFile = fileName(
    'updatedMetadataFileName',
    options.updatedMetadataFileName ?? DEFAULT_UPDATED_METADATA,
  );
  if (metadataFile === updatedFile) {
    throw usage(
      `the updated metadata would overwrite its input, ${metadataFile}`,
      'Give the two different names.',
    );
  }
  return { metadataFile, updatedFile, choice: layoutChoice(options), recount: options.recount ?? false };
}

/** A name inside the prefix: what a person types is checked like what metadata say. */
export function fileName(option: string, typed: string): string {
  // A shell's completion begins so.
  const name = typed.replace(/^(?:\.\/+)+/, '');
  const isInside =
    !/^[/\\]|\\|^[A-Za-z]+:\/\//.test(name) &&
    !name.split('/').some((part) => part === '' || part === '..' || part === '.');
  if (name === '' || !isInside) {
    throw usage(
      `\`${option}\` must name a file inside the prefix, not "${typed}"`,
      'Give a name relative to the prefix.',
    );
  }
  if (name === STATUS_FILE)
    throw usage(`\`${option}\` cannot be ${STATUS_FILE}, which holds the run's status`, 'Give another name.');
  return name;
}

function layoutChoice({ targetLayout, numOutputFiles }: PrepareOptions): LayoutChoice {
  if (numOutputFiles !== undefined && targetLayout !== undefined) {
    throw usage('`numOutputFiles` and `targetLayout` exclude each other', 'Give one of them.');
  }
  if (numOutputFiles !== undefined) return { numOutputFiles };
  return { target: targetLayout ?? 'fewest-bytes' };
}

function usage(message: string, hint?: string): RepartitionError {
  return new RepartitionError('usage', message, { hint });
}

/** The command that does the same run again from any folder, for people who find a failed or half-done one. */
export function resumeCommand(options: PrepareOptions): string {
  const words = ['gs-repartition', '--input-prefix', quoted(absolute(options.inputPrefix))];
  const add = (option: string, value: string | number | undefined, usual?: string): void => {
    if (value !== undefined && value !== usual) words.push(`--${option}`, quoted(String(value)));
  };
  add('input-metadata-file-name', options.inputMetadataFileName, DEFAULT_METADATA);
  add('updated-metadata-file-name', options.updatedMetadataFileName, DEFAULT_UPDATED_METADATA);
  add('target-layout', options.targetLayout, 'fewest-bytes');
  add('num-output-files', options.numOutputFiles);
  if (options.memory !== undefined) add('memory', `${Math.ceil(options.memory / 2 ** 20)}MB`);
  if (options.recount) words.push('--recount');
  words.push(...sparkWords(options.spark));
  for (const [key, value] of Object.entries(options.s3 ?? {}) as [string, string | number | boolean][]) {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (key === 'requesterPays') {
      if (value) words.push(`--${name}`);
    } else add(name, typeof value === 'boolean' ? (value ? 'True' : 'False') : value);
  }
  return words.join(' ');
}

/** Nobody can come back to the session of a driver that started this process. */
function sparkWords(spark: SparkOptions | undefined): string[] {
  if (spark === undefined || sparkSession(spark) !== undefined) return [];
  const { master, conf = [], submit } = spark;
  const given = { master: master ?? [], conf: withoutSecrets(conf), submit: submit ?? [] };
  const words = Object.entries(given).flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [`--spark-${name}`, quoted(value)]),
  );
  return ['--engine', 'spark', ...words];
}

/** The file descriptor of the driver that started this process, where there is one: `fd:5` in place of a program. */
export function sparkSession({ submit = '' }: SparkOptions): number | undefined {
  const [, fd] = /^fd:(\d+)$/.exec(submit) ?? [];
  return fd === undefined ? undefined : Number(fd);
}

function absolute(prefix: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(prefix) ? prefix : resolve(prefix);
}
