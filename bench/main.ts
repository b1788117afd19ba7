/** The benchmarks' command line. Measurements go to standard output, what is going on to standard error. */
import yargs from 'yargs';
import { BenchError } from './bench-error.js';
import { cpRatio, formatCpRatio } from './cp-ratio.js';
import { parseBytes } from './units.js';
import { withWorkspace } from './workspace.js';

/** Runs the command line. @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await commands(args).parseAsync();
    return 0;
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    console.error(`bench: ${error.message}: ${error.hint}`);
    return 1;
  }
}

const COMMON = {
  dir: {
    type: 'string',
    describe: "where the data go, and so which disk is measured; default: the system's",
  },
  cache: {
    choices: ['warm', 'cold'] as const,
    default: 'warm' as const,
    describe: 'state of the page cache',
  },
  repeats: { type: 'number', default: 5, describe: 'runs of each program, in turns' },
  seed: { type: 'number', default: 1, describe: 'of the generated graphs' },
  json: { type: 'boolean', default: false, describe: 'one JSON document on standard output' },
} as const;

const bytesOption = (value: string, describe: string) =>
  ({ type: 'string', default: value, describe, coerce: parseBytes }) as const;

function log(line: string): void {
  console.error(`bench: ${line}`);
}

function commands(args: readonly string[]) {
  return yargs([...args])
    .scriptName('npm run bench --')
    .command(
      'cp-ratio',
      'moving every boundary of one data set, against cp of the same bytes',
      {
        ...COMMON,
        bytes: bytesOption('1g', 'size of the data set'),
        'part-bytes': bytesOption('128m', 'size of a part'),
        kind: {
          choices: ['vectors', 'edges'] as const,
          default: 'vectors' as const,
          describe: 'what is in it',
        },
        concurrency: { type: 'number', describe: 'worker threads of gs-repartition' },
      },
      async ({ dir, json, kind, bytes, partBytes, repeats, cache, concurrency, seed }) => {
        const options = { kind, bytes, partBytes, repeats, cache, concurrency, seed };
        const report = await withWorkspace(dir, (folder) => cpRatio(options, folder, log));
        console.log(json ? JSON.stringify(report, undefined, 2) : formatCpRatio(report));
      },
    )
    .demandCommand(1)
    .strict()
    .help()
    .version(false)
    .fail((message, error) => {
      throw error ?? new BenchError(message, 'see --help');
    });
}
