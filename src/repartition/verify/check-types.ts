/** What is read side by side: part i of all data sets of a type, on one rank. */
import type { DataSet } from '../../metadata/index.js';
import { isRead, type LookedDataSet } from './facts.js';
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

/** A file in two lists is read twice: right for a data set that two types share, and else somebody's mistake. */
export function checkSharedFiles(dataSets: readonly DataSet[]): Finding[] {
  const owners = new Map<string, DataSet>();
  const told = new Set<string>();
  return dataSets.flatMap((dataSet) =>
    dataSet.parts.flatMap((path) => {
      const owner = owners.get(path);
      owners.set(path, owner ?? dataSet);
      if (!owner || owner === dataSet || told.has(path)) return [];
      told.add(path);
      const { type, dataSet: name } = placeOf(owner);
      return [
        violation('listed-twice', { ...placeOf(dataSet), part: path }, `is also a part of ${type}, ${name}`),
      ];
    }),
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
    ...looked.dataSets.flatMap((one) => checkRankTypes(looked, one, ranks)),
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

/** Integers beside nulls become doubles, and the ranks compare their types (`_broadcast_shape`). */
function checkRankTypes(
  { type }: LookedType,
  { dataSet, parts, schemas }: LookedDataSet,
  ranks: number,
): Finding[] {
  const columns = schemas[0]?.columns;
  if (columns?.kind !== 'numbers' || !columns.hasIntegers || !parts.every(isRead)) return [];
  const read = parts.filter(isRead);
  const hasNulls = dealtOut(read.length, ranks)
    .filter(([from, to]) => to > from)
    .map(([from, to]) => read.slice(from, to).some(({ nulls }) => (nulls ?? 0) > 0));
  if (!hasNulls.includes(true) || !hasNulls.includes(false)) return [];
  const message =
    `has nulls on some of ${ranks} ranks alone: those read its integers as doubles, and DistPartitioning stops because ` +
    'the ranks differ; let gs-processing write doubles';
  return [violation('world-size', placeOf(dataSet, type), message)];
}
