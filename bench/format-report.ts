/** A run's report for people, as Markdown. */
import type { Circumstances, Machine } from './machine.js';
import type { CostReport, GraphReport, RunReport, TargetReport } from './report.js';
import type { Spread } from './stats.js';
import { formatBytes, formatSeconds } from './units.js';

export function formatReport(report: RunReport): string {
  const { machine, ran, cache, graphs, targets, left_out: leftOut } = report;
  return [
    describe(machine, ran),
    measuredAs(cache),
    ...leftOut.map(({ peer, reason }) => `Not measured: ${peer}, because ${reason}.`),
    ...graphs.map(graphSection),
    '## Targets',
    targetTable(targets),
  ].join('\n\n');
}

export function describe(machine: Machine, { date, command, versions }: Circumstances): string {
  const { cores, cpu, memoryGb, os, fileSystem, node, version, commit, loadBefore } = machine;
  const others = Object.entries(versions).map(([name, release]) => `${name} ${release}`);
  return [
    `\`${command}\`, ${date}, gs-repartition ${version} (${commit}).`,
    `${cores} × ${cpu}, ${memoryGb} GB, ${os}, ${fileSystem}, ${[`Node ${node}`, ...others].join(', ')};`,
    `load average before the run ${loadBefore.toFixed(1)}.`,
  ].join('\n');
}

/** What makes the numbers comparable. */
export function measuredAs(cache: RunReport['cache']): string {
  return [
    `Programs run in turns, each on a fresh clone. The clock stops when all that a program wrote is synced to disk, by`,
    `itself or right after its end; the inputs are ${cache === 'warm' ? 'in the page cache (warm)' : 'out of the page cache (cold)'} when it starts, and`,
    `free memory has just been touched, so that no program waits for the host of a virtual machine to give it back. Memory`,
    `is the largest process's peak of all runs; CPU and bytes are medians of the kernel's count (wait4, /proc), bytes by`,
    `read and write calls: what a program maps instead of reading is not in them.`,
  ].join('\n');
}

function graphSection({ graph, bytes, parts, moved_bytes: moved, peers, ratios }: GraphReport): string {
  return [
    `## ${graph}: ${formatBytes(bytes)} in ${parts} parts`,
    `Bytes in parts that must be rewritten: ${formatBytes(moved.most_frequent)} for the reference's layout, ${formatBytes(moved.fewest_bytes)} for the default one.`,
    table(
      ['', 'seconds', 'CPU s', 'peak RSS', 'read', 'written'],
      peers.map((peer) => [peer.title, timing(peer), String(peer.cpu_seconds), ...amounts(peer)]),
    ),
    ratioTable(ratios),
  ].join('\n\n');
}

export function ratioTable(ratios: object): string {
  return table(
    ['ratio', 'value'],
    Object.entries(ratios).map(([name, value]) => [`\`${name}\``, String(value)]),
  );
}

export function amounts({
  peak_rss_mb: rss,
  bytes_read: read,
  bytes_written: written,
}: CostReport): string[] {
  return [`${rss} MB`, formatBytes(read), formatBytes(written)];
}

export function timing({ seconds, noisy }: CostReport): string {
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
