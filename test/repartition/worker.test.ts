/** `gs-repartition worker` as whoever hands out tasks meets it: a process, lines in, lines out. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { ownedTasks, type Plan, prepare, type Task, type WorkerSetup } from 'gs-repartition';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checksums, copyFixture } from '../graphs/prefix.js';
import { MAIN } from '../cli/processes.js';
import { commandOf } from '../../src/repartition/spark.js';
import { readSetup, workerVersion } from '../../src/repartition/work/lines.js';
import { serveTasks } from '../../src/repartition/work/serve.js';
import { python } from '../support/paths.js';

interface Line {
  id?: number;
  made?: { output: string };
  found?: { facts: { rows: number; path: string }[]; schemas: unknown[] };
  error?: { message: string; report: { code: string } };
  heartbeat?: number;
}

class Worker {
  readonly lines: Line[] = [];
  readonly ended: Promise<unknown[]>;
  stderr = '';
  readonly child: ChildProcessWithoutNullStreams;

  constructor(setup: object) {
    this.child = spawn(process.execPath, [MAIN, 'worker', '--setup', JSON.stringify(setup)]);
    onTestFinished(() => void this.child.kill('SIGKILL'));
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
    });
    this.child.stderr.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.child.stdin.on('error', () => undefined);
    this.ended = once(this.child, 'close');
  }

  tell(...requests: object[]): void {
    for (const request of requests) this.child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  /** No more tasks. @returns the exit code, and the answers in the order of their numbers */
  async finish(): Promise<{ code: unknown; answers: Line[] }> {
    this.child.stdin.end();
    const [code] = await this.ended;
    const answers = this.lines.filter(({ id }) => id !== undefined).sort((a, b) => a.id! - b.id!);
    return { code, answers };
  }
}

const setupOf = ({ location }: Pick<Plan, 'location'>): WorkerSetup => ({
  version: workerVersion(),
  location,
});
const tasksOf = (plan: Plan): Task[] => [...ownedTasks(plan)].map(({ task }) => task);
const make = (task: Task): object => ({ id: task.id, make: task });

describe('a worker', () => {
  test('makes the parts that it is asked for, the same as a run in one process', async () => {
    const plan = await prepare({ inputPrefix: await copyFixture('movies') });
    const worker = new Worker(setupOf(plan));
    worker.tell(...tasksOf(plan).map(make));
    const { code, answers } = await worker.finish();
    expect(code).toBe(0);
    expect(answers.map(({ made }) => made?.output)).toEqual(tasksOf(plan).map(({ output }) => output));

    const other = await copyFixture('movies');
    const { repartition } = await import('gs-repartition');
    await repartition({ inputPrefix: other });
    const [sums, expected] = [await checksums(plan.prefix), await checksums(other)];
    for (const { made } of answers) {
      expect(sums.get(made!.output)).toBeDefined();
      // Names hold what tells the copies apart, bytes do not.
      expect([...expected.values()]).toContain(sums.get(made!.output));
    }
  });

  test('reads footers, and gives each schema once', async () => {
    const plan = await prepare({ inputPrefix: await copyFixture('movies') });
    const [group] = plan.groups;
    const [{ sources }] = group!.dataSets as [(typeof group & object)['dataSets'][0]];
    const worker = new Worker(setupOf(plan));
    worker.tell({ id: 7, read: { owner: 'edges', paths: sources.map(({ path }) => path) } });
    const { answers } = await worker.finish();
    const [{ id, found }] = answers as [Line];
    expect(id).toBe(7);
    expect(found!.facts.map(({ path, rows }) => [path, rows])).toEqual(
      sources.map(({ path, rows }) => [path, rows]),
    );
    expect(found!.schemas).toHaveLength(1);
  });

  test('answers a task that fails with its error, and goes on with the next', async () => {
    const plan = await prepare({ inputPrefix: await copyFixture('movies') });
    const [first, second] = tasksOf(plan) as [Task, Task];
    const [slice, ...others] = first.slices;
    const worker = new Worker(setupOf(plan));
    worker.tell(make({ ...first, slices: [{ ...slice, version: 'another' }, ...others] }), make(second));
    const { code, answers } = await worker.finish();
    expect(code).toBe(0);
    expect(answers[0]?.error?.report).toMatchObject({ code: 'changed' });
    expect(answers[1]?.made?.output).toBe(second.output);
  });

  test('says that it lives while it has nothing to do', async () => {
    const worker = new Worker(setupOf(await prepare({ inputPrefix: await copyFixture('movies') })));
    while (worker.lines.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    // A slow machine may have heard it a third time.
    expect(worker.lines.slice(0, 2)).toEqual([{ heartbeat: 0 }, { heartbeat: 0 }]);
  });

  test('ends by itself when nobody reads its answers', async () => {
    const worker = new Worker(setupOf(await prepare({ inputPrefix: await copyFixture('movies') })));
    worker.child.stdout.destroy();
    await worker.ended;
    expect(worker.child.exitCode).toBe(130);
  });

  test('says nothing of what it has not done when it is told to stop: others do it', async () => {
    const plan = await prepare({ inputPrefix: await copyFixture('movies') });
    const [input, output, stop] = [new PassThrough(), new PassThrough(), new AbortController()];
    const answers: Line[] = [];
    createInterface({ input: output }).on('line', (line) => {
      const said = JSON.parse(line) as Line;
      if (said.id === undefined) return;
      answers.push(said);
      stop.abort();
    });
    const tasks = tasksOf(plan);
    input.write(tasks.map((task) => `${JSON.stringify(make(task))}\n`).join(''));
    const served = serveTasks(JSON.stringify(setupOf(plan)), { input, output, signal: stop.signal });
    await expect(served).rejects.toMatchObject({ code: 'interrupted' });
    expect(answers.length).toBeLessThan(tasks.length);
    expect(answers.filter(({ error }) => error)).toEqual([]);
  });

  test('refuses, in every answer, the plan of another version', async () => {
    const plan = await prepare({ inputPrefix: await copyFixture('movies') });
    const worker = new Worker({ ...setupOf(plan), version: '0.0.1/1' });
    worker.tell(...tasksOf(plan).slice(0, 2).map(make));
    const { code, answers } = await worker.finish();
    expect(code).not.toBe(0);
    expect(answers.map(({ error }) => error?.message)).toEqual(
      Array(2).fill(`this is gs-repartition ${workerVersion()}, but the plan was made by 0.0.1/1`),
    );
  });

  test('ends with one line when it is told nonsense', async () => {
    const worker = new Worker(setupOf(await prepare({ inputPrefix: await copyFixture('movies') })));
    worker.tell({ id: 'one' });
    const { code } = await worker.finish();
    expect([code, worker.stderr]).toEqual([
      2,
      'gs-repartition: not a task: {"id":"one"}. A task is a line such as {"id": 1, "make": {…}}: see docs/scale.md.\n',
    ]);
    expect(() => readSetup('{"version":1}')).toThrow(
      'must be {"version": …, "location": {"scheme": …}}, as JSON',
    );
  });
});

test('Spark’s driver finds Node and the package wherever they lie', () => {
  const words = ['/opt/my node/bin/node', `/home/o'neill/"gs"/main.js`];
  const split = 'import json, shlex, sys; print(json.dumps(shlex.split(sys.argv[1])))';
  const { stdout } = spawnSync(python, ['-c', split, commandOf(...words)], { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual(words);
});
