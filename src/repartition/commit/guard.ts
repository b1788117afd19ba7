/**
 * The look before the commit. A new document is true only as long as everything it rests on is what the run has seen:
 * the metadata it was made from, the parts it names, and the inputs they were made of. All of it is looked at once
 * more: on a disk by a stat each, on S3 by listing, a request a thousand parts.
 */
import { RepartitionError } from '../../errors.js';
import type { CallOptions, ObjectStat, Storage } from '../../storage/storage.js';
import { fingerprint } from '../fingerprint.js';
import type { Plan, Results } from '../model.js';
import { ownedTasks } from '../owned-tasks.js';

/** @throws RepartitionError `changed` naming the first object that is gone or another than before */
export async function requireUnchanged(
  storage: Storage,
  plan: Plan,
  results: Results,
  options: CallOptions,
): Promise<void> {
  // Answers come in the order of the questions.
  const expected = expectedObjects(plan, results);
  await storage.look(
    paths(plan, results),
    (path, stat) => {
      const wanted = expected.next().value as Expected;
      if (!stat || !wanted.isSame(stat)) throw changed(storage, path, stat);
    },
    options,
  );
}

interface Expected {
  path: string;
  isSame: (stat: ObjectStat) => boolean;
}

/** Everything that the new document rests on; each is made when asked for, for there may be millions. */
function* expectedObjects(plan: Plan, { fingerprints }: Results): Generator<Expected> {
  const known = ({ path, size, version }: ObjectStat): Expected => ({
    path,
    isSame: (stat) => stat.size === size && stat.version === version,
  });
  for (const { sources } of plan.groups.flatMap(({ dataSets }) => dataSets)) {
    for (const part of sources) yield known(part);
  }
  for (const parts of plan.idMappings.values()) for (const part of parts) yield known(part);
  for (const { task } of ownedTasks(plan)) {
    yield { path: task.output, isSame: (stat) => fingerprint(stat) === fingerprints[task.id] };
  }
  yield known(plan.metadataFile);
}

function* paths(plan: Plan, results: Results): Generator<string> {
  for (const { path } of expectedObjects(plan, results)) yield path;
}

/** An object that is no longer what the run has seen; `stat` is what lies there now, if that is known. */
export function changed(storage: Storage, path: string, stat?: ObjectStat): RepartitionError {
  const where = storage.describe(path);
  const what = stat ? 'was replaced' : 'was deleted or replaced';
  return new RepartitionError('changed', `${where} ${what} while the run went on; nothing was published`, {
    hint: 'Make sure nothing else writes to the prefix, then run the same command again.',
    operation: 'read',
    path: where,
    part: path,
  });
}
