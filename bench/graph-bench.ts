/** One generated graph and what peers cost on it: each aligns clones of it, in turns. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from './bench-error.js';
import {
  cloneGraph,
  entriesOf,
  generate,
  type GraphRequest,
  METADATA,
  movedParts,
  readMetadata,
  remove,
  UPDATED_METADATA,
} from './graphs.js';
import { type Cache, type Cost, measure, run as runProgram } from './measure/measure.js';
import { benchFolder } from './paths.js';
import { commandOf, CP_OF, type Peer, type PeerSettings } from './peers.js';
import { benchPython } from './python.js';
import { type GraphReport, peerReport, ratiosOf } from './report.js';
import { formatBytes, formatSeconds, toMb } from './units.js';

export interface BenchSettings extends PeerSettings {
  cache: Cache;
  /** Seconds that one run of a peer may take. */
  limit: number | undefined;
  /** Whether every peer's first output is compared with the original, row by row. */
  check: boolean;
}

export interface Turns {
  /** In the order of a turn; ours before the `cp` of what it moves. */
  peers: readonly Peer[];
  repeatsOf: (peer: Peer) => number;
  /** Whether our first run counts as well: where one takes minutes, loading the program is nothing. */
  firstCounts?: boolean;
}

/**
 * What was made is kept until a graph is done with, where all of it takes no more: ext4 passes over each inode that was freed
 * in the last minutes whenever it makes a file, so that after many were removed `cp` takes twice as long.
 */
const KEPT_BYTES = 16e9;

const OUR_LAYOUTS = ['ours-fewest-bytes', 'ours-most-frequent'] as const;

/**
 * Generates a graph, measures peers on it, and removes it.
 * @throws BenchError when a peer fails or does not keep the rows
 */
export async function benchGraph(
  folder: string,
  request: GraphRequest,
  settings: BenchSettings,
  turns: Turns,
  log: (line: string) => void,
): Promise<GraphReport> {
  const bench = new GraphBench(folder, request, settings, log);
  try {
    return await bench.measure(turns);
  } finally {
    await bench.dispose();
  }
}

class GraphBench {
  readonly graph: string;
  private readonly costs = new Map<Peer, Cost[]>();
  /** Parts that each of our layouts replaces: what `cp` copies. */
  private readonly moved = new Map<Peer, string[]>();
  private readonly clones: string[] = [];
  private keepsClones = false;

  constructor(
    private readonly folder: string,
    private readonly request: GraphRequest,
    private readonly settings: BenchSettings,
    private readonly log: (line: string) => void,
  ) {
    this.graph = join(folder, request.graph);
  }

  async measure({ peers, repeatsOf, firstCounts = false }: Turns): Promise<GraphReport> {
    this.log(`${this.request.graph}: generating ${formatBytes(this.request.bytes)}`);
    await generate(this.request, this.graph);
    // Not counted: loads our program from disk, and finds what each layout moves.
    const first = OUR_LAYOUTS.filter((layout) => !firstCounts && isNeeded(layout, peers));
    const runs = first.length + peers.reduce((sum, peer) => sum + repeatsOf(peer), 0);
    this.keepsClones = runs * this.request.bytes <= KEPT_BYTES;
    for (const layout of first) await this.turn(layout);
    const turns = Math.max(...peers.map(repeatsOf));
    for (let i = 0; i < turns; i++) {
      for (const peer of peers) {
        if (i >= repeatsOf(peer)) continue;
        this.costs.set(peer, [...(this.costs.get(peer) ?? []), await this.turn(peer)]);
      }
    }
    return this.report(peers);
  }

  private async report(peers: readonly Peer[]): Promise<GraphReport> {
    const reports = peers.map((peer) => peerReport(peer, this.costs.get(peer)!));
    const metadata = await readMetadata(this.graph, METADATA);
    const parts = [...new Set(entriesOf(metadata).flatMap(({ data }) => data))];
    return {
      graph: this.request.graph,
      bytes: await this.sizeOf(parts),
      parts: parts.length,
      moved_bytes: {
        fewest_bytes: await this.sizeOf(this.moved.get('ours-fewest-bytes') ?? []),
        most_frequent: await this.sizeOf(this.moved.get('ours-most-frequent') ?? []),
      },
      peers: reports,
      ratios: ratiosOf(reports),
    };
  }

  /** One run of one peer on a fresh clone; a peer's first is looked at. */
  private async turn(peer: Peer): Promise<Cost> {
    const { cache, limit } = this.settings;
    const clone = join(this.folder, `clone-${this.clones.length}`);
    this.clones.push(clone);
    await cloneGraph(this.graph, clone);
    try {
      const layout = CP_OF[peer];
      const moved = layout === undefined ? [] : this.moved.get(layout)!;
      const { argv, env = {} } = commandOf(peer, clone, this.settings, moved);
      const options = { folder: clone, cache, env, ...(limit !== undefined && { limit }) };
      const cost = await measure(argv, options);
      const { seconds, cpuSeconds, peakRssBytes } = cost;
      this.log(
        `${this.request.graph}: ${peer} ${formatSeconds(seconds)}, CPU ${formatSeconds(cpuSeconds)}, ${toMb(peakRssBytes)} MB`,
      );
      if (layout === undefined && !this.moved.has(peer)) await this.look(peer, clone);
      return cost;
    } finally {
      if (!this.keepsClones) await remove(clone);
    }
  }

  async dispose(): Promise<void> {
    for (const clone of [...this.clones, this.graph]) await remove(clone);
  }

  /** Checks what the peer made, and notes which parts it replaced. */
  private async look(peer: Peer, clone: string): Promise<void> {
    const [before, after] = [
      await readMetadata(clone, METADATA),
      await readMetadata(clone, UPDATED_METADATA),
    ];
    this.moved.set(peer, movedParts(before, after));
    if (this.settings.check) await requireSameRows(peer, this.graph, clone);
  }

  private async sizeOf(parts: readonly string[]): Promise<number> {
    let bytes = 0;
    for (const part of parts) bytes += (await stat(join(this.graph, part))).size;
    return bytes;
  }
}

function isNeeded(layout: Peer, peers: readonly Peer[]): boolean {
  return peers.some((peer) => peer === layout || CP_OF[peer] === layout);
}

/** @throws BenchError when the aligned graph has other rows than the original, or parts that do not fit each other */
export async function requireSameRows(who: string, original: string, aligned: string): Promise<void> {
  const checker = join(benchFolder, 'peers', 'same_rows.py');
  const { code, stderr } = await runProgram(benchPython(), [checker, original, aligned]);
  if (code !== 0) throw new BenchError(`${who} did not keep the rows of ${original}`, stderr.trim());
}
