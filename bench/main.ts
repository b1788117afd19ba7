/** The benchmarks' command line. Measurements go to standard output, what is going on to standard error. */
import yargs from 'yargs';
import { BenchError } from './bench-error.js';
import { totalmem } from 'node:os';
import { cpRatio, formatCpRatio } from './cp-ratio.js';
import { formatReport } from './format-report.js';
import { PEERS, type Peer } from './peers.js';
import { type Preset, PRESETS } from './presets.js';
import { runPreset } from './run.js';
import { MIB, parseBytes } from './units.js';
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

const PRESET_NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[];

function presetHelp(): string {
  return PRESET_NAMES.map((name) => `${name}: ${PRESETS[name].describe}`).join('; ');
}

/** The preset with what the command line says instead. @throws BenchError for names that it does not know */
function choose(preset: Preset, { peers, graphs, repeats, graphstorm, seed }: Choice): Preset {
  const chosenPeers = named(peers, Object.keys(PEERS) as Peer[], 'peer') ?? [
    ...preset.peers,
    ...(graphstorm === undefined ? [] : (['graphstorm'] as const)),
  ];
  const names = named(
    graphs,
    preset.graphs.map(({ graph }) => graph),
    'graph',
  );
  const chosenGraphs = preset.graphs
    .filter(({ graph }) => names?.includes(graph) ?? true)
    .map((graph) => ({ ...graph, seed }));
  return { ...preset, peers: chosenPeers, graphs: chosenGraphs, repeats: repeats ?? preset.repeats };
}

interface Choice {
  peers: string | undefined;
  graphs: string | undefined;
  repeats: number | undefined;
  graphstorm: string | undefined;
  seed: number;
}

function named<T extends string>(
  list: string | undefined,
  known: readonly T[],
  what: string,
): T[] | undefined {
  return list?.split(',').map((name) => {
    const found = known.find((candidate) => candidate === name.trim());
    if (found === undefined)
      throw new BenchError(`no ${what} "${name}"`, `the names are ${known.join(', ')}`);
    return found;
  });
}

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
    .command(
      ['run', '$0'],
      'peers side by side on generated graphs',
      {
        ...COMMON,
        preset: { choices: PRESET_NAMES, default: 'standard' as const, describe: presetHelp() },
        repeats: { type: 'number', describe: "runs of each peer, in turns; default: the preset's" },
        peers: { type: 'string', describe: `some of ${Object.keys(PEERS).join(',')}` },
        graphs: { type: 'string', describe: "some of the preset's graphs" },
        graphstorm: {
          type: 'string',
          describe: 'a GraphStorm checkout, measured beside our own short programs',
        },
        concurrency: { type: 'number', describe: 'worker threads of gs-repartition' },
        limit: { type: 'number', describe: 'seconds after which a peer is stopped and the benchmark fails' },
        check: { type: 'boolean', default: true, describe: "compare every peer's rows with the original's" },
      },
      async (args) => {
        const { dir, json, cache, graphstorm, concurrency, limit, check } = args;
        const preset = choose(PRESETS[args.preset], args);
        const sparkMemoryMb = Math.floor(totalmem() / MIB / 3);
        const options = {
          preset: args.preset,
          cache,
          graphstorm,
          sparkMemoryMb,
          concurrency,
          limit,
          check,
        };
        const report = await withWorkspace(dir, (folder) => runPreset(preset, options, folder, log));
        console.log(json ? JSON.stringify(report, undefined, 2) : formatReport(report));
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
