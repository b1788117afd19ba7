/** `gs-repartition verify --input-prefix …`: is a prefix ready for DistPartitioning? */
import type { VerifyOptions, VerifyReport, Violation } from '../../repartition/api.js';
import { defineCommand } from '../command.js';
import { plural } from '../format.js';
import { count, required, text, withDefault } from '../options.js';
import { readS3Options, s3Options } from '../s3-options.js';
import { EXIT } from '../world.js';

export const verifyCommand = defineCommand({
  name: 'verify',
  describe: 'Check whether DistPartitioning can read a graph: every violation a line, exit code 0 or 1',
  usage: '--input-prefix <folder or s3://bucket/prefix> [options]',
  options: {
    'input-prefix': required(text('The graph: a folder, or s3://bucket/prefix')),
    'metadata-file-name': withDefault(text('The metadata to check'), 'updated_row_counts_metadata.json'),
    concurrency: count('Footers read at once (64 unless given)'),
    ...s3Options,
  },
  examples: [
    ['$0 verify --input-prefix /data/graph', 'Check an aligned graph'],
    ['$0 verify --input-prefix /data/graph --metadata-file-name metadata.json', 'Check what Spark wrote'],
  ],
  async run(values, { world, progress, signal, print, printDocument }) {
    const s3 = readS3Options(values);
    const options: VerifyOptions = {
      inputPrefix: values['input-prefix'],
      metadataFileName: values['metadata-file-name'],
      ...(values.concurrency !== undefined && { concurrency: values.concurrency }),
      ...(s3 && { s3 }),
      signal,
      onProgress: (at) => progress.report(at),
    };
    const report = await world.engine.verifyPrefix(options);
    progress.stop();
    if (values.json) printDocument(report);
    else for (const line of describeReport(report)) print(line);
    return report.ready ? EXIT.success : EXIT.failure;
  },
});

/** The report for people. */
function describeReport({ ready, checked, violations }: VerifyReport): string[] {
  const looked =
    `${plural(checked.types, 'type')}, ${plural(checked.dataSets, 'data set')}, ` +
    `${plural(checked.parts, 'part')}, ${plural(checked.rows, 'row')}`;
  const verdict = ready
    ? `Ready for DistPartitioning: ${looked}.`
    : `Not ready for DistPartitioning: ${plural(violations.length, 'violation')} in ${looked}.`;
  return [...violations.map(describeViolation), verdict];
}

function describeViolation({ type, dataSet, part, message }: Violation): string {
  return `${[type, dataSet, part].filter((name) => name !== undefined).join(' | ')} | ${message}`;
}
