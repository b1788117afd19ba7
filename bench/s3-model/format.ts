/** The report of the benchmark in the model of S3, as Markdown. */
import { describe, formatSpread, table, targetTable, timing } from '../format-report.js';
import { formatBytes, formatSeconds } from '../units.js';
import type { ModelPoint, ModelReport } from './report.js';

export function formatModel(report: ModelReport): string {
  const { machine, ran, points, targets } = report;
  return [
    describe(machine, ran),
    ...points.map(pointSection),
    ...(targets.length === 0 ? [] : ['## Targets', targetTable(targets)]),
  ].join('\n\n');
}

function pointSection(point: ModelPoint): string {
  const { parts, moved_bytes: moved, costs, runs, bare = [] } = point;
  const latency =
    costs.tailMs > 0 ? `${costs.latencyMs} ms (p99 ${costs.tailMs} ms)` : `${costs.latencyMs} ms`;
  return [
    `## ${formatBytes(moved)} in ${parts.toLocaleString('en')} parts, latency ${latency}`,
    table(
      [
        '',
        'seconds',
        'GB/s',
        'CPU ms a part',
        'requests a part',
        'peak RSS',
        'uploaded',
        'downloaded',
        'in flight',
        '503',
      ],
      runs.map((one) => [
        one.build,
        timing(one.cost),
        String(one.gb_per_second),
        String(one.cpu_ms_per_part),
        String(one.requests_per_part),
        `${one.cost.peak_rss_mb} MB`,
        formatBytes(one.uploaded_bytes),
        formatBytes(one.downloaded_bytes),
        `${one.in_flight.mean}, at most ${one.in_flight.peak}`,
        `${Math.round(1000 * one.slowed_down_share) / 10} %`,
      ]),
    ),
    ...bare.map(({ in_flight, seconds }) => {
      const ratios = runs.map(({ time_vs_copies: ratio }) => `${ratio?.[in_flight] ?? NaN} ×`);
      return `The same copies and nothing else, ${in_flight} in flight: ${formatSpread(seconds)}; ours takes ${ratios.join(', ')}.`;
    }),
    ...runs.map(({ build, requests, model_cpu_seconds: cpu }) => {
      const counts = Object.entries(requests).map(
        ([operation, n]) => `${n.toLocaleString('en')} ${operation}`,
      );
      return `Requests of ${build}: ${counts.join(', ')}. The model took ${formatSeconds(cpu)} of processor time.`;
    }),
  ].join('\n\n');
}
