/** Spark with several executor processes on this machine, and what of it runs. */
import { join } from 'node:path';
import type { SparkOptions } from 'gs-repartition';
import { processesBelow, runningProcesses } from '../../bench/executors/processes.js';

const PACKAGES = process.env['PYTHONPATH'];
if (process.env['SPARK_PYTHON'] === undefined || PACKAGES === undefined) {
  throw new Error('run this with npm run test:spark');
}

/** The long form: `npm run test:spark:long`. */
export const isLong = process.env['SPARK_TESTS'] === 'all';

/** Executors, each a process with one core. */
const EXECUTORS = 2;

/** @param conf further settings, as `key=value` */
export function localCluster(...conf: string[]): Required<SparkOptions> {
  return {
    master: `local-cluster[${EXECUTORS},1,512]`,
    submit: join(PACKAGES!, 'bin', 'spark-submit'),
    conf: [
      'spark.executor.memory=512m',
      'spark.driver.host=127.0.0.1',
      'spark.driver.bindAddress=127.0.0.1',
      'spark.ui.enabled=false',
      ...conf,
    ],
  };
}

/** Spark in one process, for what needs no others: it starts in half the time. */
export function inOneProcess(...conf: string[]): Required<SparkOptions> {
  return { ...localCluster(...conf), master: 'local[2]' };
}

/** The same for the command. */
export function asWords({ master, submit, conf }: Required<SparkOptions>): string[] {
  return [
    '--engine',
    'spark',
    '--spark-master',
    master,
    '--spark-submit',
    submit,
    ...conf.flatMap((one) => ['--spark-conf', one]),
  ];
}

/** Copies of tasks that take long are started early, and of nearly every one. */
export const SPECULATION = [
  'spark.speculation=true',
  'spark.speculation.quantile=0.1',
  'spark.speculation.multiplier=1.01',
  'spark.speculation.minTaskRuntime=1ms',
];

const KINDS = {
  executor: /CoarseGrainedExecutorBackend/,
  driver: /^\S*python\S* \S*align_tasks\.py/,
  worker: /main\.js worker --setup/,
};

/** Processes of a kind that a run of Spark has, below this process. */
export function running(kind: keyof typeof KINDS, root = process.pid): number[] {
  return processesBelow(root).flatMap(({ pid, command }) => (KINDS[kind].test(command) ? [pid] : []));
}

/** Workers that nobody waits for any more, wherever they hang: those of a prefix. */
export function workersOn(prefix: string): number[] {
  return runningProcesses().flatMap(({ pid, command }) =>
    command.includes('main.js worker --setup') && command.includes(JSON.stringify(prefix).slice(1, -1))
      ? [pid]
      : [],
  );
}

/** With all that is below it. */
export function killTree(root: number): void {
  for (const pid of [root, ...processesBelow(root).map((one) => one.pid)]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

/** Waits for something that must come. */
export async function until<T>(what: string, look: () => T | undefined | false, seconds = 240): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited for ${seconds} s in vain: ${what}`);
}
