/** `gs-repartition --input-prefix …`: align a prefix. */
import type { Summary } from '../../repartition/api.js';
import { defineCommand } from '../command.js';
import { versioned } from '../documents.js';
import { formatBytes, formatCount, formatDuration, plural } from '../format.js';
import { flag, usage } from '../options.js';
import { reportOption, writeReport } from '../report.js';
import { layoutOptions, prepareOptionsFrom } from '../run-options.js';
import { runWithReport } from '../run-report.js';
import { s3Options } from '../s3-options.js';
import { EXIT } from '../world.js';
import { planOptions, showPlan } from './plan.js';

export const repartitionCommand = defineCommand({
  name: '$0',
  describe: 'Align the row counts of a graph so that DistPartitioning can read it',
  usage: '--input-prefix <folder or s3://bucket/prefix> [options]',
  options: {
    ...layoutOptions,
    remake: flag('Make every part again, also those that an earlier run has made'),
    'dry-run': flag('Show what would be done, as gs-repartition plan does; write nothing'),
    ...reportOption,
    ...planOptions,
    ...s3Options,
  },
  examples: [
    ['$0 --input-prefix /data/graph', 'Align the graph in a folder'],
    ['$0 --input-prefix s3://bucket/graph', 'Align a graph on S3, inside the bucket'],
    ['$0 --input-prefix /data/graph --num-output-files 16', 'Align to 16 even parts per type'],
    ['$0 --input-prefix /data/graph --json', 'Print the summary as JSON'],
  ],
  async run(values, session) {
    if (values['dry-run']) return showPlan(values, session);
    if (values['price-table'] !== undefined) {
      throw usage(
        '--price-table says what a plan costs, and this is a run',
        'Add --dry-run, or leave it out.',
      );
    }
    const { log, progress, print, printDocument } = session;
    const { concurrency } = values;
    const options = {
      ...prepareOptionsFrom(values, session),
      ...(values.remake && { remake: true }),
      ...(concurrency !== undefined && { concurrency }),
    };
    const { summary, report } = await runWithReport(values, session, options);
    progress.stop();
    // In the words of GraphStorm's own command, whose logs people search.
    const { updatedMetadata } = summary;
    const verb = updatedMetadata.includes('://') ? 'Uploaded' : 'Wrote';
    log.info(`${verb} updated metadata file to ${updatedMetadata}`);
    log.info(`File repartitioning time: ${summary.seconds.toFixed(3)} seconds`);
    if (values.json) printDocument(versioned('alignment', summary));
    else for (const line of describeSummary(summary)) print(line);
    if (report) await writeReport(values, session, report);
    return EXIT.success;
  },
});

/** The summary for people. */
function describeSummary({ types, dataSets, parts, bytes, ...run }: Summary): string[] {
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
