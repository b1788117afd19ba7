/** The options of a run and of `plan`. */
import type { PrepareOptions } from '../repartition/api.js';
import type { Session } from './command.js';
import type { commonOptions } from './common-options.js';
import { alias, choice, count, flag, path, size, text, usage, type Values, withDefault } from './options.js';
import { prefixFrom, prefixOption } from './prefix-options.js';
import { reportOption } from './report-option.js';
import { s3Options } from './s3-options.js';
import { sparkFrom, sparkOptions } from './spark-options.js';

/** What decides what a run does, and how. */
export const layoutOptions = {
  ...prefixOption,
  // The alias is what GraphStorm's own command called it before.
  'input-metadata-file-name': alias(
    'metadata-file-name',
    withDefault(text('The metadata to read'), 'metadata.json'),
  ),
  'updated-metadata-file-name': withDefault(
    text('The metadata to publish'),
    'updated_row_counts_metadata.json',
  ),
  // GraphStorm's own command takes any word, and all but true and 1 for no.
  'streaming-repartitioning': text('Accepted for compatibility, whatever its value; every run streams'),
  'target-layout': choice(
    'Which row counts the data sets of a type are aligned to (fewest-bytes unless given)',
    ['fewest-bytes', 'most-frequent'],
  ),
  'num-output-files': count('Align to this many parts of even size per type instead'),
  recount: flag('Believe the files where the row counts in the metadata differ'),
  memory: size('Memory that the process may take; a page that needs more is refused (256MB unless given)'),
  concurrency: count(
    'Worker threads at most (as many as processors, and as --memory has room for: see the README)',
  ),
  ...sparkOptions,
};

export const planOptions = {
  ...layoutOptions,
  ...reportOption,
  'price-table': path('Prices of S3 requests in a JSON file (those of us-east-1 unless given)', 'file'),
  ...s3Options,
};

export const alignOptions = {
  ...layoutOptions,
  remake: flag('Make every part again, also those that an earlier run has made'),
  'dry-run': flag('Show what would be done, as gs-repartition plan does; write nothing'),
  summary: withDefault(
    choice('What to tell at the end: rows per part before and after too, or only sums', ['full', 'short']),
    'full',
  ),
  ...planOptions,
};

export type RunValues = Values<typeof layoutOptions> & Values<typeof commonOptions>;
export type PlanValues = Values<typeof planOptions> & Values<typeof commonOptions>;
export type AlignValues = Values<typeof alignOptions> & Values<typeof commonOptions>;

export function prepareOptionsFrom(values: RunValues, session: Session): PrepareOptions {
  const { log, progress } = session;
  const { 'target-layout': targetLayout, 'num-output-files': numOutputFiles, memory } = values;
  if (targetLayout !== undefined && numOutputFiles !== undefined) {
    throw usage('--target-layout and --num-output-files exclude each other', 'Give one of them.');
  }
  if (values['streaming-repartitioning'] !== undefined) {
    log.info('--streaming-repartitioning changes nothing: every run streams, in constant memory');
  }
  return {
    ...prefixFrom(values, session),
    ...sparkFrom(values),
    inputMetadataFileName: values['input-metadata-file-name'],
    updatedMetadataFileName: values['updated-metadata-file-name'],
    recount: values.recount,
    ...(targetLayout !== undefined && { targetLayout }),
    ...(numOutputFiles !== undefined && { numOutputFiles }),
    ...(memory !== undefined && { memory }),
    log,
    onProgress: (at) => progress.report(at),
  };
}
