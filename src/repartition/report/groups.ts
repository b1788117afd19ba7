/** The groups of a report: from a plan, with or without what a run has measured, or from documents. */
import { alignmentGroups, type DataSet, type GraphMetadata } from '../../metadata/index.js';
import { dataSetName, placeKey } from '../data-set-name.js';
import type { DataSetPlan, GroupPlan, Plan } from '../model.js';
import { fatesOfDocuments, fatesOfPlan, type ListedParts } from './fates.js';
import { Layouts } from './layouts.js';
import type { ReportBytes, ReportDataSet, ReportGroup } from './model.js';
import type { Made } from './record.js';

/** @param made by data set, in the plan's order; without it the report is about what will be done */
export function groupsOfPlan({ groups }: Pick<Plan, 'groups'>, made?: readonly Made[]): ReportGroup[] {
  let first = 0;
  return groups.map((group) => {
    const own = made?.slice(first, (first += group.dataSets.length));
    return groupOfPlan(group, own);
  });
}

function groupOfPlan({ group, layout, dataSets }: GroupPlan, made?: readonly Made[]): ReportGroup {
  const layouts = new Layouts();
  const after = layouts.add(layout);
  return {
    kind: group.kind,
    types: group.types,
    rows: layout.reduce((sum, rows) => sum + rows, 0),
    after,
    dataSets: dataSets.map((plan, i): ReportDataSet => ({
      name: dataSetName(plan.dataSet),
      before: layouts.add(plan.sources.map(({ rows }) => rows)),
      fates: fatesOfPlan(plan),
      bytes: bytesOfPlan(plan, made?.[i]),
      ...(made?.[i] && { seconds: made[i].seconds }),
    })),
    layouts: layouts.all,
  };
}

function bytesOfPlan(
  { sources, kept, spliced, reencoded }: DataSetPlan,
  made: Made | undefined,
): ReportBytes {
  return {
    before: sources.reduce((sum, { size }) => sum + size, 0),
    kept: kept.bytes,
    copied: made ? made.copied : spliced.bytes,
    written: made ? made.written : reencoded.bytes,
  };
}

/** Bytes of the parts that a path is the name of; 0 for what is not there. */
export type SizeOf = (path: string) => number;

/**
 * @param input what was aligned; without it the report shows what is there, and nothing before
 * @returns without the data sets whose rows nobody has counted
 */
export function groupsOfDocuments(
  input: GraphMetadata | undefined,
  published: GraphMetadata,
  sizeOf: SizeOf,
): ReportGroup[] {
  const inputs = new Map<string, DataSet>();
  for (const dataSet of input ? alignmentGroups(input).flatMap(({ dataSets }) => dataSets) : []) {
    for (const place of dataSet.places) inputs.set(placeKey(place), dataSet);
  }
  return alignmentGroups(published).flatMap(({ kind, types, dataSets }) => {
    const layouts = new Layouts();
    const shown = dataSets.flatMap((dataSet): (ReportDataSet & { after: number })[] => {
      const now = listed(dataSet);
      const then = listed(inputs.get(placeKey(dataSet.places[0])) ?? dataSet);
      if (!now || !then) return [];
      const fates = input && fatesOfDocuments(then, now);
      return [
        {
          name: dataSetName(dataSet),
          before: layouts.add(then.layout),
          after: layouts.add(now.layout),
          ...(fates !== undefined && { fates }),
          bytes: bytesOfDocuments(then, now, fates, sizeOf),
        },
      ];
    });
    const [first] = shown;
    if (!first) return [];
    const isAligned = shown.every(({ after }) => after === first.after);
    return [
      {
        kind,
        types,
        rows: layouts.all[first.after]!.reduce((sum, rows) => sum + rows, 0),
        ...(input && isAligned && { after: first.after }),
        dataSets: shown.map(({ name, before, bytes, fates }) => ({
          name,
          before,
          bytes,
          ...(fates !== undefined && isAligned && { fates }),
        })),
        layouts: layouts.all,
      },
    ];
  });
}

function listed({ parts, rowCounts }: DataSet): ListedParts | undefined {
  return rowCounts && { parts, layout: rowCounts };
}

function bytesOfDocuments(
  before: ListedParts,
  after: ListedParts,
  fates: string | undefined,
  sizeOf: SizeOf,
): ReportBytes {
  const sum = (parts: readonly string[]): number => parts.reduce((total, path) => total + sizeOf(path), 0);
  const kept = fates === undefined ? after.parts : after.parts.filter((_, i) => fates[i] === 'k');
  const made = fates === undefined ? [] : after.parts.filter((_, i) => fates[i] !== 'k');
  return { before: sum(before.parts), kept: sum(kept), copied: 0, written: sum(made) };
}
