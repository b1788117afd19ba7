/** What a run did, in numbers. */
import type { Storage } from '../storage/storage.js';
import type { DataSetPlan, GroupPlan, Summary, TaskResult } from './model.js';
import type { RunSettings } from './options.js';

export interface Outcome {
  storage: Storage;
  settings: RunSettings;
  plans: readonly GroupPlan[];
  done: Tally;
  /** Parts that an earlier run had made. */
  resumed: number;
  seconds: number;
}

/** What the tasks did, all together: a million results would fill the memory. */
export class Tally {
  tasks = 0;
  spliced = 0;
  bytes = 0;
  copiedBytes = 0;
  writtenBytes = 0;

  add({ method, size, copiedBytes, writtenBytes }: TaskResult): void {
    this.tasks++;
    if (method === 'splice') this.spliced++;
    this.bytes += size;
    this.copiedBytes += copiedBytes;
    this.writtenBytes += writtenBytes;
  }
}

export function summarize({ storage, settings, plans, done, resumed, seconds }: Outcome): Summary {
  const dataSets = plans.flatMap((plan) => plan.dataSets);
  const needsWork = ({ made }: DataSetPlan): boolean => made > 0;
  const typesOf = (some: readonly GroupPlan[]): number => sum(some, ({ group }) => group.types.length);
  return {
    status: 'succeeded',
    inputPrefix: storage.describe(''),
    metadata: storage.describe(settings.metadataFile),
    updatedMetadata: storage.describe(settings.updatedFile),
    types: {
      total: typesOf(plans),
      aligned: typesOf(plans.filter((plan) => plan.dataSets.some(needsWork))),
    },
    dataSets: {
      total: dataSets.length,
      rewritten: dataSets.filter(needsWork).length,
    },
    parts: {
      kept: sum(dataSets, ({ layout, made }) => layout.length - made),
      spliced: done.spliced,
      reencoded: done.tasks - done.spliced,
      resumed,
    },
    bytes: { kept: sum(dataSets, keptBytes), copied: done.copiedBytes, written: done.writtenBytes },
    rows: sum(plans, ({ group, layout }) => sum(layout, (rows) => rows) * group.types.length),
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

function keptBytes({ parts }: DataSetPlan): number {
  let bytes = 0;
  for (const part of parts) if (part.kind === 'keep') bytes += part.part.size;
  return bytes;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
