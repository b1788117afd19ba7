/** What `bench run` measures. */
import type { GraphRequest } from './graphs.js';
import type { Peer } from './peers.js';
import { MIB } from './units.js';

export interface Preset {
  describe: string;
  graphs: GraphRequest[];
  peers: Peer[];
  /** Runs of each peer, in turns. */
  repeats: number;
  /** Peers that take long and are far behind run less often. */
  fewer: Partial<Record<Peer, number>>;
}

const GIB = 1024 * MIB;

const ALL: Peer[] = [
  'ours-fewest-bytes',
  'ours-most-frequent',
  'cp-fewest-bytes',
  'cp-most-frequent',
  'reference-in-memory',
  'reference-streaming',
  'duckdb',
  'spark',
];

const graph = (name: string, bytes: number, partBytes: number): GraphRequest => ({
  graph: name,
  bytes,
  partBytes,
  seed: 1,
});

export const PRESETS: Record<'quick' | 'standard' | 'large', Preset> = {
  quick: {
    describe:
      'two small graphs, under a minute: shows that everything runs; starting programs is most of the time',
    graphs: [graph('mag', 64 * MIB, 8 * MIB), graph('user-item', 64 * MIB, 8 * MIB)],
    peers: ALL.filter((peer) => peer !== 'spark'),
    repeats: 5,
    fewer: { duckdb: 3 },
  },
  standard: {
    describe: 'four graphs of 1 GB with parts of up to 128 MB',
    graphs: ['mag', 'papers100m', 'mag240m', 'user-item'].map((name) => graph(name, GIB, 128 * MIB)),
    peers: ALL,
    repeats: 5,
    fewer: { spark: 1 },
  },
  large: {
    describe: 'an embedding-heavy graph of 4 GB and one of edge data with 2 GB',
    graphs: [graph('mag240m', 4 * GIB, 128 * MIB), graph('user-item', 2 * GIB, 128 * MIB)],
    peers: ALL.filter((peer) => peer !== 'spark'),
    repeats: 5,
    fewer: {},
  },
};
