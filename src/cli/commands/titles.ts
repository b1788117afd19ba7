/**
 * The commands' names and what they are for. `--help` shows all of them, so they stand apart from what it takes to run one:
 * that is loaded when its name is typed.
 */
import type { Command } from '../command.js';

type Title = Pick<Command, 'name' | 'describe' | 'argument'>;

/** What can be done with a graph. */
export const titles = {
  plan: {
    name: 'plan',
    describe: 'Show what a run would do and what it would cost; write nothing',
  },
  verify: {
    name: 'verify',
    describe:
      'Check whether DistPartitioning can read a graph; exit code 0 if so, 1 if not, 5 if that cannot be told',
  },
  inspect: {
    name: 'inspect',
    describe: 'Show what is in a Parquet file, a folder of them, or a graph',
    argument: {
      name: 'path',
      describe: 'A Parquet file, a folder of them, or the prefix of a graph: local or s3://…',
    },
  },
  report: {
    name: 'report',
    describe: 'Write a page that shows what is published under a prefix, and whether it is ready',
  },
  ls: {
    name: 'ls',
    describe: 'List types and data sets with their parts, rows and bytes, and which of them are aligned',
  },
  status: {
    name: 'status',
    describe:
      'Tell whether the run on a prefix is alive, stale, failed or done, and what to do: exit code 6, 1, 1 or 0',
  },
  clean: {
    name: 'clean',
    describe: 'List what no metadata and no living run needs, and with --yes remove it',
  },
  worker: {
    name: 'worker',
    describe:
      'Do tasks that come as lines of JSON on standard input; answer each by a line on standard output',
  },
  upload: {
    name: 'upload',
    describe: 'Upload the input tables of a job, but for those that are there already',
  },
  partition: {
    name: 'partition',
    describe: 'Hand an aligned graph over to GraphStorm’s partitioning on SageMaker',
  },
  run: {
    name: 'run',
    describe: 'Walk the whole way from tables to a partitioned graph, as a file says',
  },
} as const satisfies Readonly<Record<string, Title>>;
