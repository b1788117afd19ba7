/** `gs-repartition --input-prefix …`: align a prefix. What it does is loaded when it does it: `--help` need not wait. */
import { defineCommand } from '../command.js';
import { alignOptions } from '../run-options.js';

export const repartitionCommand = defineCommand({
  name: '$0',
  describe: 'Align the row counts of a graph so that DistPartitioning can read it',
  usage: '--input-prefix <folder or s3://bucket/prefix> [options]',
  options: alignOptions,
  examples: [
    ['$0 --input-prefix /data/graph', 'Align the graph in a folder'],
    ['$0 --input-prefix s3://bucket/graph', 'Align a graph on S3, inside the bucket'],
    ['$0 --input-prefix /data/graph --num-output-files 16', 'Align to 16 even parts per type'],
    ['$0 --input-prefix /data/graph --json', 'Print the summary as JSON'],
  ],
  run: async (values, session) => (await import('../align.js')).align(values, session),
});
