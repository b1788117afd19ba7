/** `gs-repartition --input-prefix …`: align a prefix. */
import { defineCommand } from '../command.js';
import { versioned } from '../documents.js';
import { choice, flag, usage, withDefault } from '../options.js';
import { addReport, reportOption } from '../report.js';
import { layoutOptions, prepareOptionsFrom } from '../run-options.js';
import { runWithReport } from '../run-report.js';
import { describeSummary } from '../run-summary.js';
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
    summary: withDefault(
      choice('What to tell at the end: rows per part before and after too, or only sums', ['full', 'short']),
      'full',
    ),
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
    else if (!values.quiet) {
      const { columns } = session.world.stdout;
      for (const line of describeSummary(summary, { kind: values.summary, columns })) print(line);
    }
    const isWritten = await addReport(values, session, () => Promise.resolve(report));
    return isWritten ? EXIT.success : EXIT.failure;
  },
});
