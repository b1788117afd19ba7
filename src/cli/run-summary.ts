/** What a run did, for people. */
import type { LayoutChange, PartRows, Summary } from '../repartition/api.js';
import { formatBytes, formatCount, formatDuration, plural } from './format.js';
import { describeRequests } from './requests.js';

/** A graph may have thousands of data sets. */
const MOST_LINES = 40;
/** Row counts shown of a data set, as far as there is room. */
const MOST_COUNTS = 6;

/**
 * @param columns that a line may have, if that is known
 * @returns the lines; `full` also says of each data set what its parts had and have
 */
export function describeSummary(
  summary: Summary,
  { kind, columns = Infinity }: { kind: 'full' | 'short'; columns?: number | undefined },
): string[] {
  const { parts, bytes, updatedMetadata, layouts, requests } = summary;
  return [
    `${describeOutcome(summary)}, in ${formatDuration(summary.seconds)}.`,
    `  parts     ${formatCount(parts.kept)} kept, ${formatCount(parts.spliced)} spliced, ` +
      `${formatCount(parts.reencoded)} re-encoded, ${formatCount(parts.resumed)} made by an earlier run`,
    `  bytes     ${formatBytes(bytes.kept)} kept, ${formatBytes(bytes.copied)} copied, ` +
      `${formatBytes(bytes.written)} written anew`,
    ...(requests ? describeRequests(requests, { isEstimate: false }) : []),
    `  metadata  ${updatedMetadata}`,
    ...(kind === 'full' && layouts.length > 0
      ? ['  rows per part', ...describeLayouts(layouts, columns)]
      : []),
  ];
}

function describeOutcome({ types, dataSets, parts, rows }: Summary): string {
  const graph = `${plural(types.total, 'type')}, ${plural(dataSets.total, 'data set')}, ${plural(rows, 'row')}`;
  if (types.aligned === 0) return `Nothing to align: ${graph}`;
  if (parts.spliced + parts.reencoded === 0) {
    return `Nothing left to do: ${plural(parts.resumed, 'part')} made by an earlier run; ${graph}`;
  }
  return (
    `Aligned ${formatCount(types.aligned)} of ${plural(types.total, 'type')}, rewriting ` +
    `${formatCount(dataSets.rewritten)} of ${plural(dataSets.total, 'data set')}, ${plural(rows, 'row')}`
  );
}

/** A line each, those that changed first; as many counts as there is room for in all of them. */
function describeLayouts(layouts: readonly LayoutChange[], columns: number): string[] {
  const inOrder = [...layouts.filter(({ changed }) => changed), ...layouts.filter(({ changed }) => !changed)];
  const shown = inOrder.slice(0, MOST_LINES);
  const more = layouts.length - shown.length;
  const width = Math.max(...shown.map(({ dataSet }) => dataSet.length));
  const linesWith = (counts: number): string[] =>
    shown.map((one) => `    ${one.dataSet.padEnd(width)}  ${describeChange(one, counts)}`);
  let counts = MOST_COUNTS;
  while (counts > 1 && linesWith(counts).some((line) => line.length > columns)) counts--;
  return [
    ...linesWith(counts),
    ...(more > 0 ? [`    … and ${plural(more, 'more data set')} (--json has all)`] : []),
  ];
}

function describeChange(change: LayoutChange, counts: number): string {
  const before = describeRows(change.before, counts);
  return change.changed ? `${before} → ${describeRows(change.after, counts)}` : `${before} (as it was)`;
}

/** `10 12 9`, `10 12 … (120 parts)`. */
function describeRows({ parts, first }: PartRows, counts: number): string {
  const shown = first.slice(0, counts).map(formatCount).join(' ');
  return parts > counts ? `${shown} … (${formatCount(parts)} parts)` : shown;
}
