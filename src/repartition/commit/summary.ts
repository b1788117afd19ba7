/** What a run did, in numbers. */
import type { Storage } from '../../storage/storage.js';
import type { LayoutChange, PartRows, Summary } from '../api.js';
import { dataSetName } from '../data-set-name.js';
import type { DataSetPlan, GroupPlan, Layout, Plan, Results } from '../model.js';
import { checksumsOf } from '../part-checksums.js';

export interface Outcome {
  storage: Storage;
  plan: Plan;
  results: Results;
  seconds: number;
}

export function summarize({ storage, plan, results, seconds }: Outcome): Summary {
  const { groups, settings } = plan;
  const dataSets = groups.flatMap((group) => group.dataSets);
  const needsWork = ({ spliced, reencoded }: DataSetPlan): boolean => spliced.parts + reencoded.parts > 0;
  const checksums = checksumsOf(plan, results);
  const typesOf = (some: readonly GroupPlan[]): number => sum(some, ({ group }) => group.types.length);
  return {
    status: 'succeeded',
    inputPrefix: storage.describe(''),
    metadata: storage.describe(settings.metadataFile),
    updatedMetadata: storage.describe(settings.updatedFile),
    types: {
      total: typesOf(groups),
      aligned: typesOf(groups.filter((group) => group.dataSets.some(needsWork))),
    },
    dataSets: {
      total: dataSets.length,
      rewritten: dataSets.filter(needsWork).length,
    },
    parts: { kept: sum(dataSets, ({ kept }) => kept.parts), ...results.parts },
    bytes: { kept: sum(dataSets, ({ kept }) => kept.bytes), ...results.bytes },
    ...(checksums && { checksums }),
    rows: sum(groups, ({ group, layout }) => sum(layout, (rows) => rows) * group.types.length),
    layouts: dataSets.map(layoutChangeOf),
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

/** Row counts of a data set that are told one by one: a summary must stay small. */
const MOST_COUNTS = 12;

function layoutChangeOf({ dataSet, sources, layout }: DataSetPlan): LayoutChange {
  return {
    dataSet: dataSetName(dataSet),
    changed: sources.length !== layout.length || sources.some(({ rows }, i) => rows !== layout[i]),
    before: rowsOfFirst(sources.map(({ rows }) => rows)),
    after: rowsOfFirst(layout),
  };
}

function rowsOfFirst(layout: Layout): PartRows {
  return { parts: layout.length, first: layout.slice(0, MOST_COUNTS) };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
