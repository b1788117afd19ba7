/** A run's options with their defaults, checked; the command line and programs meet the same rules here. */
import { RepartitionError } from '../errors.js';
import type { LayoutChoice } from './layout.js';
import type { RepartitionOptions, TargetLayout } from './model.js';
import { STATUS_FILE } from './status.js';

export const DEFAULT_METADATA = 'metadata.json';
export const DEFAULT_UPDATED_METADATA = 'updated_row_counts_metadata.json';
export interface RunSettings {
  metadataFile: string;
  updatedFile: string;
  choice: LayoutChoice;
  recount: boolean;
  /** Worker threads; left to the pool when nobody said. */
  threads: number | undefined;
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
    threads: positive('concurrency', options.concurrency),
  };
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
  for (const [key, value] of Object.entries(options.s3 ?? {})) {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (key === 'requesterPays') words.push(`--${name}`);
    else add(name, typeof value === 'boolean' ? (value ? 'True' : 'False') : value);
  }
  return words.join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
