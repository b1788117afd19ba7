/** From costs to a report: medians, the ratios of one run under stable names, and which targets they meet. Pure. */
import type { Circumstances, Machine } from './machine.js';
import type { Cache, Cost } from './measure/measure.js';
import { PEERS, type Peer } from './peers.js';
import { isNoisy, median, rounded, type Spread, spreadOf } from './stats.js';
import { toMb } from './units.js';

/** What several runs of one program cost. */
export interface CostReport {
  seconds: Spread;
  cpu_seconds: number;
  /** The largest of all runs. */
  peak_rss_mb: number;
  /** By read and write calls. */
  bytes_read: number;
  bytes_written: number;
  /** Sizes of the files made or changed. */
  output_bytes: number;
  noisy: boolean;
}

export interface PeerReport extends CostReport {
  peer: Peer;
  title: string;
}

/** Ratios of medians; a ratio is absent when one of its peers did not run. */
export interface Ratios {
  /** The same layout as the reference, so the same rows in the same parts. */
  speedup_vs_in_memory?: number;
  speedup_vs_streaming?: number;
  /** GraphStorm's own program, in memory, which is its default. */
  speedup_vs_graphstorm?: number;
  speedup_vs_graphstorm_streaming?: number;
  speedup_vs_spark?: number;
  speedup_vs_duckdb?: number;
  /** The reference's layout, against `cp` of the bytes it moves. */
  time_vs_cp?: number;
  /** The default layout: what a user gets. */
  default_speedup_vs_in_memory?: number;
  default_speedup_vs_streaming?: number;
  default_time_vs_cp?: number;
  /** Bytes that the default layout writes, over those that the reference's in-memory algorithm writes. */
  bytes_written_vs_reference?: number;
  /** Ours, both layouts. */
  peak_rss_mb?: number;
  in_memory_peak_rss_mb?: number;
  streaming_peak_rss_mb?: number;
}

export interface GraphReport {
  graph: string;
  /** Of all data sets. */
  bytes: number;
  parts: number;
  moved_bytes: { fewest_bytes: number; most_frequent: number };
  peers: PeerReport[];
  ratios: Ratios;
}

export interface RunReport {
  kind: 'peers';
  preset: string;
  machine: Machine;
  ran: Circumstances;
  /** Of the inputs, when the clock starts. */
  cache: Cache;
  /** The clock stops when all that a program wrote is on disk: files and folders are synced, by it or after it. */
  synced: true;
  /** Peers that could not run, and why. */
  left_out: { peer: Peer; reason: string }[];
  graphs: GraphReport[];
  targets: TargetReport[];
}

export interface TargetReport {
  target: string;
  /** The name of the ratio that it limits. */
  ratio: string;
  graph: string;
  value: number;
  limit: number;
  met: boolean;
}

export function peerReport(peer: Peer, costs: readonly Cost[]): PeerReport {
  return { peer, title: PEERS[peer], ...costReport(costs) };
}

export function costReport(costs: readonly Cost[]): CostReport {
  const seconds = spreadOf(costs.map((cost) => cost.seconds));
  const middle = (of: (cost: Cost) => number): number => median(costs.map(of));
  return {
    seconds,
    cpu_seconds: rounded(middle((cost) => cost.cpuSeconds)),
    peak_rss_mb: toMb(Math.max(...costs.map((cost) => cost.peakRssBytes))),
    bytes_read: middle((cost) => cost.bytesRead),
    bytes_written: middle((cost) => cost.bytesWritten),
    output_bytes: middle((cost) => cost.outputBytes),
    noisy: isNoisy(seconds),
  };
}

export function ratiosOf(peers: readonly PeerReport[]): Ratios {
  const of = (peer: Peer): PeerReport | undefined => peers.find((report) => report.peer === peer);
  const time = (a: Peer, b: Peer): number | undefined => ratio(of(a)?.seconds.median, of(b)?.seconds.median);
  const oursRss = [of('ours-fewest-bytes'), of('ours-most-frequent')].flatMap((p) => p?.peak_rss_mb ?? []);
  return defined({
    speedup_vs_in_memory: time('reference-in-memory', 'ours-most-frequent'),
    speedup_vs_streaming: time('reference-streaming', 'ours-most-frequent'),
    speedup_vs_graphstorm: time('graphstorm-in-memory', 'ours-most-frequent'),
    speedup_vs_graphstorm_streaming: time('graphstorm-streaming', 'ours-most-frequent'),
    speedup_vs_spark: time('spark', 'ours-most-frequent'),
    speedup_vs_duckdb: time('duckdb', 'ours-most-frequent'),
    time_vs_cp: time('ours-most-frequent', 'cp-most-frequent'),
    default_speedup_vs_in_memory: time('reference-in-memory', 'ours-fewest-bytes'),
    default_speedup_vs_streaming: time('reference-streaming', 'ours-fewest-bytes'),
    default_time_vs_cp: time('ours-fewest-bytes', 'cp-fewest-bytes'),
    bytes_written_vs_reference: ratio(
      of('ours-fewest-bytes')?.bytes_written,
      of('reference-in-memory')?.bytes_written,
    ),
    peak_rss_mb: oursRss.length > 0 ? Math.max(...oursRss) : undefined,
    in_memory_peak_rss_mb: of('reference-in-memory')?.peak_rss_mb,
    streaming_peak_rss_mb: of('reference-streaming')?.peak_rss_mb,
  });
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : rounded(a / b);
}

function defined(values: { [K in keyof Ratios]: Ratios[K] | undefined }): Ratios {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Graphs whose bytes are mostly embeddings: there the default layout is to write a fifth of the reference's bytes. */
const EMBEDDING_HEAVY = new Set(['mag', 'mag240m']);

interface Target {
  target: string;
  ratio: keyof Ratios;
  limit: number;
  isMet: (value: number, limit: number) => boolean;
  appliesTo?: (graph: string) => boolean;
}

const atLeast = (value: number, limit: number): boolean => value >= limit;
const atMost = (value: number, limit: number): boolean => value <= limit;

const TARGETS: Target[] = [
  {
    target: '≥ 10 × faster than the in-memory algorithm',
    ratio: 'speedup_vs_in_memory',
    limit: 10,
    isMet: atLeast,
  },
  {
    target: '≥ 20 × faster than the streaming algorithm',
    ratio: 'speedup_vs_streaming',
    limit: 20,
    isMet: atLeast,
  },
  { target: 'peak RSS < 300 MB', ratio: 'peak_rss_mb', limit: 300, isMet: (value, limit) => value < limit },
  { target: '≤ 1.25 × cp', ratio: 'time_vs_cp', limit: 1.25, isMet: atMost },
  {
    target: "default layout writes ≤ 20 % of the reference's bytes",
    ratio: 'bytes_written_vs_reference',
    limit: 0.2,
    isMet: atMost,
    appliesTo: (graph) => EMBEDDING_HEAVY.has(graph),
  },
  {
    target: "default layout never writes more than the reference's bytes",
    ratio: 'bytes_written_vs_reference',
    limit: 1,
    isMet: atMost,
  },
];

export function targetsOf(graphs: readonly { graph: string; ratios: Ratios }[]): TargetReport[] {
  return TARGETS.flatMap(({ target, ratio, limit, isMet, appliesTo }) =>
    graphs.flatMap(({ graph, ratios }) => {
      const value = ratios[ratio];
      if (value === undefined || appliesTo?.(graph) === false) return [];
      return [{ target, ratio, graph, value, limit, met: isMet(value, limit) }];
    }),
  );
}
