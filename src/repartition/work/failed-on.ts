import { fromErrorMessage, RepartitionError } from '../../errors.js';
import type { BatchOutcome } from '../cluster.js';
import type { Answer } from './lines.js';

/**
 * The error of a task, for somebody who has to find the machine it failed on.
 * @param meanwhile what was done there, as in "it made part-00001.parquet"
 * @param answer none, or not of the kind that was asked for: the worker is no worker of ours
 */
export function failedOn(
  executor: string,
  meanwhile: string,
  answer: Answer | BatchOutcome | undefined,
): Error {
  const error =
    answer && 'error' in answer
      ? fromErrorMessage(answer.error)
      : new RepartitionError('limit', 'the worker gave no answer that is one');
  if (!(error instanceof RepartitionError) || error.code === 'interrupted') return error;
  const { code, message, cause, ...details } = error;
  const where = `${message} (on executor ${executor}, while ${meanwhile})`;
  return new RepartitionError(code, where, { ...details, cause });
}
