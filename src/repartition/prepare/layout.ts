/** The target layout of a group: which row counts all of its data sets will have. */
import { RepartitionError } from '../../errors.js';
import { forwardNames } from '../../metadata/index.js';
import type { DataSet } from '../../metadata/model.js';
import { dataSetName } from '../data-set-name.js';
import type { Candidate, CountedDataSet, CountedGroup, Layout, LayoutChoice } from '../model.js';
import { matchParts, rowsOf } from './match.js';
import { shapeChange } from './shape.js';

/**
 * The layouts that a group's data sets have, each once and in metadata order, and what each would cost; the even layout
 * that was asked for comes last. None has a part without rows: an empty column of lists has lost the width that
 * DistPartitioning needs to put it beside others, and an empty rank shifts the others there. One of them is chosen:
 *
 * - `fewest-bytes`: the cheapest; then the most frequent; then the first
 * - `most-frequent`: the one GraphStorm's own command takes
 *
 * @throws RepartitionError `mismatch` naming two data sets of the group that differ in their number of rows
 */
export function weighLayouts(group: CountedGroup, choice: LayoutChoice): Candidate[] {
  const rows = requireSameTotal(group);
  const dataSets = group.dataSets.map(weigh);
  const candidates = distinctLayouts(group.dataSets).map(({ layout, owners }): Candidate => {
    return { layout, dataSets: owners, cost: costOf(dataSets, layout), chosen: false };
  });
  if ('numOutputFiles' in choice) {
    const layout = evenLayout(rows, choice.numOutputFiles);
    return [...candidates, { layout, dataSets: [], cost: costOf(dataSets, layout), chosen: true }];
  }
  const chosen = choice.target === 'most-frequent' ? mostFrequent(group, candidates) : cheapest(candidates);
  return candidates.map((candidate) => ({ ...candidate, chosen: candidate === chosen }));
}

/** The layout that was chosen. */
export function chosenLayout(candidates: readonly Candidate[]): Layout {
  return candidates.find(({ chosen }) => chosen)?.layout ?? [];
}

function requireSameTotal({ dataSets }: CountedGroup): number {
  const totals = dataSets.map(({ parts }) => parts.reduce((sum, { rows }) => sum + rows, 0));
  const first = totals[0] ?? 0;
  const differing = totals.findIndex((total) => total !== first);
  if (differing < 0) return first;
  const [a, b] = [dataSetName(dataSets[0]!.dataSet), dataSetName(dataSets[differing]!.dataSet)];
  throw new RepartitionError(
    'mismatch',
    `${a} has ${first} rows but ${b} has ${totals[differing]!}: no layout fits both`,
    { hint: 'Data sets of one type need one row per node or edge; run gs-processing again.', dataSet: b },
  );
}

/**
 * N parts whose sizes differ by one row at most, none of them empty: fewer parts where there are fewer rows.
 * @internal
 */
export function evenLayout(rows: number, wanted: number): Layout {
  const parts = Math.max(1, Math.min(rows, wanted));
  // In whole numbers throughout: rows × parts may be more than a double holds.
  const bound = (i: number): number => Number((BigInt(rows) * BigInt(i)) / BigInt(parts));
  return Array.from({ length: parts }, (_, i) => bound(i + 1) - bound(i));
}

/** The layouts that there are, each once. */
function distinctLayouts(dataSets: readonly CountedDataSet[]): { layout: Layout; owners: DataSet[] }[] {
  const found: { layout: Layout; owners: DataSet[] }[] = [];
  for (const { dataSet, parts } of dataSets) {
    const layout = withoutEmpty(Array.from(parts, ({ rows }) => rows));
    const known = found.find((one) => isSame(one.layout, layout));
    if (known) known.owners.push(dataSet);
    else found.push({ layout, owners: [dataSet] });
  }
  return found;
}

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function cheapest(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    const isBetter =
      !best ||
      candidate.cost < best.cost ||
      (candidate.cost === best.cost && candidate.dataSets.length > best.dataSets.length);
    if (isBetter) best = candidate;
  }
  return best;
}

/**
 * The choice of GraphStorm's own command: the most frequent among the features of the forward type; the first wins a
 * tie.
 */
function mostFrequent(
  { group, dataSets }: CountedGroup,
  candidates: readonly Candidate[],
): Candidate | undefined {
  const votesFor = (type: string, { places }: DataSet): number =>
    places.filter((place) => place.section !== 'edges' && place.type === type).length;
  const isReverse = (type: string): boolean => forwardNames(type).some((name) => group.types.includes(name));
  const forwardFirst = [
    ...group.types.filter((type) => !isReverse(type)),
    ...group.types.filter((type) => isReverse(type)),
  ];
  const voting = forwardFirst.find((type) => dataSets.some(({ dataSet }) => votesFor(type, dataSet) > 0));
  const votesOf = (dataSet: DataSet): number => (voting === undefined ? 1 : votesFor(voting, dataSet));
  const counted = candidates.map((candidate) => ({
    candidate,
    votes: candidate.dataSets.reduce((sum, dataSet) => sum + votesOf(dataSet), 0),
    // In the order in which features are met: a structure's layout comes first, but has no vote.
    first: dataSets.findIndex(({ dataSet }) => votesOf(dataSet) > 0 && candidate.dataSets.includes(dataSet)),
  }));
  return counted.sort((a, b) => b.votes - a.votes || a.first - b.first)[0]?.candidate;
}

/** Of a type that has no rows at all, one part stays. */
function withoutEmpty(layout: Layout): Layout {
  const withRows = layout.filter((rows) => rows > 0);
  return withRows.length > 0 ? withRows : [0];
}

interface Weighed {
  rows: Float64Array;
  /**
   * Bytes by part that keeping it saves. Nothing for one that needs a new footer, which it needs under any layout, and
   * for one without rows, which is no loss.
   */
  worth: Float64Array;
  /** Of all parts. */
  bytes: number;
}

function weigh({ dataSet, parts }: CountedDataSet): Weighed {
  const worth = Float64Array.from(parts, (part) =>
    part.rows === 0 || shapeChange(dataSet, part) !== undefined ? 0 : part.size,
  );
  return { rows: rowsOf(parts), worth, bytes: parts.reduce((sum, { size }) => sum + size, 0) };
}

/** Bytes that a layout leaves to be made. */
function costOf(dataSets: readonly Weighed[], layout: ArrayLike<number>): number {
  let cost = 0;
  for (const { rows, worth, bytes } of dataSets) {
    cost += bytes;
    for (const part of matchParts(rows, layout)) if (part >= 0) cost -= worth[part]!;
  }
  return cost;
}
