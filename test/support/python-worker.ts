/** A Python process of test/python that answers requests, and lives as long as the test file. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { python, repositoryRoot } from './paths.js';

interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/** One request at a time in Python; as many as you like here. Started by the first call, and again after it ended. */
export class PythonWorker {
  #running: RunningWorker | undefined;

  /** @param name for messages; @param script in test/python, with its arguments */
  constructor(
    private readonly name: string,
    private readonly script: string,
    private readonly args: readonly string[] = [],
  ) {}

  call(op: string, request: object): Promise<unknown> {
    this.#running ??= new RunningWorker(this.name, [this.script, ...this.args], () => {
      this.#running = undefined;
    });
    return this.#running.call(op, request);
  }

  /** Whatever it is doing; what was asked is rejected. */
  stop(): void {
    this.#running?.stop();
    this.#running = undefined;
  }
}

class RunningWorker {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  #stderr = '';
  #nextId = 1;

  constructor(
    private readonly name: string,
    [script, ...args]: readonly [string, ...string[]],
    private readonly ended: () => void,
  ) {
    this.#child = spawn(python, [join(repositoryRoot, 'test', 'python', script), ...args], {
      stdio: 'pipe',
      env: { ...process.env, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#take(JSON.parse(line) as Reply);
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4000);
    });
    this.#child.on('error', (error) => {
      this.#fail(`${python} could not be started (run node scripts/python-env.mjs): ${error.message}`);
    });
    this.#child.on('exit', (code, signal) => {
      this.#fail(
        `the Python worker of ${this.name} ended (${signal ?? `exit code ${code}`}): ${this.#stderr}`,
      );
    });
    this.#hold(false);
  }

  call(op: string, request: object): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#hold(true);
      this.#child.stdin.write(`${JSON.stringify({ ...request, id, op })}\n`);
    });
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#hold(false);
    if (reply.error === undefined) waiting?.resolve(reply.result);
    else waiting?.reject(new Error(`${this.name}: ${reply.error}`));
  }

  #fail(message: string): void {
    this.ended();
    for (const { reject } of this.#waiting.values()) reject(new Error(message));
    this.#waiting.clear();
  }

  /** Whether this process stays alive for the worker's sake; the worker ends when its standard input does. */
  #hold(on: boolean): void {
    const { stdin, stdout, stderr } = this.#child as unknown as Record<'stdin' | 'stdout' | 'stderr', Socket>;
    for (const one of [this.#child, stdin, stdout, stderr]) {
      if (on) one.ref();
      else one.unref();
    }
  }
}
