/**
 * The look before the commit. A new document is true only as long as everything it rests on is what the run has seen:
 * the metadata it was made from, the parts it names, and the inputs they were made of. All of it is looked at once
 * more: on a disk by a stat each, on S3 by listing, a request a thousand parts.
 */
import { type ErrorContext, RepartitionError } from '../../errors.js';
import type { CallOptions, ObjectStat, Storage } from '../../storage/storage.js';
import { dataSetName } from '../data-set-name.js';
import { fingerprint } from '../fingerprint.js';
import type { Progress } from '../api.js';
import { counter } from '../counter.js';
import type { Plan, Results } from '../model.js';
import { ownedTasks } from '../owned-tasks.js';

/** @throws RepartitionError `changed` naming the first object that is gone or another than before */
export async function requireUnchanged(
  storage: Storage,
  plan: Plan,
  results: Results,
  { onProgress, ...options }: CallOptions & { onProgress?: ((progress: Progress) => void) | undefined },
): Promise<void> {
  const total = countExpected(plan);
  const report = (done: number): void => onProgress?.({ phase: 'guard', done, total });
  const onObject = counter(report);
  report(0);
  // Answers come in the order of the questions.
  const expected = expectedObjects(plan, results);
  await storage.look(
    paths(plan, results),
    (path, stat) => {
      const wanted = expected.next().value as Expected;
      if (!stat || !wanted.isSame(stat)) throw changed(storage, path, stat && 'replaced', wanted.context);
      onObject();
    },
    options,
  );
}

interface Expected {
  path: string;
  context: ErrorContext;
  isSame: (stat: ObjectStat) => boolean;
}

/** Everything that the new document rests on; each is made when asked for, for there may be millions. */
function* expectedObjects(plan: Plan, { fingerprints }: Results): Generator<Expected> {
  const known = ({ path, size, version }: ObjectStat, context: ErrorContext = {}): Expected => ({
    path,
    context,
    isSame: (stat) => stat.size === size && stat.version === version,
  });
  for (const { dataSet, sources } of plan.groups.flatMap(({ dataSets }) => dataSets)) {
    for (const part of sources) yield known(part, { dataSet: dataSetName(dataSet), part: part.path });
  }
  for (const [type, parts] of plan.idMappings) {
    for (const part of parts) yield known(part, { dataSet: `raw_id_mappings of ${type}`, part: part.path });
  }
  for (const { dataSet, task } of ownedTasks(plan)) {
    const context = { dataSet: dataSetName(dataSet.dataSet), part: task.output };
    yield { path: task.output, context, isSame: (stat) => fingerprint(stat) === fingerprints[task.id] };
  }
  yield known(plan.metadataFile);
}

function countExpected({ groups, idMappings, tasks }: Plan): number {
  const sources = groups
    .flatMap(({ dataSets }) => dataSets)
    .reduce((sum, { sources: of }) => sum + of.length, 0);
  const mappings = [...idMappings].reduce((sum, [, parts]) => sum + parts.length, 0);
  return sources + mappings + tasks + 1;
}

function* paths(plan: Plan, results: Results): Generator<string> {
  for (const { path } of expectedObjects(plan, results)) yield path;
}

/**
 * An object that is no longer what the run has seen.
 * @param how what became of it
 */
export function changed(
  storage: Storage,
  path: string,
  how: 'replaced' | 'deleted' = 'deleted',
  context: ErrorContext = {},
): RepartitionError {
  const where = storage.describe(path);
  return new RepartitionError('changed', `${where} was ${how} while the run went on; nothing was published`, {
    hint: 'Make sure nothing else writes to the prefix, then run the same command again.',
    operation: 'read',
    path: where,
    ...context,
  });
}
