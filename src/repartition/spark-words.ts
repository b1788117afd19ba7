/** What Spark says when something fails, as one line of ours. */
import { type ErrorMessage, RepartitionError, toErrorMessage } from '../errors.js';
import type { BatchOutcome } from './cluster.js';

const AGAIN = 'Run the same command again: finished parts are kept and the rest is done.';
const AT_DEBUG = 'Look at what Spark says at --log-level DEBUG.';

/** A log's traces and ends, which tell no reason. */
const NO_REASON = /^\s*at |^\s*$|ShutdownHookManager|Could not create the Java Virtual|Program will exit/;
/** What would do as a reason, the best first. */
const REASONS = [
  /Application has been killed\. Reason: /,
  /error|exception|denied|not found|no such|^invalid/i,
  // What all goes well with is no reason.
  /^(?!.* (?:INFO|WARN) )/,
];

/** What a log says of an end: why Spark's master has ended it, else its last line that speaks of an error, or its last words. */
export function lastError(said: readonly string[]): string | undefined {
  const lines = said.filter((line) => !NO_REASON.test(line));
  for (const reason of REASONS) {
    const found = lines.findLast((line) => reason.test(line));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param how it ended: an exit code, a signal, or why it could not be started */
export function notStarted(program: string, how: unknown, said: readonly string[]): RepartitionError {
  if (how instanceof Error) {
    const isMissing = (how as NodeJS.ErrnoException).code === 'ENOENT';
    return new RepartitionError(
      isMissing ? 'not-found' : 'limit',
      isMissing ? `there is no ${program}` : `${program} cannot be started: ${how.message}`,
      {
        hint: 'Install Spark and put its bin folder on the PATH, or say where spark-submit is with `spark.submit`.',
        cause: how,
      },
    );
  }
  const why = lastError(said);
  return neverReady(`${program} ended with ${String(how)}${why === undefined ? '' : `: ${why}`}`);
}

export function neverReady(why: string): RepartitionError {
  return new RepartitionError('limit', `Spark did not start: ${why}`, { hint: AT_DEBUG });
}

export function gone(why: string): RepartitionError {
  return new RepartitionError('limit', `the Spark application has ended: ${why}`, { hint: AGAIN });
}

/** Of an executor that cannot start a worker: it would be the same the next time. */
export function noWorker(why: string): ErrorMessage {
  const hint =
    'Install Node.js and gs-repartition on every machine, on the PATH or where spark.gsRepartition.command says.';
  return toErrorMessage(new RepartitionError('limit', why, { hint }));
}

/**
 * A job that is over, with batches that have no answer: the task that failed too often is one of them, and where it ran last
 * stands beside it. Without such a task it is nobody's.
 * @param why Spark's words for a failure
 * @returns the outcome of each batch, the one to blame first
 */
export function failedJob(
  why: string,
  batches: readonly number[],
): [batch: number, outcome: BatchOutcome | RepartitionError][] {
  const lost = /Lost task (\d+)\.\d+ in stage .*?\((\S+) executor (\S+)\): (.*)/.exec(why);
  const reason = lost?.[4] ?? why.trim().split('\n')[0]!;
  if (!lost) {
    const error = new RepartitionError('limit', `Spark has given up: ${reason}`, { hint: AGAIN });
    return batches.map((batch) => [batch, error]);
  }
  // Of an exception in Python, the last line of its trace says what it was.
  const raised = [...why.matchAll(/^(?:\w+\.)*\w*(?:Error|Exception): (.*)$/gm)].at(-1)?.[1];
  const message = reason.includes('PythonException') ? (raised ?? reason) : reason;
  const outcome = {
    executor: `${lost[3]!} on ${lost[2]!}`,
    error: toErrorMessage(new RepartitionError('limit', message, { hint: AGAIN })),
  };
  const blamed = batches[Number(lost[1])];
  return [...batches]
    .sort((a, b) => Number(b === blamed) - Number(a === blamed))
    .map((batch) => [batch, outcome]);
}
