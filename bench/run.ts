/** Peers side by side: each aligns clones of the same graphs, in turns, and is checked once against the original rows. */
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
import { describeMachine } from './machine.js';
import { type Cache, type Cost, measure, run as runProgram } from './measure/measure.js';
import { benchFolder } from './paths.js';
import { commandOf, CP_OF, missing, type Peer, type PeerSettings } from './peers.js';
import type { Preset } from './presets.js';
import { benchPython } from './python.js';
import { type GraphReport, peerReport, ratiosOf, type RunReport, targetsOf } from './report.js';
import { formatBytes, formatSeconds, toMb } from './units.js';

export interface RunOptions extends PeerSettings {
  preset: string;
  cache: Cache;
  /** Seconds that one run of a peer may take. */
  limit: number | undefined;
  /** Whether every peer's first output is compared with the original, row by row. */
  check: boolean;
}

export async function runPreset(
  { graphs, peers, repeats, fewer }: Preset,
  options: RunOptions,
  folder: string,
  log: (line: string) => void,
): Promise<RunReport> {
  const machine = await describeMachine(folder);
  const able = peers.filter((peer) => missing(peer, options) === undefined);
  const leftOut = peers.flatMap((peer) => {
    const reason = missing(peer, options);
    return reason === undefined ? [] : [{ peer, reason }];
  });
  const reports: GraphReport[] = [];
  for (const request of graphs) {
    log(`${request.graph}: generating ${formatBytes(request.bytes)}`);
    const bench = new GraphBench(folder, request, options, log);
    await bench.generate();
    const repeatsOf = (peer: Peer): number => Math.min(repeats, fewer[peer] ?? repeats);
    reports.push(await bench.measure(able, repeatsOf));
    await remove(bench.graph);
  }
  return {
    preset: options.preset,
    machine,
    cache: options.cache,
    synced: true,
    left_out: leftOut,
    graphs: reports,
    targets: targetsOf(reports),
  };
}

/** One graph, and what the peers cost on it. */
class GraphBench {
  readonly graph: string;
  private readonly costs = new Map<Peer, Cost[]>();
  /** Parts that each of our layouts replaces: what `cp` copies. */
  private readonly moved = new Map<Peer, string[]>();

  constructor(
    private readonly folder: string,
    private readonly request: GraphRequest,
    private readonly options: RunOptions,
    private readonly log: (line: string) => void,
  ) {
    this.graph = join(folder, request.graph);
  }

  async generate(): Promise<void> {
    await generate(this.request, this.graph);
  }

  async measure(peers: readonly Peer[], repeatsOf: (peer: Peer) => number): Promise<GraphReport> {
    // Not counted: loads our program from disk, and finds what each layout moves.
    for (const layout of ['ours-fewest-bytes', 'ours-most-frequent'] as const) await this.turn(layout, true);
    const turns = Math.max(...peers.map(repeatsOf));
    for (let i = 0; i < turns; i++) {
      for (const peer of peers) {
        if (i >= repeatsOf(peer)) continue;
        const cost = await this.turn(peer, i === 0 && !peer.startsWith('ours-'));
        this.costs.set(peer, [...(this.costs.get(peer) ?? []), cost]);
      }
    }
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

  /** One run of one peer on a fresh clone. */
  private async turn(peer: Peer, isFirst: boolean): Promise<Cost> {
    const { cache, limit, check } = this.options;
    const clone = join(this.folder, 'clone');
    await cloneGraph(this.graph, clone);
    try {
      const layout = CP_OF[peer];
      const moved = layout === undefined ? [] : this.moved.get(layout)!;
      const { argv, env = {} } = commandOf(peer, clone, this.options, moved);
      const settings = limit === undefined ? {} : { limit };
      const cost = await measure(argv, { folder: clone, cache, env, ...settings });
      const { seconds, cpuSeconds, peakRssBytes } = cost;
      this.log(
        `${this.request.graph}: ${peer} ${formatSeconds(seconds)}, CPU ${formatSeconds(cpuSeconds)}, ${toMb(peakRssBytes)} MB`,
      );
      if (isFirst && layout === undefined) await this.look(peer, clone, check);
      return cost;
    } finally {
      await remove(clone);
    }
  }

  /** Checks what the peer made; of ours, notes which parts it replaced. */
  private async look(peer: Peer, clone: string, check: boolean): Promise<void> {
    if (peer.startsWith('ours-')) {
      const [before, after] = [
        await readMetadata(clone, METADATA),
        await readMetadata(clone, UPDATED_METADATA),
      ];
      this.moved.set(peer, movedParts(before, after));
    }
    if (!check) return;
    const checker = join(benchFolder, 'peers', 'same_rows.py');
    const { code, stderr } = await runProgram(benchPython(), [checker, this.graph, clone]);
    if (code !== 0)
      throw new BenchError(`${peer} did not keep the rows of ${this.request.graph}`, stderr.trim());
  }

  private async sizeOf(parts: readonly string[]): Promise<number> {
    let bytes = 0;
    for (const part of parts) bytes += (await stat(join(this.graph, part))).size;
    return bytes;
  }
}
