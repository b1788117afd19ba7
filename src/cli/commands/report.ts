/** `gs-repartition report --input-prefix …`: a page that shows what is published under a prefix, and whether it is ready. */
import { defineCommand } from '../command.js';
import { text, withDefault } from '../options.js';
import { prefixFrom, prefixOption } from '../prefix-options.js';
import { requireTarget, settingsOf, writeReport } from '../report.js';
import { s3Options } from '../s3-options.js';
import { EXIT } from '../world.js';
import { titles } from './titles.js';

const options = {
  ...prefixOption,
  report: withDefault(text('Where to write the page: a file, local or s3://…'), 'report.html'),
  'metadata-file-name': text(
    'The metadata to check (updated_row_counts_metadata.json, or metadata.json before an alignment)',
  ),
  ...s3Options,
};

export const reportCommand = defineCommand({
  ...titles.report,
  usage: '--input-prefix <folder or s3://bucket/prefix> [--report report.html] [options]',
  options,
  examples: [
    ['$0 report --input-prefix /data/graph', 'Look at the graph in report.html'],
    ['$0 report --input-prefix s3://bucket/graph --json', 'The same as a document'],
  ],
  async run(values, session) {
    const { world, progress, printDocument } = session;
    requireTarget(values.report);
    const prefix = prefixFrom(values, session);
    const { 'metadata-file-name': metadataFileName } = values;
    const verified = await world.engine.verifyPrefix({
      ...prefix,
      ...(metadataFileName !== undefined && { metadataFileName }),
      onProgress: (at) => progress.report(at),
    });
    const { reportOfPrefix } = await world.engine.reports();
    const context = { settings: settingsOf(options, values) };
    const report = await reportOfPrefix('published', prefix, verified, context);
    progress.stop();
    if (values.json) printDocument(report);
    else await writeReport(values, session, report);
    return EXIT.success;
  },
  failureCode: EXIT.notLooked,
});
