/** The options of the benchmarks' commands. */
import { PEERS } from './peers.js';
import { PRESETS } from './presets.js';
import { parseBytes } from './units.js';

export function log(line: string): void {
  console.error(`bench: ${line}`);
}

export const bytesOption = (value: string, describe: string) =>
  ({ type: 'string', default: value, describe, coerce: parseBytes }) as const;

export const COMMON = {
  dir: {
    type: 'string',
    describe: "where the data go, and so which disk is measured; default: the system's",
  },
  cache: {
    choices: ['warm', 'cold'] as const,
    default: 'warm' as const,
    describe: 'state of the page cache',
  },
  repeat: { type: 'number', alias: 'repeats', describe: 'runs of each program, in turns; usually 5' },
  seed: { type: 'number', default: 1, describe: 'of the generated graphs' },
  concurrency: { type: 'number', describe: 'worker threads of gs-repartition' },
  json: { type: 'boolean', default: false, describe: 'one JSON document on standard output' },
} as const;

const SAVE = {
  type: 'string',
  describe: 'also writes the report, its table and plots to a folder; default: bench/results',
} as const;

const PRESET_NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[];

/** Of one graph in the model of S3. */
export const modelOptions = {
  parts: {
    type: 'number',
    describe: 'of a graph in the model of S3: one run in place of the curves',
  },
  'part-bytes': { type: 'string', describe: 'in the model of S3: size of a part', coerce: parseBytes },
  latency: {
    type: 'string',
    describe: "in the model of S3: a request's latency in ms, or its median and 99th percentile: 30, 30:200",
  },
  rates: {
    type: 'string',
    describe: 'in the model of S3: reads and writes a second: 5500:3500; 0: no limit',
  },
} as const;

export const runOptions = {
  ...COMMON,
  preset: {
    choices: PRESET_NAMES,
    default: 'standard' as const,
    describe: PRESET_NAMES.map((name) => `${name}: ${PRESETS[name].describe}`).join('; '),
  },
  save: SAVE,
  'max-bytes': { type: 'string', describe: 'no graph is larger: 64m, 4g', coerce: parseBytes },
  peers: { type: 'string', describe: `some of ${Object.keys(PEERS).join(',')}` },
  graphs: { type: 'string', describe: "some of the preset's graphs" },
  curves: {
    type: 'string',
    describe:
      'of the preset scaling: some of bytes,parts,workers,planning; of s3-model: parts,part-bytes,latency,tail,threads,rates,planning',
  },
  ...modelOptions,
  command: {
    type: 'string',
    array: true,
    describe: 'of the preset s3-model: a built checkout in place of this one; several are measured in turns',
  },
  graphstorm: {
    type: 'string',
    describe: 'a GraphStorm checkout, measured beside our own short programs',
  },
  limit: { type: 'number', describe: 'seconds after which a peer is stopped and the benchmark fails' },
  check: { type: 'boolean', default: true, describe: "compare every peer's rows with the original's" },
} as const;

export const profileOptions = {
  ...COMMON,
  save: { ...SAVE, describe: 'puts the tables into profile.md of a folder; default: bench/results' },
  graph: {
    type: 'string',
    describe: 'default: where ours was furthest from cp in bench/results/standard.json',
  },
  bytes: bytesOption('1g', 'size of the graph'),
  layout: {
    choices: ['fewest-bytes', 'most-frequent'] as const,
    default: 'most-frequent' as const,
    describe: 'target layout',
  },
  keep: { type: 'string', describe: 'a folder where the .cpuprofile files are left' },
} as const;

export const executorsOptions = {
  dir: COMMON.dir,
  json: COMMON.json,
  save: SAVE,
  ...modelOptions,
  latency: { ...modelOptions.latency, default: '300' },
  executors: {
    type: 'number',
    array: true,
    default: [1, 2, 4] as number[],
    describe: 'how many, one run after the other',
  },
  'max-concurrent-requests': { type: 'number', default: 32, describe: 'of each worker' },
  'spark-submit': { type: 'string', default: 'spark-submit', describe: 'the program' },
} as const;
