/** The benchmarks' command line. Measurements go to standard output, what is going on to standard error. */
import { dirname, join, resolve } from 'node:path';
import yargs from 'yargs';
import { BenchError } from './bench-error.js';
import { modelCosts } from './choose.js';
import { cpRatio, formatCpRatio } from './cp-ratio.js';
import { measureExecutors } from './executors/run.js';
import { describeCircumstances } from './machine.js';
import { executorsOptions, log, profileOptions, runOptions } from './options.js';
import { formatProfile, profile } from './profile/run.js';
import { profileRequest } from './profile/slowest.js';
import { resultsFolder } from './paths.js';
import { MODEL_PART_BYTES } from './presets.js';
import { format, render, replaceBlock, save } from './results.js';
import { runChosen } from './run-preset.js';
import { COMMON, bytesOption, modelOptions } from './options.js';
import { serveModel } from './s3-model/by-hand.js';
import { S3_COSTS } from './s3-model/costs.js';
import { formatStarting, measureStarting } from './starting.js';
import {
  CASES,
  type CaseName,
  formatTimeLeft,
  measureTimeLeft,
  measureTimeLeftOnDisk,
} from './time-left/run.js';
import { formatDeep, measureDeep } from './verify/deep.js';
import { flipMovies } from './verify/movies.js';
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

function commands(args: readonly string[]) {
  return yargs([...args])
    .scriptName('npm run bench --')
    .command(
      ['run', '$0'],
      'a preset: peers side by side, on S3, or scaling curves',
      runOptions,
      async (argv) => {
        const report = await withWorkspace(argv.dir, (folder) => runChosen(argv, args, folder));
        if (argv.save !== undefined) await save(report, argv.save || resultsFolder);
        console.log(argv.json ? JSON.stringify(report, undefined, 2) : format(report));
      },
    )
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
      },
      async ({ dir, json, kind, bytes, partBytes, repeat = 5, cache, concurrency, seed }) => {
        const options = { kind, bytes, partBytes, repeats: repeat, cache, concurrency, seed };
        const report = await withWorkspace(dir, (folder) => cpRatio(options, folder, log));
        console.log(json ? JSON.stringify(report, undefined, 2) : formatCpRatio(report));
      },
    )
    .command(
      'profile',
      'CPU profiles of the slowest case, and where its time goes',
      profileOptions,
      async (argv) => {
        const request = await profileRequest(argv);
        const report = await withWorkspace(argv.dir, (folder) => profile(request, folder));
        const text = formatProfile(report);
        if (argv.save !== undefined) {
          await replaceBlock(join(argv.save || resultsFolder, 'profile.md'), 'profile', text);
        }
        console.log(argv.json ? JSON.stringify(report, undefined, 2) : text);
      },
    )
    .command(
      's3-model',
      'the model of S3 with a graph in it, for a profile or for other commands; ends with Ctrl-C',
      { dir: COMMON.dir, ...modelOptions },
      async ({ dir, parts = 100, partBytes = MODEL_PART_BYTES, latency, rates }) => {
        const costs = { ...S3_COSTS, ...modelCosts(latency, rates) };
        await withWorkspace(dir, (folder) => serveModel({ parts, partBytes, costs }, folder));
      },
    )
    .command(
      'executors',
      'the alignment on more and more executors of a local Spark, in the model of S3',
      executorsOptions,
      async ({ dir, json, save: into, sparkSubmit: submit, latency, rates, ...how }) => {
        const costs = { ...S3_COSTS, ...modelCosts(latency, rates) };
        const { parts = 240, partBytes = MODEL_PART_BYTES } = how;
        const ran = describeCircumstances(args);
        const request = { ...how, parts, partBytes, costs, submit };
        const report = await withWorkspace(dir, (folder) => measureExecutors(request, { ran, folder, log }));
        if (into !== undefined) await save(report, into || resultsFolder);
        console.log(json ? JSON.stringify(report, undefined, 2) : format(report));
      },
    )
    .command(
      'time-left',
      "runs in the model of S3 whose progress is written down: was 'about … left' right?",
      {
        dir: COMMON.dir,
        json: COMMON.json,
        concurrency: COMMON.concurrency,
        ...modelOptions,
        case: {
          choices: Object.keys(CASES) as CaseName[],
          array: true,
          default: ['plain'] as CaseName[],
          describe: Object.entries(CASES)
            .map(([name, describe]) => `${name}: ${describe}`)
            .join('; '),
        },
        parts: {
          type: 'number',
          array: true,
          default: [300],
          describe: 'of graphs in the model of S3, one after the other',
        },
        graph: {
          type: 'string',
          describe: 'a folder: instead of the model, an alignment of a clone on its disk, and verify --deep',
        },
        record: { type: 'string', describe: 'a file for what the runs told' },
      },
      async ({ dir, json, case: cases, partBytes = MODEL_PART_BYTES, latency, rates, ...how }) => {
        const costs = { ...S3_COSTS, ...modelCosts(latency, rates) };
        const { parts, graph, concurrency, record } = how;
        const request = { cases, parts, partBytes, costs, concurrency, record };
        const rows = await withWorkspace(dir ?? (graph && dirname(resolve(graph))), (folder) =>
          graph === undefined
            ? measureTimeLeft(request, folder, log)
            : measureTimeLeftOnDisk({ graph, concurrency, record }, folder, log),
        );
        console.log(json ? JSON.stringify(rows, undefined, 2) : formatTimeLeft(rows));
      },
    )
    .command(
      'starting',
      'how long the command takes to start, beside that of other checkouts, in turns',
      {
        dir: COMMON.dir,
        json: COMMON.json,
        repeat: COMMON.repeat,
        beside: {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'folders of other checkouts, built',
        },
      },
      async ({ dir, json, beside, repeat = 20 }) => {
        const rows = await withWorkspace(dir, (folder) =>
          measureStarting({ others: beside, repeats: repeat }, folder, log),
        );
        console.log(json ? JSON.stringify(rows, undefined, 2) : formatStarting(rows));
      },
    )
    .command(
      'deep',
      'verify --deep, against pyarrow reading the same columns with the same threads',
      {
        ...COMMON,
        bytes: bytesOption('4g', 'size of the graph'),
        'row-group-bytes': bytesOption('64m', 'size of a row group'),
        threads: { type: 'number', default: 2, describe: 'of both' },
      },
      async ({ dir, json, bytes, rowGroupBytes, threads, repeat = 3, cache }) => {
        const request = { bytes, rowGroupBytes, threads, repeats: repeat, cache };
        const report = await withWorkspace(dir, (folder) => measureDeep(request, folder, log));
        console.log(json ? JSON.stringify(report, undefined, 2) : formatDeep(report));
      },
    )
    .command(
      'flips',
      'bits that flip in the pages of made parts: which does verify --deep not notice?',
      { ...COMMON, flips: { type: 'number', default: 1000, describe: 'how many' } },
      async ({ dir, seed, flips }) => {
        const report = await withWorkspace(dir, (folder) => flipMovies(folder, flips, seed));
        console.log(JSON.stringify(report, undefined, 2));
      },
    )
    .command(
      'render [folder]',
      'tables and plots anew from the raw reports that were saved',
      (builder) => builder.positional('folder', { type: 'string', default: resultsFolder }),
      async ({ folder }) => {
        for (const preset of await render(folder)) log(`${preset}: rendered`);
      },
    )
    .demandCommand(0)
    .strict()
    .help()
    .version(false)
    .fail((message, error) => {
      throw (error as Error | undefined) ?? new BenchError(message, 'see --help');
    });
}
