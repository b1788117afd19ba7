/** A plan as a document for people and programs: what `plan` prints, and `plan --json`. */
import type { DataSet } from '../metadata/model.js';
import type { Estimate } from '../storage/storage.js';
import { dataSetName } from './data-set-name.js';
import type { Amount, DataSetPlan, GroupPlan, Plan } from './model.js';

/** Raised when a reader of the document would have to know; `schemas/plan.v1.json` in the package describes it. */
export const PLAN_DOCUMENT_VERSION = 1;

/** What `gs-repartition plan --json` prints. */
export interface PlanDocument {
  document: 'gs-repartition/plan';
  version: typeof PLAN_DOCUMENT_VERSION;
  inputPrefix: string;
  metadata: string;
  updatedMetadata: string;
  /** Groups of types that get one layout. */
  groups: GroupDocument[];
  totals: Totals;
  /** By the storage, from a short probe; left out where it can't tell. */
  estimate?: Estimate;
  warnings: string[];
  /** The command that carries it out. */
  command: string;
}

/** Types that get one layout, and what becomes of their data sets. */
export interface GroupDocument {
  kind: 'node' | 'edge';
  types: string[];
  /** Of each of its types. */
  rows: number;
  /** Row counts of the parts, as all its data sets will have them. */
  layout: readonly number[];
  candidates: { parts: number; dataSets: string[]; bytesToMake: number; chosen: boolean }[];
  dataSets: DataSetDocument[];
}

/** What becomes of a data set. */
export interface DataSetDocument {
  name: string;
  /** Parts and bytes as they are. */
  before: Amount;
  /** Of the new layout. */
  parts: number;
  kept: Amount;
  spliced: Amount;
  reencoded: Amount;
}

/** Over all data sets. */
export interface Totals {
  dataSets: number;
  parts: { before: number; after: number; kept: number; spliced: number; reencoded: number };
  bytes: { before: number; kept: number; spliced: number; reencoded: number };
}

/**
 * A plan in plain JSON.
 * @param estimate what it will take, if somebody asked
 *
 * @example
 * ```ts
 * import { describePlan, prepare } from 'gs-repartition';
 *
 * const { totals } = describePlan(await prepare({ inputPrefix: 'graph' }));
 * console.log(totals.dataSets, totals.parts.before);
 * // 37 157
 * ```
 */
export function describePlan(plan: Plan, estimate?: Estimate): PlanDocument {
  const { groups, settings, prefix, warnings, command } = plan;
  const file = (name: string): string => `${prefix.replace(/\/$/, '')}/${name}`;
  return {
    document: 'gs-repartition/plan',
    version: PLAN_DOCUMENT_VERSION,
    inputPrefix: prefix,
    metadata: file(settings.metadataFile),
    updatedMetadata: file(settings.updatedFile),
    groups: groups.map(groupDocument),
    totals: totalsOf(groups.flatMap(({ dataSets }) => dataSets)),
    ...(estimate && { estimate }),
    warnings,
    command,
  };
}

function groupDocument({ group, layout, candidates, dataSets }: GroupPlan): GroupDocument {
  const names = (some: readonly DataSet[]): string[] => some.map(dataSetName);
  return {
    kind: group.kind,
    types: group.types,
    rows: layout.reduce((sum, rows) => sum + rows, 0),
    layout,
    candidates: candidates.map((candidate) => ({
      parts: candidate.layout.length,
      dataSets: names(candidate.dataSets),
      bytesToMake: candidate.cost,
      chosen: candidate.chosen,
    })),
    dataSets: dataSets.map((dataSet) => ({
      name: dataSetName(dataSet.dataSet),
      before: amountOf(dataSet),
      parts: layout.length,
      kept: dataSet.kept,
      spliced: dataSet.spliced,
      reencoded: dataSet.reencoded,
    })),
  };
}

function amountOf({ sources }: DataSetPlan): Amount {
  return { parts: sources.length, bytes: sources.reduce((sum, { size }) => sum + size, 0) };
}

function totalsOf(dataSets: readonly DataSetPlan[]): Totals {
  const sum = (of: (dataSet: DataSetPlan) => number): number =>
    dataSets.reduce((total, dataSet) => total + of(dataSet), 0);
  return {
    dataSets: dataSets.length,
    parts: {
      before: sum(({ sources }) => sources.length),
      after: sum(({ layout }) => layout.length),
      kept: sum(({ kept }) => kept.parts),
      spliced: sum(({ spliced }) => spliced.parts),
      reencoded: sum(({ reencoded }) => reencoded.parts),
    },
    bytes: {
      before: sum((dataSet) => amountOf(dataSet).bytes),
      kept: sum(({ kept }) => kept.bytes),
      spliced: sum(({ spliced }) => spliced.bytes),
      reencoded: sum(({ reencoded }) => reencoded.bytes),
    },
  };
}
