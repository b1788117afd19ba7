/** The target layout of a group: which row counts all of its data sets will have. */
import { RepartitionError } from '../errors.js';
import { forwardNames } from '../metadata/index.js';
import { matchParts, rowsOf } from './match.js';
import type { CountedDataSet, CountedGroup, Layout, TargetLayout } from './model.js';
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
  // In whole numbers throughout: rows × parts may be more than a double holds.
  const bound = (i: number): number => Number((BigInt(rows) * BigInt(i)) / BigInt(parts));
  return Array.from({ length: parts }, (_, i) => bound(i + 1) - bound(i));
}

interface Candidate {
  layout: Float64Array;
  /** How many votes it has. */
  frequency: number;
}

/** The layouts that there are, each once, in metadata order. */
function candidates(voters: readonly { rows: Float64Array; votes: number }[]): Candidate[] {
  const found: Candidate[] = [];
  for (const { rows, votes } of voters) {
    const known = found.find(({ layout }) => isSame(layout, rows));
    if (known) known.frequency += votes;
    else found.push({ layout: rows, frequency: votes });
  }
  return found;
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * The choice of GraphStorm's own command: the most frequent among the features of the forward type; the first wins a
 * tie.
 */
function mostFrequent({ group, dataSets }: CountedGroup): Layout {
  const featuresOf = (type: string): { rows: Float64Array; votes: number }[] =>
    dataSets.flatMap(({ dataSet, parts }) => {
      const votes = dataSet.places.filter((place) => place.section !== 'edges' && place.type === type).length;
      return votes === 0 ? [] : [{ rows: rowsOf(parts), votes }];
    });
  const isReverse = (type: string): boolean => forwardNames(type).some((name) => group.types.includes(name));
  const forwardFirst = [
    ...group.types.filter((type) => !isReverse(type)),
    ...group.types.filter((type) => isReverse(type)),
  ];
  const features = forwardFirst.map(featuresOf).find((found) => found.length > 0);
  const voters = features ?? dataSets.map(({ parts }) => ({ rows: rowsOf(parts), votes: 1 }));
  const ranked = candidates(voters).sort((a, b) => b.frequency - a.frequency);
  return Array.from(ranked[0]?.layout ?? []);
}

/**
 * The layout under which the fewest bytes must be rewritten; then the most frequent; then the first. Unless all data
 * sets have it already, its parts without rows are left out: they help no rank, and an empty column of lists has lost
 * the width that DistPartitioning needs to put it beside others.
 */
function fewestBytes({ dataSets }: CountedGroup): Layout {
  const weighed = dataSets.map(weigh);
  let best: { candidate: Candidate; kept: number } | undefined;
  for (const candidate of candidates(weighed.map(({ rows }) => ({ rows, votes: 1 })))) {
    let kept = 0;
    for (const dataSet of weighed) kept += keptBytes(dataSet, candidate.layout);
    const isBetter =
      !best || kept > best.kept || (kept === best.kept && candidate.frequency > best.candidate.frequency);
    if (isBetter) best = { candidate, kept };
  }
  if (!best) return [];
  const layout = Array.from(best.candidate.layout);
  const withRows = layout.filter((rows) => rows > 0);
  return best.candidate.frequency === dataSets.length || withRows.length === 0 ? layout : withRows;
}

interface Weighed {
  rows: Float64Array;
  /**
   * Bytes by part that keeping it saves. Nothing for one that needs a new footer, which it needs under any layout, and
   * for one without rows, which is no loss.
   */
  worth: Float64Array;
}

function weigh({ dataSet, parts }: CountedDataSet): Weighed {
  const worth = Float64Array.from(parts, (part) =>
    part.rows === 0 || shapeChange(dataSet, part) !== undefined ? 0 : part.size,
  );
  return { rows: rowsOf(parts), worth };
}

function keptBytes({ rows, worth }: Weighed, layout: Float64Array): number {
  let bytes = 0;
  for (const part of matchParts(rows, layout)) if (part >= 0) bytes += worth[part]!;
  return bytes;
}
