/** The report of the benchmark on S3, as Markdown. */
import { amounts, describe, ratioTable, table, targetTable, timing } from '../format-report.js';
import { formatBytes, formatSeconds } from '../units.js';
import type { CostReport } from '../report.js';
import type { S3Case, S3Report } from './report.js';

export function formatS3(report: S3Report): string {
  const { machine, ran, server, cases, targets } = report;
  return [
    describe(machine, ran),
    [
      `Server: ${server}; the page cache is warm. The clock stops when all that the server wrote is synced to disk. Both`,
      `programs include their own start. The bare copies make objects of the ranges that we had copied, without what we uploaded.`,
      `Traffic is counted at the client's sockets in a run of its own, through a proxy.`,
    ].join('\n'),
    ...cases.map(caseSection),
    '## Targets',
    targetTable(targets),
  ].join('\n\n');
}

function caseSection(one: S3Case): string {
  const requests = Object.entries(one.requests).map(([operation, n]) => `${n} ${operation}`);
  return [
    `## ${one.graph}, ${one.layout}: ${formatBytes(one.moved_bytes)} of ${formatBytes(one.bytes)} moved, in ${one.moved_parts} parts`,
    [
      `${formatBytes(one.copied_bytes)} copied by the server in ${one.copies} requests; ${formatBytes(one.uploaded_bytes)} uploaded,`,
      `${formatBytes(one.downloaded_bytes)} downloaded. Requests: ${requests.join(', ')}.`,
    ].join('\n'),
    table(
      ['', 'seconds', 'CPU s', 'peak RSS', 'read', 'written'],
      [
        costRow('gs-repartition', one.ours),
        ...(one.bare_copies ? [costRow(bareTitle(one), one.bare_copies)] : []),
      ],
    ),
    ratioTable(one.ratios),
  ].join('\n\n');
}

function costRow(title: string, cost: CostReport): string[] {
  return [title, timing(cost), String(cost.cpu_seconds), ...amounts(cost)];
}

function bareTitle({ bare_copies_inside_seconds: inside = 0 }: S3Case): string {
  return `the same copies, nothing else (${formatSeconds(inside)} without its start)`;
}
