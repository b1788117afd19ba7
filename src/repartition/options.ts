/** A run's options with their defaults, checked; the command line and programs meet the same rules here. */
import { availableParallelism } from 'node:os';
import { RepartitionError } from '../errors.js';
import type { LayoutChoice } from './layout.js';
import type { RepartitionOptions, TargetLayout } from './model.js';
import { STATUS_FILE } from './status.js';

export const DEFAULT_METADATA = 'metadata.json';
export const DEFAULT_UPDATED_METADATA = 'updated_row_counts_metadata.json';
/** Each thread takes some 30 MB, and a few of them already fill one disk or one network card. */
const MOST_DEFAULT_THREADS = 4;

export interface RunSettings {
  metadataFile: string;
  updatedFile: string;
  choice: LayoutChoice;
  recount: boolean;
  threads: number;
}

/** @throws RepartitionError `usage` naming the option */
export function runSettings(options: RepartitionOptions): RunSettings {
  const metadataFile = fileName(
    'input-metadata-file-name',
    options.inputMetadataFileName ?? DEFAULT_METADATA,
  );
  const updatedFile = fileName(
    'updated-metadata-file-name',
    options.updatedMetadataFileName ?? DEFAULT_UPDATED_METADATA,
  );
  if (metadataFile === updatedFile) {
    throw usage(
      `the updated metadata would overwrite its input, ${metadataFile}`,
      'Give the two different names.',
    );
  }
  return {
    metadataFile,
    updatedFile,
    choice: layoutChoice(options),
    recount: options.recount ?? false,
    threads: threads(options.concurrency),
  };
}

/** @throws RepartitionError `usage` unless `concurrency` is a positive integer or left out */
export function threads(concurrency: number | undefined): number {
  return positive('concurrency', concurrency) ?? Math.min(availableParallelism(), MOST_DEFAULT_THREADS);
}

/** A name inside the prefix: what a person types is checked like what metadata say. */
export function fileName(option: string, name: string): string {
  const isInside =
    !/^[/\\]|\\|^[A-Za-z]+:\/\//.test(name) &&
    !name.split('/').some((part) => part === '' || part === '..' || part === '.');
  if (name === '' || !isInside) {
    throw usage(
      `--${option} must name a file inside the prefix, not "${name}"`,
      'Give a name relative to the prefix.',
    );
  }
  if (name === STATUS_FILE)
    throw usage(`--${option} cannot be ${STATUS_FILE}, which holds the run's status`, 'Give another name.');
  return name;
}

function layoutChoice({ targetLayout, numOutputFiles }: RepartitionOptions): LayoutChoice {
  const count = positive('num-output-files', numOutputFiles);
  if (count !== undefined && targetLayout !== undefined) {
    throw usage('--num-output-files and --target-layout exclude each other', 'Give one of them.');
  }
  if (count !== undefined) return { numOutputFiles: count };
  const target: TargetLayout = targetLayout ?? 'fewest-bytes';
  return { target };
}

/** @throws RepartitionError `usage` unless the value is a whole number above 0, or left out */
export function positive(option: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return value;
  throw usage(`--${option} must be a whole number above 0, not ${value}`, 'Leave it out for the default.');
}

function usage(message: string, hint: string): RepartitionError {
  return new RepartitionError('usage', message, { hint });
}

/** The command that does the same run again, for people who find a failed or half-done one. */
export function resumeCommand(options: RepartitionOptions): string {
  const words = ['gs-repartition', '--input-prefix', quoted(options.inputPrefix)];
  const add = (option: string, value: string | number | undefined, usual?: string): void => {
    if (value !== undefined && value !== usual) words.push(`--${option}`, quoted(String(value)));
  };
  add('input-metadata-file-name', options.inputMetadataFileName, DEFAULT_METADATA);
  add('updated-metadata-file-name', options.updatedMetadataFileName, DEFAULT_UPDATED_METADATA);
  add('target-layout', options.targetLayout, 'fewest-bytes');
  add('num-output-files', options.numOutputFiles);
  if (options.recount) words.push('--recount');
  return words.join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
