/** A run's report for people, as Markdown. */
import type { Machine } from './machine.js';
import type { GraphReport, PeerReport, RunReport, TargetReport } from './report.js';
import type { Spread } from './stats.js';
import { formatBytes, formatSeconds } from './units.js';

export function formatReport(report: RunReport): string {
  const { machine, cache, graphs, targets, left_out: leftOut } = report;
  return [
    describe(machine),
    `Everything written is on disk when the clock stops; the inputs are in the page cache when it starts: ${cache === 'warm' ? 'yes' : 'no'}.`,
    ...leftOut.map(({ peer, reason }) => `Not measured: ${peer}, because ${reason}.`),
    ...graphs.map(graphSection),
    '## Targets',
    targetTable(targets),
  ].join('\n\n');
}

export function describe(machine: Machine): string {
  const { cores, cpu, memoryGb, os, fileSystem, node, version, commit, loadBefore } = machine;
  return `gs-repartition ${version} (${commit}), ${cores} × ${cpu}, ${memoryGb} GB, ${os}, ${fileSystem}, Node ${node}; load average before the run ${loadBefore.toFixed(1)}.`;
}

function graphSection({ graph, bytes, parts, moved_bytes: moved, peers, ratios }: GraphReport): string {
  return [
    `## ${graph}: ${formatBytes(bytes)} in ${parts} parts`,
    `Bytes in parts that must be rewritten: ${formatBytes(moved.most_frequent)} for the reference's layout, ${formatBytes(moved.fewest_bytes)} for the default one.`,
    table(
      ['', 'seconds', 'CPU s', 'peak RSS', 'read', 'written'],
      peers.map((peer) => [peer.title, timing(peer), String(peer.cpu_seconds), ...amounts(peer)]),
    ),
    table(
      ['ratio', 'value'],
      Object.entries(ratios).map(([name, value]) => [`\`${name}\``, String(value)]),
    ),
  ].join('\n\n');
}

function amounts({ peak_rss_mb: rss, bytes_read: read, bytes_written: written }: PeerReport): string[] {
  return [`${rss} MB`, formatBytes(read), formatBytes(written)];
}

function timing({ seconds, noisy }: PeerReport): string {
  return `${formatSpread(seconds)}${noisy ? ' **noisy**' : ''}`;
}

export function formatSpread({ median, min, max, n }: Spread): string {
  if (n === 1) return `${formatSeconds(median)} (1 run)`;
  return `${formatSeconds(median)} (${formatSeconds(min)} to ${formatSeconds(max)}, ${n} runs)`;
}

export function targetTable(targets: readonly TargetReport[]): string {
  const rows = targets.map(({ target, graph, value, met }) => [
    target,
    graph,
    String(value),
    met ? 'yes' : '**no**',
  ]);
  return table(['target', 'graph', 'measured', 'met'], rows);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
