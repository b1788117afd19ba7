/** What may happen to a graph while a run goes on, wherever it lies: a table for the tests of the commit. */
import { commit, execute, ownedTasks, type Plan, prepare, type PrepareOptions } from 'gs-repartition';

/** An object that the new metadata rest on. */
export const VICTIMS = {
  'a part that is kept': (plan: Plan) => keptPart(plan),
  'a source that is cut': (plan: Plan) => firstTask(plan).slices[0].path,
  'a part that was made': (plan: Plan) => firstTask(plan).output,
  'metadata.json': (plan: Plan) => plan.metadataFile.path,
};

function firstTask(plan: Plan) {
  const [first] = ownedTasks(plan);
  if (!first) throw new Error('the graph needs work');
  return first.task;
}

function keptPart({ groups }: Plan): string {
  for (const { parts } of groups.flatMap(({ dataSets }) => dataSets)) {
    for (const part of parts) if (part.kind === 'keep') return part.part.path;
  }
  throw new Error('the graph keeps a part');
}

/** Other bytes than these, of the same length. */
export function otherBytes(bytes: Uint8Array): Uint8Array {
  const other = bytes.slice();
  // In the middle, where the pages of a small part are, and where JSON is JSON in any case.
  const at = Math.floor(bytes.length / 2);
  other[at] = bytes[at]! ^ 1;
  return other;
}

/**
 * Aligns a graph, and does something to an object as soon as the run has seen it, or as late as can be.
 * @param moment a part can be touched only once it is there
 */
export async function alignWhile(
  options: PrepareOptions,
  victim: keyof typeof VICTIMS,
  moment: 'earliest' | 'latest',
  act: (path: string) => Promise<void>,
): Promise<void> {
  const plan = await prepare(options);
  const path = VICTIMS[victim](plan);
  const early = moment === 'earliest' && victim !== 'a part that was made';
  if (early) await act(path);
  const results = await execute(plan);
  if (!early) await act(path);
  await commit(plan, results);
}

export const moments = (victim: keyof typeof VICTIMS): ('earliest' | 'latest')[] =>
  victim === 'a part that was made' ? ['latest'] : ['earliest', 'latest'];
