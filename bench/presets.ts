/** What `npm run bench -- --preset NAME` measures. */
import type { GraphRequest } from './graphs.js';
import type { Peer } from './peers.js';
import type { Costs } from './s3-model/costs.js';
import type { PointRequest as ModelPointRequest } from './s3-model/point.js';
import { MIB } from './units.js';

/** Peers side by side on generated graphs. */
export interface PeersPreset {
  kind: 'peers';
  describe: string;
  graphs: GraphRequest[];
  peers: Peer[];
  /** Runs of each peer, in turns. */
  repeats: number;
  /** Peers that take long and are far behind run less often. */
  fewer: Partial<Record<Peer, number>>;
  /** Peers that are not in this preset, and why. */
  leftOut: Partial<Record<Peer, string>>;
}

/** Ours on a real S3 server, against the copies that the server has to make whatever the client does. */
export interface S3Preset {
  kind: 's3';
  describe: string;
  graphs: GraphRequest[];
  repeats: number;
}

/** Ours in a model that costs what S3 costs, against the copies that the server has to make. */
export interface S3ModelPreset {
  kind: 's3-model';
  describe: string;
  points: ModelPointRequest[];
  /** Parts of all data sets together, which are planned and not made. */
  planning: number[];
  /** Of requests when planning. */
  costs: Partial<Costs>;
  repeats: number;
  /** Builds that are measured in turns; none for this checkout's own. */
  commands: readonly string[];
}

export type CurveName = 'bytes' | 'parts' | 'workers' | 'planning';

export type ModelCurve = 'parts' | 'part-bytes' | 'latency' | 'tail' | 'threads' | 'rates';

/** One thing grows and all else stays. */
export interface ScalingPreset {
  kind: 'scaling';
  describe: string;
  curves: Record<Exclude<CurveName, 'planning'>, PointRequest[]>;
  /** Parts of all data sets together. */
  planning: number[];
  repeats: number;
}

export interface PointRequest {
  /** Bytes, parts of a data set, or worker threads. */
  x: number;
  graph: GraphRequest;
  peers: Peer[];
  repeats: number;
  concurrency?: number;
}

export type Preset = PeersPreset | S3Preset | S3ModelPreset | ScalingPreset;

const GIB = 1024 * MIB;
const PART_BYTES = 128 * MIB;

const PEERS_IN_TURN: Peer[] = [
  'ours-fewest-bytes',
  'ours-most-frequent',
  'cp-fewest-bytes',
  'cp-most-frequent',
  'reference-in-memory',
  'reference-streaming',
  'graphstorm-in-memory',
  'duckdb',
  'spark',
];

/** It ends with an assertion on labels in one part beside features in several, and so on these graphs. */
const REFUSES: PeersPreset['leftOut'] = {
  'graphstorm-streaming':
    'it accepts no data sets of one type in different numbers of parts, as labels are here',
};

const graph = (name: string, bytes: number, partBytes = PART_BYTES): GraphRequest => ({
  graph: name,
  bytes,
  partBytes,
  seed: 1,
});

const bytesPoint = (gib: number): PointRequest => ({
  x: gib * GIB,
  graph: graph('boundaries-vectors', gib * GIB),
  // Beyond that the in-memory algorithm asks for more than most machines have.
  peers: [
    'ours-most-frequent',
    'cp-most-frequent',
    ...(gib <= 4 ? (['reference-in-memory', 'reference-streaming'] as const) : []),
  ],
  repeats: gib <= 2 ? 5 : 3,
});

const partsPoint = (parts: number): PointRequest => ({
  x: parts,
  graph: { ...graph('boundaries-vectors', GIB), parts },
  peers: ['ours-most-frequent', 'cp-most-frequent'],
  repeats: parts <= 1000 ? 5 : 1,
});

const workersPoint = (concurrency: number): PointRequest => ({
  x: concurrency,
  graph: graph('boundaries-vectors', GIB, 32 * MIB),
  peers: ['ours-most-frequent'],
  repeats: 5,
  concurrency,
});

/** 213 GB in 1,600 parts: the run that the targets are about. */
export const MODEL_PARTS = 1600;
export const MODEL_PART_BYTES = 133_000_000;

/** For what is about requests more than about bytes: long enough that starting does not show. */
const MODEL_FEW_PARTS = 400;

const modelPoint = (
  curve: ModelCurve,
  x: number,
  point: Partial<ModelPointRequest> = {},
): ModelPointRequest => ({
  curve,
  x,
  parts: MODEL_FEW_PARTS,
  partBytes: MODEL_PART_BYTES,
  costs: {},
  bareInFlight: [64, 128],
  repeats: 1,
  ...point,
});

const MODEL_POINTS: ModelPointRequest[] = [
  ...[100, 400, MODEL_PARTS, 8000].map((parts) => modelPoint('parts', parts, { parts })),
  ...[8, 32, 128, 512].map((mib) =>
    modelPoint('part-bytes', mib * MIB, { parts: mib > 128 ? 100 : MODEL_FEW_PARTS, partBytes: mib * MIB }),
  ),
  ...[10, 30, 100].map((latencyMs) => modelPoint('latency', latencyMs, { costs: { latencyMs } })),
  modelPoint('tail', 200, { costs: { latencyMs: 30, tailMs: 200 } }),
  ...[1, 2, 4].map((concurrency) => modelPoint('threads', concurrency, { concurrency })),
  // In S3's proportion, and low enough to be reached.
  modelPoint('rates', 1000, { costs: { readsPerSecond: 1000, writesPerSecond: 640 }, bareInFlight: [] }),
];

/** Small enough that starting is most of a run in the default layout. */
export const QUICK_GRAPH = graph('mag', 128 * MIB, 16 * MIB);

export const PRESETS: Record<'quick' | 'standard' | 's3' | 's3-model' | 'scaling', Preset> = {
  quick: {
    kind: 'peers',
    describe:
      'a small graph, under a minute: shows that everything runs; starting programs is much of the time',
    graphs: [QUICK_GRAPH],
    peers: PEERS_IN_TURN.filter((peer) => peer !== 'spark'),
    repeats: 5,
    fewer: {},
    leftOut: {
      ...REFUSES,
      spark: 'starting it five times takes longer than this preset may (--peers spark)',
    },
  },
  standard: {
    kind: 'peers',
    describe: 'four graphs of 1 to 4 GB in parts of up to 128 MB, the largest ones mostly embeddings',
    graphs: [
      graph('mag240m', 4 * GIB),
      graph('mag', 2 * GIB),
      graph('papers100m', GIB),
      graph('user-item', GIB),
    ],
    peers: PEERS_IN_TURN,
    repeats: 5,
    fewer: {},
    leftOut: REFUSES,
  },
  s3: {
    kind: 's3',
    describe: 'on versitygw, a real S3 server: every boundary of 128 MB parts, and a graph in both layouts',
    graphs: [graph('boundaries-vectors', 2 * GIB), graph('boundaries-edges', GIB), graph('mag240m', 2 * GIB)],
    repeats: 5,
  },
  's3-model': {
    kind: 's3-model',
    describe:
      "in a model of S3 that costs what S3 costs: terabytes at S3's own speed (--parts 100 in half a minute)",
    points: MODEL_POINTS,
    planning: [10_000, 100_000, 1_000_000],
    costs: {},
    repeats: 1,
    commands: [],
  },
  scaling: {
    kind: 'scaling',
    describe: 'time and memory against bytes moved, parts, worker threads; planning alone',
    curves: {
      bytes: [0.25, 0.5, 1, 2, 4, 8, 16].map(bytesPoint),
      parts: [10, 100, 1000, 10_000, 100_000].map(partsPoint),
      workers: [1, 2, 3, 4, 6, 8].map(workersPoint),
    },
    planning: [1000, 10_000, 100_000, 1_000_000],
    repeats: 5,
  },
};
