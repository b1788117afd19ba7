import { folderOf } from '../storage/folder-of.js';
import type { DataSetPlan, Plan, Task } from './model.js';

/** A task, and the data set it belongs to. */
export interface OwnedTask {
  dataSet: DataSetPlan;
  task: Task;
}

/**
 * A plan's tasks, one by one: all at once would fill the memory.
 *
 * @example
 * ```ts
 * import { ownedTasks, prepare } from 'gs-repartition';
 *
 * const plan = await prepare({ inputPrefix: 'graph' });
 * const [first] = ownedTasks(plan);
 * console.log(first?.task.id, first?.task.slices.length);
 * // 0 2
 * ```
 */
export function* ownedTasks({ groups }: Pick<Plan, 'groups'>): Generator<OwnedTask> {
  for (const { dataSets } of groups) for (const dataSet of dataSets) yield* tasksOfDataSet(dataSet);
}

function* tasksOfDataSet(dataSet: DataSetPlan): Generator<OwnedTask> {
  if (dataSet.spliced.parts + dataSet.reencoded.parts === 0) return;
  for (const part of dataSet.parts) if (part.kind === 'make') yield { dataSet, task: part.task };
}

/** The folders of a plan's new parts, as storages call them: those of a data set lie in one. */
export function outputFolders(plan: Pick<Plan, 'groups'>): Set<string> {
  const folders = new Set<string>();
  for (const dataSet of plan.groups.flatMap(({ dataSets }) => dataSets)) {
    for (const { task } of tasksOfDataSet(dataSet)) {
      folders.add(folderOf(task.output));
      break;
    }
  }
  return folders;
}
