/**
 * The first of three steps: from a prefix to a plan. It reads, decides, and writes nothing.
 *
 *     metadata.json ─► groups ─► inventory ─► target layouts ─► plan
 */
import {
  alignmentGroups,
  type GraphMetadata,
  idMappingsToCount,
  updateMetadata,
} from '../../metadata/index.js';
import type { AlignmentGroup } from '../../metadata/model.js';
import { DEFAULT_MEMORY, Memory } from '../../memory.js';
import type { Storage } from '../../storage/storage.js';
import type { PrepareOptions } from '../api.js';
import { counter } from '../counter.js';
import type { CountedGroup, GroupPlan, Plan, RunSettings } from '../model.js';
import { resumeCommand } from '../options.js';
import { changesOf } from '../published.js';
import { findHomes } from './homes.js';
import { countIdMappings, requireDeclaredCounts, takeInventory } from './inventory.js';
import { weighLayouts } from './layout.js';
import { requireEachPartOnce } from './part-lists.js';
import { planGroup, tasksOf } from './plan.js';
import type { ReadMetadata } from './read-metadata.js';
import type { PartReader } from './read-part.js';
import { requireDeclaredTotals } from './totals.js';
import { warningsOf } from './warnings.js';

export interface PlanHooks {
  /** Called before the footers are read, if by what the metadata say parts must be made: so many at most. */
  onWorkAhead?: (mostTasks: number) => void;
  /** Who reads so many footers, if not this thread. */
  readerFor?: (parts: number) => Promise<PartReader | undefined>;
}

/**
 * The plan of the graph whose metadata were read.
 * @throws RepartitionError for everything that can be known before a part is made
 */
export async function planFor(
  storage: Storage,
  { metadata, stat }: ReadMetadata,
  settings: RunSettings,
  options: PrepareOptions,
  { onWorkAhead, readerFor }: PlanHooks = {},
): Promise<Plan> {
  const started = performance.now();
  const { signal } = options;
  const memory = Memory.within(options.memory ?? DEFAULT_MEMORY);
  const groups = alignmentGroups(metadata);
  requireEachPartOnce(groups);
  const total = groups.flatMap(({ dataSets }) => dataSets).reduce((sum, { parts }) => sum + parts.length, 0);
  const isWorkAhead = onWorkAhead !== undefined && groups.some((group) => mayNeedWork(group, settings));
  if (isWorkAhead) onWorkAhead(mostTasks(groups, total, settings));

  const reader = await readerFor?.(total);
  const onPart = counter((done) =>
    options.onProgress?.({ phase: 'inventory', done, total, ...(isWorkAhead && { ahead: 'parts' }) }),
  );
  const counted = await takeInventory(storage, groups, { signal, onPart, memory, reader });
  if (!settings.recount) {
    requireDeclaredCounts(storage, counted);
    requireDeclaredTotals(metadata, counted);
  }
  await findHomes(storage, counted, { signal });
  const idMappings = await countIdMappings(storage, idMappingsToCount(metadata), { signal, memory, reader });
  const plans = planGroups(counted, settings);
  const plan: Plan = {
    location: storage.location,
    prefix: storage.describe(''),
    settings,
    metadata,
    metadataFile: stat,
    groups: plans,
    idMappings,
    tasks: plans.flatMap(({ dataSets }) => dataSets).reduce((sum, dataSet) => sum + tasksOf(dataSet), 0),
    warnings: warningsOf(metadata, counted, plans, settings.choice),
    command: resumeCommand(options),
    seconds: (performance.now() - started) / 1000,
  };
  requirePublishable(metadata, plan);
  options.onPlan?.(plan);
  return plan;
}

/** Existing parts bound the new ones, unless somebody wants more. */
function mostTasks(groups: readonly AlignmentGroup[], parts: number, { choice }: RunSettings): number {
  if (!('numOutputFiles' in choice)) return parts;
  const dataSets = groups.reduce((sum, group) => sum + group.dataSets.length, 0);
  return Math.max(parts, choice.numOutputFiles * dataSets);
}

function planGroups(counted: readonly CountedGroup[], { choice }: RunSettings): GroupPlan[] {
  let id = 0;
  return counted.map((group) => {
    const plan = planGroup(group, weighLayouts(group, choice), id);
    id += plan.dataSets.reduce((sum, dataSet) => sum + tasksOf(dataSet), 0);
    return plan;
  });
}

/** What can't be published must not be made. The text itself is made again when it is written. */
function requirePublishable(metadata: GraphMetadata, plan: Plan): void {
  updateMetadata(metadata, changesOf(plan));
}

/** By what the metadata say, which is known at once: whether the data sets of a group differ, or lack what labels need. */
function mayNeedWork({ dataSets }: AlignmentGroup, { choice }: RunSettings): boolean {
  const [first, ...others] = dataSets;
  if ('numOutputFiles' in choice || dataSets.some(({ flat }) => flat)) return true;
  const counts = first?.rowCounts;
  return others.some(
    ({ rowCounts }) =>
      rowCounts?.length !== counts?.length || !rowCounts || rowCounts.some((rows, i) => rows !== counts?.[i]),
  );
}
