/** The target layout of a group: which row counts all of its data sets will have. */
import { RepartitionError } from '../errors.js';
import type { CountedDataSet, CountedGroup, Layout, PartFacts, TargetLayout } from './model.js';
import { dataSetName } from './names.js';
import { shapeChange } from './shape.js';

export type LayoutChoice = { target: TargetLayout } | { numOutputFiles: number };

/**
 * @throws RepartitionError `mismatch` naming two data sets of the group that differ in their number of rows
 */
export function chooseLayout(group: CountedGroup, choice: LayoutChoice): Layout {
  const total = requireSameTotal(group);
  if ('numOutputFiles' in choice) return evenLayout(total, choice.numOutputFiles);
  return choice.target === 'most-frequent' ? mostFrequent(group) : fewestBytes(group);
}

function requireSameTotal({ dataSets }: CountedGroup): number {
  const totals = dataSets.map(({ parts }) => parts.reduce((sum, { rows }) => sum + rows, 0));
  const first = totals[0] ?? 0;
  const differing = totals.findIndex((total) => total !== first);
  if (differing < 0) return first;
  const [a, b] = [dataSets[0]!, dataSets[differing]!];
  throw new RepartitionError(
    'mismatch',
    `${dataSetName(a.dataSet)} has ${first} rows but ${dataSetName(b.dataSet)} has ${totals[differing]!}: no layout fits both`,
    { hint: 'Data sets of one type need one row per node or edge; run gs-processing again.' },
  );
}

/** N parts whose sizes differ by one row at most. */
export function evenLayout(rows: number, parts: number): Layout {
  const bound = (i: number): number => Number((BigInt(rows) * BigInt(i)) / BigInt(parts));
  return Array.from({ length: parts }, (_, i) => bound(i + 1) - bound(i));
}

interface Candidate {
  layout: Layout;
  /** How many data sets have it already. */
  frequency: number;
}

/** The layouts that data sets have, each once, in metadata order. */
function candidates(dataSets: readonly CountedDataSet[]): Candidate[] {
  const byText = new Map<string, Candidate>();
  for (const { parts } of dataSets) {
    const layout = parts.map((part) => part.rows);
    const key = layout.join();
    const known = byText.get(key);
    if (known) known.frequency++;
    else byText.set(key, { layout, frequency: 1 });
  }
  return [...byText.values()];
}

/** The choice of GraphStorm's own command: the most frequent among the type's features; the first wins a tie. */
function mostFrequent({ group, dataSets }: CountedGroup): Layout {
  const [type] = group.types;
  const isFeature = ({ dataSet }: CountedDataSet, ofType?: string): boolean =>
    dataSet.places.some(
      (place) => place.section !== 'edges' && (ofType === undefined || place.type === ofType),
    );
  const own = dataSets.filter((dataSet) => isFeature(dataSet, type));
  const any = dataSets.filter((dataSet) => isFeature(dataSet));
  const voters = own.length > 0 ? own : any.length > 0 ? any : dataSets;
  const ranked = candidates(voters).sort((a, b) => b.frequency - a.frequency);
  return ranked[0]?.layout ?? [];
}

/**
 * The layout under which the fewest bytes must be rewritten; then the most frequent; then the first. Unless all data
 * sets have it already, its parts without rows are left out: they help no rank, and an empty column of lists has lost
 * the width that DistPartitioning needs to put it beside others.
 */
function fewestBytes({ dataSets }: CountedGroup): Layout {
  let best: { candidate: Candidate; bytes: number } | undefined;
  for (const candidate of candidates(dataSets)) {
    let bytes = 0;
    for (const dataSet of dataSets) bytes += bytesToRewrite(dataSet, candidate.layout);
    const isBetter =
      !best || bytes < best.bytes || (bytes === best.bytes && candidate.frequency > best.candidate.frequency);
    if (isBetter) best = { candidate, bytes };
  }
  if (!best) return [];
  const { layout, frequency } = best.candidate;
  const withRows = layout.filter((rows) => rows > 0);
  return frequency === dataSets.length || withRows.length === 0 ? layout : withRows;
}

/** Bytes of the parts that can't be kept under a layout; one without rows is no loss. */
function bytesToRewrite({ dataSet, parts }: CountedDataSet, layout: Layout): number {
  const kept = new Set(
    keptParts(parts, layout).filter((part) => part && shapeChange(dataSet, part) === undefined),
  );
  return parts.reduce((sum, part) => sum + (part.rows === 0 || kept.has(part) ? 0 : part.size), 0);
}

/**
 * For each part of the layout, the existing part that covers exactly its rows.
 *
 *     parts    │  a  │ b │   c   │ d │        kept: a, –, d
 *     layout   │  0  │     1     │ 2 │
 */
export function keptParts(parts: readonly PartFacts[], layout: Layout): (PartFacts | undefined)[] {
  let at = 0; // the first part not behind us
  let start = 0; // where it starts
  let row = 0;
  return layout.map((rows) => {
    while (at < parts.length && start < row) start += parts[at++]!.rows;
    // Parts without rows lie between others: an output with rows steps over them, one without takes the next.
    while (rows > 0 && at < parts.length && start === row && parts[at]!.rows === 0) at++;
    const part = parts[at];
    const isKept = part !== undefined && start === row && part.rows === rows;
    if (isKept) {
      at++;
      start += rows;
    }
    row += rows;
    return isKept ? part : undefined;
  });
}
