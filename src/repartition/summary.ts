/** What a run did, in numbers. */
import type { Storage } from '../storage/storage.js';
import type { GroupPlan, PlannedPart, Summary, TaskResult } from './model.js';
import type { RunSettings } from './options.js';

export interface Outcome {
  storage: Storage;
  settings: RunSettings;
  plans: readonly GroupPlan[];
  results: readonly TaskResult[];
  /** Outputs that an earlier run had made. */
  finished: ReadonlySet<string>;
  seconds: number;
}

export function summarize({ storage, settings, plans, results, finished, seconds }: Outcome): Summary {
  const dataSets = plans.flatMap((plan) => plan.dataSets);
  const kept = dataSets.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.kind === 'keep' ? [part.part] : [])),
  );
  const isMade = (part: PlannedPart): boolean => part.kind === 'make';
  const typesOf = (some: readonly GroupPlan[]): number => sum(some, ({ group }) => group.types.length);
  const spliced = results.filter((result) => result.method === 'splice').length;
  return {
    status: 'succeeded',
    inputPrefix: storage.describe(''),
    metadata: storage.describe(settings.metadataFile),
    updatedMetadata: storage.describe(settings.updatedFile),
    types: {
      total: typesOf(plans),
      aligned: typesOf(plans.filter((plan) => plan.dataSets.some(({ parts }) => parts.some(isMade)))),
    },
    dataSets: {
      total: dataSets.length,
      rewritten: dataSets.filter(({ parts }) => parts.some(isMade)).length,
    },
    parts: { kept: kept.length, spliced, reencoded: results.length - spliced, resumed: finished.size },
    bytes: {
      kept: sum(kept, (part) => part.size),
      copied: sum(results, (result) => result.copiedBytes),
      written: sum(results, (result) => result.writtenBytes),
    },
    rows: sum(plans, ({ group, layout }) => sum(layout, (rows) => rows) * group.types.length),
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
