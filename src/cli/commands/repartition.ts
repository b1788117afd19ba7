/** `gs-repartition --input-prefix …`: align a prefix. */
import type { RepartitionOptions, Summary } from '../../repartition/model.js';
import { defineCommand } from '../command.js';
import { formatBytes, formatCount, formatDuration, plural } from '../format.js';
import { alias, choice, count, flag, required, text, trueOrFalse, usage, withDefault } from '../options.js';
import { readS3Options, s3Options } from '../s3-options.js';
import { EXIT } from '../world.js';

export const repartitionCommand = defineCommand({
  name: '$0',
  describe: 'Align the row counts of a graph so that DistPartitioning can read it',
  usage: '--input-prefix <folder or s3://bucket/prefix> [options]',
  options: {
    'input-prefix': required(text('The graph: a folder, or s3://bucket/prefix')),
    // The alias is what GraphStorm's own command called it before.
    'input-metadata-file-name': alias(
      'metadata-file-name',
      withDefault(text('The metadata to read'), 'metadata.json'),
    ),
    'updated-metadata-file-name': withDefault(
      text('The metadata to publish'),
      'updated_row_counts_metadata.json',
    ),
    'streaming-repartitioning': trueOrFalse('Accepted for compatibility; every run streams'),
    'target-layout': choice(
      'Which row counts the data sets of a type are aligned to (fewest-bytes unless given)',
      ['fewest-bytes', 'most-frequent'],
    ),
    'num-output-files': count('Align to this many parts of even size per type instead'),
    recount: flag('Believe the files where the row counts in the metadata differ'),
    concurrency: count('Worker threads (as many as processors, at most 4 (on S3, 2), unless given)'),
    ...s3Options,
  },
  examples: [
    ['$0 --input-prefix /data/graph', 'Align the graph in a folder'],
    ['$0 --input-prefix s3://bucket/graph', 'Align a graph on S3, inside the bucket'],
    ['$0 --input-prefix /data/graph --num-output-files 16', 'Align to 16 even parts per type'],
    ['$0 --input-prefix /data/graph --json', 'Print the summary as JSON'],
  ],
  async run(values, { world, log, progress, signal, print, printDocument }) {
    const { 'target-layout': targetLayout, 'num-output-files': numOutputFiles, concurrency } = values;
    const s3 = readS3Options(values);
    if (targetLayout !== undefined && numOutputFiles !== undefined) {
      throw usage('--target-layout and --num-output-files exclude each other', 'Give one of them.');
    }
    if (values['streaming-repartitioning'] !== undefined) {
      log.info('--streaming-repartitioning changes nothing: every run streams, in constant memory');
    }
    const options: RepartitionOptions = {
      inputPrefix: values['input-prefix'],
      inputMetadataFileName: values['input-metadata-file-name'],
      updatedMetadataFileName: values['updated-metadata-file-name'],
      recount: values.recount,
      ...(targetLayout !== undefined && { targetLayout }),
      ...(numOutputFiles !== undefined && { numOutputFiles }),
      ...(concurrency !== undefined && { concurrency }),
      ...(s3 && { s3 }),
      signal,
      log,
      onProgress: (at) => progress.report(at),
    };
    const summary = await world.engine.repartition(options);
    progress.stop();
    if (values.json) printDocument(summary);
    else for (const line of describeSummary(summary)) print(line);
    return EXIT.success;
  },
});

/** The summary for people. */
export function describeSummary({ types, dataSets, parts, bytes, ...run }: Summary): string[] {
  const aligned =
    types.aligned === 0
      ? `Nothing to align: ${plural(types.total, 'type')}, ${plural(dataSets.total, 'data set')}, ` +
        plural(run.rows, 'row')
      : `Aligned ${formatCount(types.aligned)} of ${plural(types.total, 'type')}, rewriting ` +
        `${formatCount(dataSets.rewritten)} of ${plural(dataSets.total, 'data set')}, ${plural(run.rows, 'row')}`;
  return [
    `${aligned}, in ${formatDuration(run.seconds)}.`,
    `  parts     ${formatCount(parts.kept)} kept, ${formatCount(parts.spliced)} spliced, ` +
      `${formatCount(parts.reencoded)} re-encoded, ${formatCount(parts.resumed)} made by an earlier run`,
    `  bytes     ${formatBytes(bytes.kept)} kept, ${formatBytes(bytes.copied)} copied, ` +
      `${formatBytes(bytes.written)} written anew`,
    `  metadata  ${run.updatedMetadata}`,
  ];
}
