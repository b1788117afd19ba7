/** Peers side by side, in one run, on one graph after the other. */
import { benchGraph, type BenchSettings } from './graph-bench.js';
import { type Circumstances, describeMachine } from './machine.js';
import { missing, type Peer } from './peers.js';
import type { PeersPreset } from './presets.js';
import { type GraphReport, type RunReport, targetsOf } from './report.js';

/** What every preset is run with. */
export interface RunContext {
  preset: string;
  ran: Circumstances;
  settings: BenchSettings;
  /** For the data, on the disk that is measured. */
  folder: string;
  log: (line: string) => void;
}

/** @throws BenchError when a peer fails or loses rows */
export async function runPeers(preset: PeersPreset, context: RunContext): Promise<RunReport> {
  const { settings, folder, log } = context;
  const { peers, repeats, fewer, leftOut } = preset;
  const machine = await describeMachine(folder);
  const reasons = peers.map((peer) => ({ peer, reason: missing(peer, settings) }));
  const able = reasons.filter(({ reason }) => reason === undefined).map(({ peer }) => peer);
  const repeatsOf = (peer: Peer): number => Math.min(repeats, fewer[peer] ?? repeats);
  const graphs: GraphReport[] = [];
  for (const request of preset.graphs) {
    graphs.push(await benchGraph(folder, request, settings, { peers: able, repeatsOf }, log));
  }
  return {
    kind: 'peers',
    preset: context.preset,
    machine,
    ran: context.ran,
    cache: settings.cache,
    synced: true,
    left_out: [
      ...reasons.flatMap(({ peer, reason }) => (reason === undefined ? [] : [{ peer, reason }])),
      ...(Object.entries(leftOut) as [Peer, string][]).map(([peer, reason]) => ({ peer, reason })),
    ],
    graphs,
    targets: targetsOf(graphs),
  };
}
