/**
 * How close to the limit: the time to move every boundary of one data set, against the time `cp` takes for the same
 * bytes. Both are measured in turns, on clones of one graph, until everything they wrote is on disk.
 */
import { join } from 'node:path';
import type { Summary } from '../src/repartition/api.js';
import {
  cloneGraph,
  generate,
  METADATA,
  movedParts,
  readMetadata,
  remove,
  UPDATED_METADATA,
} from './graphs.js';
import { describeMachine, type Machine } from './machine.js';
import { type Cache, type Cost, measure } from './measure/measure.js';
import { cp, ours } from './peers.js';
import { isNoisy, median, rounded, type Spread, spreadOf } from './stats.js';
import { formatBytes, formatSeconds, toMb } from './units.js';

export interface CpRatioOptions {
  /** What the pages hold: embeddings 768 wide, or the two id columns of an edge structure. */
  kind: 'vectors' | 'edges';
  bytes: number;
  partBytes: number;
  repeats: number;
  cache: Cache;
  concurrency: number | undefined;
  seed: number;
}

export interface CpRatioReport {
  machine: Machine;
  options: CpRatioOptions;
  /** Of the parts that had to move. */
  movedBytes: number;
  movedParts: number;
  ours: Spread;
  cp: Spread;
  /** The ratio of the medians. */
  time_vs_cp: number;
  /** Each turn's own ratio: neighbours in time share the machine's moods. */
  time_vs_cp_by_turn: number[];
  cpu_seconds: { ours: number; cp: number };
  /** The largest of all runs. */
  peak_rss_mb: number;
  bytes_read: number;
  bytes_written: number;
  noisy: boolean;
}

export async function cpRatio(
  options: CpRatioOptions,
  folder: string,
  log: (line: string) => void,
): Promise<CpRatioReport> {
  const machine = await describeMachine(folder);
  const { kind, bytes, partBytes, repeats, cache, seed } = options;
  const graph = join(folder, 'graph');
  log(`generating ${formatBytes(bytes)} of ${kind}`);
  await generate({ graph: `boundaries-${kind}`, bytes, partBytes, seed }, graph);

  let moved: string[] = [];
  const costs: { ours: Cost[]; cp: Cost[] } = { ours: [], cp: [] };
  const turn = async (name: keyof typeof costs): Promise<Cost> => {
    const clone = join(folder, 'clone');
    await cloneGraph(graph, clone);
    try {
      const command = name === 'ours' ? ours(clone, 'most-frequent', options.concurrency) : cp(clone, moved);
      const measured = await measure(command, { folder: clone, cache });
      if (name === 'ours') {
        requireSpliced(JSON.parse(measured.stdout) as Summary);
        moved = movedParts(await readMetadata(clone, METADATA), await readMetadata(clone, UPDATED_METADATA));
      }
      log(`${name.padEnd(4)} ${formatSeconds(measured.seconds)}, ${toMb(measured.peakRssBytes)} MB`);
      return measured;
    } finally {
      await remove(clone);
    }
  };
  // The first run of each is not counted: it loads programs from disk, and tells which bytes move.
  await turn('ours');
  await turn('cp');
  for (let i = 0; i < repeats; i++) {
    for (const name of ['ours', 'cp'] as const) costs[name].push(await turn(name));
  }
  return {
    machine,
    options,
    movedBytes: costs.cp[0]!.outputBytes,
    movedParts: moved.length,
    ...reportOn(costs),
  };
}

function reportOn(costs: {
  ours: Cost[];
  cp: Cost[];
}): Omit<CpRatioReport, 'machine' | 'options' | 'movedBytes' | 'movedParts'> {
  const secondsOf = (name: keyof typeof costs): number[] => costs[name].map(({ seconds }) => seconds);
  const [ours, cp] = [spreadOf(secondsOf('ours')), spreadOf(secondsOf('cp'))];
  const byTurn = secondsOf('ours').map((seconds, i) => rounded(seconds / costs.cp[i]!.seconds));
  const cpu = (name: keyof typeof costs): number => rounded(median(costs[name].map((c) => c.cpuSeconds)));
  return {
    ours,
    cp,
    time_vs_cp: rounded(ours.median / cp.median),
    time_vs_cp_by_turn: byTurn,
    cpu_seconds: { ours: cpu('ours'), cp: cpu('cp') },
    peak_rss_mb: toMb(Math.max(...costs.ours.map(({ peakRssBytes }) => peakRssBytes))),
    bytes_read: median(costs.ours.map(({ bytesRead }) => bytesRead)),
    bytes_written: median(costs.ours.map(({ bytesWritten }) => bytesWritten)),
    noisy: isNoisy(ours) || isNoisy(cp),
  };
}

/** A comparison in which nothing moved, or another way was gone, would look good and mean nothing. */
function requireSpliced({ parts, bytes }: Summary): void {
  if (parts.spliced === 0 || parts.reencoded > 0 || parts.resumed > 0 || bytes.copied === 0) {
    throw new Error(`expected a run that splices all it makes, got ${JSON.stringify({ parts, bytes })}`);
  }
}

/** For people. */
export function formatCpRatio(report: CpRatioReport): string {
  const { options, ours, cp, machine } = report;
  const spread = (s: Spread): string =>
    `${formatSeconds(s.median)} (${formatSeconds(s.min)} to ${formatSeconds(s.max)})`;
  const lines = [
    `${formatBytes(report.movedBytes)} in ${report.movedParts} parts, every boundary moved; ${options.cache} cache, all synced to disk`,
    `gs-repartition  ${spread(ours)}`,
    `cp              ${spread(cp)}`,
    `time_vs_cp      ${report.time_vs_cp} (median of ${ours.n}; by turn: ${report.time_vs_cp_by_turn.join(' ')})`,
    `peak_rss_mb     ${report.peak_rss_mb} (all threads)`,
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.os}, ${machine.fileSystem}, Node ${machine.node}, load before ${machine.loadBefore.toFixed(1)}`,
  ];
  if (report.noisy) lines.push('NOISY: the runs differ by more than 30 %; repeat on a quiet machine');
  return lines.join('\n');
}
