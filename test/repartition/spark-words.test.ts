/** What becomes of Spark's words when something fails. */
import { expect, test } from 'vitest';
import { failedJob } from '../../src/repartition/spark-words.js';

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
  ["Spark's Java process has gone", [4, 5, 6], 'none', "Spark's Java process has gone"],
])(
  'a job that is over without answers: the batch to blame comes first %#',
  (why, order, executor, message) => {
    const outcomes = failedJob(why, [4, 5, 6]);
    expect(outcomes.map(([batch]) => batch)).toEqual(order);
    for (const [, outcome] of outcomes) expect(outcome).toMatchObject({ executor, error: { message } });
  },
);
