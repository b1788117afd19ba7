/** What is read side by side: part i of all data sets of a type, on one rank. */
import { partsListedTwice } from '../prepare/part-lists.js';
import type { Columns } from './columns.js';
import { isRead, type LookedDataSet, type LookedPart } from './facts.js';
import { countOf, type Finding, placeOf, violation, warning } from './finding.js';

/** The data sets of one type, in the metadata's order. */
export interface LookedType {
  kind: 'node' | 'edge';
  type: string;
  dataSets: readonly LookedDataSet[];
}

/** Whether part i has the same rows in all data sets of a type, told against the first of them. */
export function checkAgreement({ type, dataSets }: LookedType): Finding[] {
  const [first, ...others] = dataSets;
  if (!first) return [];
  const firstName = placeOf(first.dataSet, type).dataSet;
  return others.flatMap((other) => {
    const place = placeOf(other.dataSet, type);
    if (other.parts.length !== first.parts.length) {
      const message = `has ${countOf(other.parts.length, 'part')}, ${firstName} has ${first.parts.length}`;
      return [violation('part-count', place, message)];
    }
    return other.parts.flatMap((part, i) => {
      const counterpart = first.parts[i]!;
      if (!isRead(part) || !isRead(counterpart) || part.rows === counterpart.rows) return [];
      const message = `has ${countOf(part.rows, 'row')}, part ${i} of ${firstName} has ${counterpart.rows}`;
      return [violation('row-count', { ...place, part: part.path }, message)];
    });
  });
}

/** A list of parts, and whose it is. */
export interface PartList {
  place: { type: string; dataSet: string };
  parts: readonly string[];
}

/** A file in two lists is read twice: right for a data set that two types share, and else somebody's mistake. */
export function checkSharedFiles(lists: readonly PartList[]): Finding[] {
  const owners = new Map<string, PartList>();
  const told = new Set<string>();
  return lists.flatMap((list) =>
    list.parts.flatMap((path) => {
      const owner = owners.get(path);
      owners.set(path, owner ?? list);
      if (!owner || owner === list || told.has(path)) return [];
      told.add(path);
      const { type, dataSet } = owner.place;
      return [
        violation('listed-twice', { ...list.place, part: path }, `is also a part of ${type}, ${dataSet}`),
      ];
    }),
  );
}

/** The same path twice in one list. */
export function checkListedTwice({ place, parts }: PartList): Finding[] {
  return partsListedTwice(parts).map((part) =>
    violation('listed-twice', { ...place, part }, 'is listed twice'),
  );
}

/** Which rank reads which parts, as numpy's `array_split` deals them out: a run each, the first ranks one more. */
function dealtOut(parts: number, ranks: number): [number, number][] {
  const [each, more] = [Math.floor(parts / ranks), parts % ranks];
  let from = 0;
  return Array.from({ length: ranks }, (_, rank) => {
    const to = from + each + (rank < more ? 1 : 0);
    const run: [number, number] = [from, to];
    from = to;
    return run;
  });
}

/**
 * What becomes of a type when so many ranks read it. Every rank sends some of its rows to every other; DGL 2.1 pads what
 * is missing, and stops where it cannot.
 */
export function checkRanks(looked: LookedType, ranks: number): Finding[] {
  return [
    ...checkDealtRows(looked, ranks),
    ...looked.dataSets.flatMap(({ dataSet, parts, schemas }) =>
      parts.every(isRead)
        ? checkRankTypes(placeOf(dataSet, looked.type), schemas[0]?.columns, parts.map(hasNulls), ranks)
        : [],
    ),
  ];
}

function checkDealtRows({ type, dataSets, kind }: LookedType, ranks: number): Finding[] {
  const [first] = dataSets;
  if (!first?.parts.every(isRead)) return [];
  const rows = first.parts.map((part) => part.rows);
  const total = rows.reduce((sum, count) => sum + count, 0);
  const where = { type };
  if (total < ranks) {
    const message =
      `has ${countOf(total, 'row')} for ${ranks} ranks: some pair of rank and partition gets none, at which ` +
      `DistPartitioning's exchange of ${kind === 'node' ? 'features' : 'edges'} stops (gloo_wrapper.py); take fewer ranks`;
    return [violation('world-size', where, message)];
  }
  if (rows.length < ranks) {
    const message =
      `has ${countOf(rows.length, 'part')} for ${ranks} ranks: ${countOf(ranks - rows.length, 'rank')} will read ` +
      'nothing of it; align it with a larger `numOutputFiles`';
    return [warning('world-size', where, message)];
  }
  const dealt = dealtOut(rows.length, ranks).map(([from, to]) =>
    rows.slice(from, to).reduce((sum, count) => sum + count, 0),
  );
  const poor = dealt.findIndex((count) => count < ranks);
  if (poor < 0) return [];
  const message =
    `has ${countOf(dealt[poor]!, 'row')} on rank ${poor} of ${ranks}: some partition gets none of them, which older ` +
    'versions of DGL do not allow for (gloo_wrapper.py)';
  return [warning('world-size', where, message)];
}

/** As far as its footer counts them. */
function hasNulls(part: LookedPart): boolean {
  return isRead(part) && (part.nulls ?? 0) > 0;
}

/**
 * Integers beside nulls become doubles, and the ranks compare their types (`_broadcast_shape`).
 * @param withNulls by part
 */
export function checkRankTypes(
  place: { type: string; dataSet: string },
  columns: Columns | undefined,
  withNulls: readonly boolean[],
  ranks: number,
): Finding[] {
  if (columns?.kind !== 'numbers' || !columns.hasIntegers) return [];
  const dealt = dealtOut(withNulls.length, ranks)
    .filter(([from, to]) => to > from)
    .map(([from, to]) => withNulls.slice(from, to).includes(true));
  if (!dealt.includes(true) || !dealt.includes(false)) return [];
  const message =
    `has nulls on some of ${ranks} ranks alone: those read its integers as doubles, and DistPartitioning stops because ` +
    'the ranks differ; let gs-processing write doubles';
  return [violation('world-size', place, message)];
}
