/** What becomes of Spark's words when something fails. */
import { expect, test } from 'vitest';
import { failedJob, lastError } from '../../src/repartition/spark-words.js';

/** As Spark 3.5 says it, shortened. */
const lost = (why: string): string =>
  `org.apache.spark.SparkException: Job aborted due to stage failure: Task 2 in stage 0.0 failed 4 times, most recent
failure: Lost task 2.3 in stage 0.0 (TID 9) (host executor 3): ${why}
	at org.apache.spark.scheduler.DAGScheduler.failJobAndIndependentStages(DAGScheduler.scala:2898)`;

const PYTHON = `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "align_tasks.py", line 59, in ask_worker
RuntimeError: the worker ended with -9

	at org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)`;

test.each([
  [lost('ExecutorLostFailure'), [6, 4, 5], '3 on host', 'ExecutorLostFailure'],
  [lost(PYTHON), [6, 4, 5], '3 on host', 'the worker ended with -9'],
  // Of another job than it says: somebody has to be the one.
  [
    lost('ExecutorLostFailure').replace('task 2.3', 'task 7.3'),
    [4, 5, 6],
    '3 on host',
    'ExecutorLostFailure',
  ],
])(
  'a job that is over without answers: the batch to blame comes first %#',
  (why, order, executor, message) => {
    const outcomes = failedJob(why, [4, 5, 6]);
    expect(outcomes.map(([batch]) => batch)).toEqual(order);
    for (const [, outcome] of outcomes) expect(outcome).toMatchObject({ executor, error: { message } });
  },
);

test('a job that no task has ended names no executor', () => {
  const outcomes = failedJob("Spark's Java process has gone", [4, 5]);
  const error = expect.objectContaining({
    message: "Spark has given up: Spark's Java process has gone",
  }) as Error;
  expect(outcomes).toEqual([
    [4, error],
    [5, error],
  ]);
});

test.each([
  // --spark-conf spark.driver.memory=lots: from Java itself.
  [
    'Invalid maximum heap size: -Xmxlots',
    'Error: Could not create the Java Virtual Machine.',
    'Error: A fatal exception has occurred. Program will exit.',
  ],
  // --spark-master spark://127.0.0.1:9
  [
    'ERROR StandaloneSchedulerBackend: Application has been killed. Reason: All masters are unresponsive! Giving up.',
    'WARN StandaloneSchedulerBackend: Application ID is not initialized yet.',
    'java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext.',
    '\tat org.apache.spark.SparkContext.assertNotStopped(SparkContext.scala:122)',
  ],
  [
    'error: spark.gsRepartition.patience=soon: no number',
    'INFO ShutdownHookManager: Deleting directory /tmp/error',
  ],
  ['the last word', '', '26/11/26 15:14:02 INFO MemoryStore: MemoryStore started'],
])('the reason for an end is found in a log: %s', (reason, ...others) => {
  expect(lastError(['INFO SparkContext: Running Spark', reason, ...others])).toBe(reason);
});

test('a log in which all goes well has no reason', () => {
  expect(lastError(['26/11/26 15:14:02 INFO MemoryStore: MemoryStore started', ''])).toBeUndefined();
});
