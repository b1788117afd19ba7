/** `gs-repartition --engine spark` as a user meets it: what it says, and what it leaves when it cannot go on. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ownedTasks, prepare, type Status } from 'gs-repartition';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Graph, leftUnder, publishedUnder, SMALL } from '../faults/graphs.js';
import { errorLines, gsRepartition } from '../graphs/command.js';
import { alignedLocally, alignedOnS3, TestBucket } from '../s3/kit.js';
import { type S3Server, startVersitygw } from '../s3/servers.js';
import { repositoryRoot } from '../support/paths.js';
import { asWords, inOneProcess, killTree, localCluster, running, until, workersOn } from './spark.js';

/** Parts enough, and large enough, to be interrupted in. */
const LARGER = {
  dim: 64,
  features: Array<number>(24).fill(40_000),
  labels: [10_000, 950_000],
  edges: [10],
  weights: [10],
  copies: 4,
};

let small: Graph;
let larger: Graph;
let server: S3Server;
beforeAll(async () => {
  small = await Graph.make(SMALL);
  larger = await Graph.make(LARGER);
  server = await startVersitygw();
}, 120_000);
afterAll(async () => {
  await small.remove();
  await larger.remove();
  await server.stop();
});

/** What Python prints that has the driver's functions. */
function inDriver(script: string): string[] {
  const folder = join(repositoryRoot, 'spark');
  const env = { ...process.env, PYTHONPATH: `${folder}:${process.env['PYTHONPATH']!}` };
  const { stdout, stderr } = spawnSync(process.env['SPARK_PYTHON']!, ['-B', '-c', script], {
    env,
    encoding: 'utf8',
  });
  expect(stderr).not.toContain('Traceback');
  return stdout.trim().split('\n');
}

test('a driver has words for a failure when nobody is there to ask for them', () => {
  const gone = "Spark's Java process has gone";
  expect(
    inDriver(`
import align_tasks
from py4j.protocol import Py4JNetworkError
class Gone(Exception):
    @property
    def java_exception(self):
        raise ConnectionRefusedError("refused")
for error in [Gone(), Py4JNetworkError("Answer from Java side is empty"), ValueError("what it is")]:
    print(align_tasks.words_of(error))
`),
  ).toEqual([gone, gone, 'what it is']);
});

test('an executor says what a worker ended with, in one line; heartbeats are no answers', () => {
  expect(
    inDriver(`
import align_tasks
for shell in [
    """read task; echo '{"heartbeat":1}'; echo answer to $task; exec sleep 9""",
    'echo SyntaxError: this is no JavaScript >&2; echo Node.js v12 >&2; exit 1',
    'kill -KILL $$',
    'exec node-that-is-not-there',
    'exec /dev/null',
    'exec sleep 9',
]:
    try:
        print(align_tasks.ask_worker(["sh", "-c", shell], ["7"], 0.5))
    except Exception as error:
        print(type(error).__name__, getattr(error, "strerror", None) or error)
`),
  ).toEqual([
    "['answer to 7\\n']",
    'RuntimeError the worker ended with 1: SyntaxError: this is no JavaScript',
    'RuntimeError the worker ended with -9',
    'OSError there is no Node.js',
    'OSError Permission denied',
    'RuntimeError the worker has said nothing for 0.5 seconds',
  ]);
});

test('a driver notices the end of a command that is killed with something unread', () => {
  expect(
    inDriver(`
import align_tasks, queue, socket, struct
server = socket.create_server(("127.0.0.1", 0))
command, (connection, _) = socket.create_connection(server.getsockname()), server.accept()
command.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
command.close()
arrived = queue.Queue()
align_tasks.read(connection, arrived)
print(arrived.get_nowait())
`),
  ).toEqual(['None']);
});

describe('the command on Spark', () => {
  test('aligns, says how far it is, and leaves a status that repeats it', async () => {
    const prefix = await small.copy();
    const spark = localCluster('spark.some.token=secret');
    const outcome = await gsRepartition(['--input-prefix', prefix, ...asWords(spark)]);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toMatch(/Spark application app-\S+: 2 tasks at a time/);
    expect(outcome.stderr).toContain('reading the footers of');
    expect(outcome.stderr).toContain('making');
    expect(outcome.stdout).toMatch(/^Aligned /);
    expect(await alignedLocally(prefix)).toEqual(small.aligned);
    const { status, command } = JSON.parse(
      await readFile(join(prefix, 'repartition_status.json'), 'utf8'),
    ) as Status;
    expect(status).toBe('succeeded');
    expect(command).toContain(`--engine spark --spark-master '${spark.master}' --spark-conf spark.executor`);
    expect(command).not.toContain('secret');
  });

  test('stops on Ctrl-C: executors end, no upload stays open, and the same command goes on', async () => {
    const bucket = await TestBucket.create(server.endpoint);
    await bucket.putFolder(larger.folder, 'graph');
    const { inputPrefix, s3 } = bucket.asPrefix('graph');
    const words = ['--input-prefix', inputPrefix, '--endpoint-url', s3.endpointUrl, '--region', s3.region];
    let asked = false;
    const outcome = await gsRepartition([...words, ...asWords(localCluster())], {
      onStderr: (text, child) => {
        if (asked || !text.includes('making ')) return;
        asked = true;
        void until('an upload', () => running('worker', child.pid).length > 0).then(() =>
          setTimeout(() => child.kill('SIGINT'), 500),
        );
      },
    });
    expect(errorLines(outcome).at(-1)).toContain('nothing was published');
    expect(outcome.code).toBe(130);
    expect(await bucket.openUploads()).toEqual([]);
    expect(await bucket.keys('graph/repartition_runs/')).toEqual([]);
    await until('the end of all workers', () => workersOn(bucket.name).length === 0, 10);
    expect((await gsRepartition(words)).code).toBe(0);
    expect(await alignedOnS3(bucket, 'graph')).toEqual(larger.aligned);
  });

  test('ends when its driver is killed, in one line; the same command goes on', async () => {
    const prefix = await larger.copy();
    const words = ['--input-prefix', prefix, ...asWords(localCluster())];
    let killed = false;
    const outcome = await gsRepartition(words, {
      onStderr: (text, child) => {
        if (killed || !text.includes('making ')) return;
        killed = true;
        void until('the driver', () => running('driver', child.pid)[0]).then((pid) =>
          setTimeout(() => process.kill(pid, 'SIGKILL'), 300),
        );
      },
    });
    expect(errorLines(outcome)).toEqual([
      expect.stringMatching(
        /^gs-repartition: the Spark application has ended: .* Run the same command again: /,
      ),
    ]);
    expect(outcome.code).toBe(1);
    expect(await publishedUnder(prefix)).toBeUndefined();
    await until('the end of all workers', () => workersOn(prefix).length === 0, 10);
    const again = await gsRepartition(words);
    expect(again.code).toBe(0);
    expect(await alignedLocally(prefix)).toEqual(larger.aligned);
    expect(await leftUnder(prefix)).toEqual([]);
  });

  test('ends its Spark when the command itself is killed', async () => {
    const prefix = await larger.copy();
    let pids: number[] = [];
    await gsRepartition(['--input-prefix', prefix, ...asWords(localCluster())], {
      onStderr: (text, child) => {
        if (pids.length > 0 || !text.includes('making ')) return;
        pids = [...running('executor', child.pid), ...running('driver', child.pid)];
        child.kill('SIGKILL');
      },
    });
    expect(pids.length).toBeGreaterThan(1);
    const isRunning = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await until('the end of driver and executors', () => !pids.some(isRunning), 30);
    await until('the end of all workers', () => workersOn(prefix).length === 0, 10);
    expect((await gsRepartition(['--input-prefix', prefix])).code).toBe(0);
    expect(await alignedLocally(prefix)).toEqual(larger.aligned);
    expect(await leftUnder(prefix)).toEqual([]);
  });

  test('names part and executor of a task that fails', async () => {
    const prefix = await small.copy();
    const plan = await prepare({ inputPrefix: prefix });
    const [{ task }] = ownedTasks(plan) as Iterable<{ task: { output: string } }> as [
      { task: { output: string } },
    ];
    // A file where its folder should be.
    await mkdir(dirname(dirname(join(prefix, task.output))), { recursive: true });
    await writeFile(dirname(join(prefix, task.output)), '');
    const outcome = await gsRepartition(['--input-prefix', prefix, ...asWords(inOneProcess())]);
    expect(outcome.code).toBe(1);
    expect(errorLines(outcome)).toEqual([
      // Of all parts of the folder, whichever fails first.
      expect.stringMatching(
        new RegExp(`\\(on executor driver on \\S+, while it made ${dirname(task.output)}/part-[^/)]+\\)`),
      ),
    ]);
  });

  test('says what is missing on an executor, in one line', async () => {
    const prefix = await small.copy();
    const program = join(prefix, '..', 'gs-repartition-without-node');
    await writeFile(program, '#!/bin/sh\nexec node-that-is-not-there "$0" "$@"\n');
    await chmod(program, 0o755);
    const spark = inOneProcess(`spark.gsRepartition.command=${program}`);
    const outcome = await gsRepartition(['--input-prefix', prefix, ...asWords(spark)]);
    expect(outcome.code).toBe(1);
    expect(errorLines(outcome)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^gs-repartition: ${program} cannot be started: there is no Node\\.js \\(on executor driver on \\S+, while it read .*\\)\\. Install Node\\.js`,
        ),
      ),
    ]);
  });

  test('says in one line that there is no Spark', async () => {
    const prefix = await small.copy();
    const outcome = await gsRepartition([
      ...['--input-prefix', prefix, '--engine', 'spark', '--spark-submit', '/nowhere/spark-submit'],
    ]);
    expect(errorLines(outcome)).toEqual([
      'gs-repartition: there is no /nowhere/spark-submit. Install Spark and put its bin folder on the PATH, or say where spark-submit is with --spark-submit.',
    ]);
    expect(outcome.code).toBe(1);
  });
});

process.once('exit', () => {
  for (const pid of running('executor')) killTree(pid);
});
