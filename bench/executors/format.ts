/** The report of the alignment on more and more executors, as Markdown. */
import { describe, table, targetTable } from '../format-report.js';
import { formatBytes, formatSeconds } from '../units.js';
import type { ExecutorsReport } from './report.js';

export function formatExecutors(report: ExecutorsReport): string {
  const { machine, ran, parts, part_bytes, moved_bytes, costs, points, targets } = report;
  const head = [
    'executors',
    'parts made in',
    'GB/s',
    'efficiency',
    'run',
    'efficiency',
    'whole',
    'efficiency',
  ];
  const rows = points.map(({ executors, seconds, gb_per_second, efficiency }) => {
    const run = seconds.prepare + seconds.parts + seconds.commit;
    return [
      String(executors),
      formatSeconds(seconds.parts),
      String(gb_per_second),
      percent(efficiency.parts),
      formatSeconds(run),
      percent(efficiency.run),
      formatSeconds(seconds.start + run + seconds.end),
      percent(efficiency.whole),
    ];
  });
  const costHead = ['executors', 'Spark starts in', 'ends in', 'footers and plan', 'check and publishing'];
  costHead.push(
    'requests a part',
    'in flight',
    'CPU: workers',
    'Spark',
    'command',
    'model',
    'of the machine',
  );
  const costRows = points.map(({ executors, seconds, cpuSeconds, ...point }) => [
    String(executors),
    formatSeconds(seconds.start),
    formatSeconds(seconds.end),
    formatSeconds(seconds.prepare),
    formatSeconds(seconds.commit),
    String(point.requests_per_part),
    String(point.inFlight),
    formatSeconds(cpuSeconds.workers),
    formatSeconds(cpuSeconds.spark),
    formatSeconds(cpuSeconds.command),
    formatSeconds(cpuSeconds.model),
    percent(point.cpu_share),
  ]);
  return [
    describe(machine, ran),
    [
      `Server: a model of S3 on loopback that moves no bytes: a request waits ${costs.latencyMs} ms, a copy also its bytes /`,
      `${formatBytes(costs.copyBytesPerSecond)} a second. One data set of ${parts.toLocaleString('en')} parts of ${formatBytes(part_bytes)} is made anew, ${formatBytes(moved_bytes)}; each worker has at`,
      `most ${report.max_concurrent_requests} requests in flight, so that waiting decides and not the processors of this one machine. Spark is a`,
      '`local-cluster`: each executor is a process with one core and one worker, and none has worked before.',
    ].join('\n'),
    [
      'Efficiency is of the speed that so many times the executors of the first line would have. "Parts made in" is from the',
      'plan to the last part; a run is that with metadata, footers, check and publishing, on a Spark that is there; the whole',
      "has Spark's start and end too, which are the same work for all on the same processors.",
    ].join('\n'),
    table(head, rows),
    table(costHead, costRows),
    ...(targets.length === 0 ? [] : ['## Targets', targetTable(targets)]),
  ].join('\n\n');
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
