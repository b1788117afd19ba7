/**
 * Tasks on Spark: `spark-submit` starts a driver of ours (`spark/align_tasks.py`), which connects to this process over the
 * loopback and hands on what it is told. The end of that connection is the end of the driver, whoever ends it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { interrupted, messageOf, RepartitionError } from '../errors.js';
import type { Log, SparkOptions } from './api.js';
import type { BatchOutcome, Cluster } from './cluster.js';
import { sparkSession } from './options.js';
import { quoted } from '../quoted.js';
import { failedJob, gone, lastError, neverReady, notStarted, noWorker } from './spark-words.js';
import type { Answer, Request, WorkerSetup } from './work/lines.js';

/** `src/repartition`, `dist/repartition` and `dist/bin` are equally far from both. */
const DRIVER = fileURLToPath(new URL('../../spark/align_tasks.py', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url));

/** Lines of Spark's log that are kept for the one that tells why it ended. */
const KEPT_LINES = 200;
/** How long a driver that was told to stop may take before it is killed. */
const STOP_MS = 20_000;
/** How long workers that were cut off take to stop what they had begun: they notice at the next heartbeat. */
const SETTLE_MS = 2_500;

/** What the driver says. */
type Message =
  | { ready: { cores: number; application: string } }
  | { batch: number; executor: string; answers: string[]; cores: number }
  /** No worker can be started there. */
  | { batch: number; executor: string; missing: string }
  /** Batches of a job that is over: those without an answer get none, and this is why. */
  | { over: number[]; why: string };

interface Waiting {
  resolve: (outcome: BatchOutcome) => void;
  reject: (error: unknown) => void;
}

/**
 * Starts a Spark application and waits until it is ready. Several runs may share it.
 * @throws RepartitionError `not-found` when there is no `spark-submit`, `limit` when Spark does not start, `usage`, `interrupted`
 *
 * @example
 * ```ts no-run
 * import { repartition, startSpark } from 'gs-repartition';
 *
 * const cluster = await startSpark({ master: 'yarn', conf: ['spark.executor.cores=4'] });
 * for (const name of ['papers', 'movies']) await repartition({ inputPrefix: `s3://graphs/${name}`, cluster });
 * await cluster.close();
 * ```
 */
export async function startSpark(
  options: SparkOptions,
  { signal, log }: { signal?: AbortSignal | undefined; log?: Log | undefined } = {},
): Promise<Cluster> {
  requireClientMode(options);
  const driver = await (sessionOf(options) ?? submit(options, log, signal));
  return SparkCluster.over(driver, { signal, log });
}

/** A driver's end of the line. */
interface Driver {
  socket: Socket;
  /** Why it ended, as far as anybody knows. */
  reason: () => string;
  /** Resolves when nothing is left of it. */
  ended: () => Promise<void>;
}

/** In cluster mode the driver runs on a machine that cannot be reached from here. */
function requireClientMode({ conf = [] }: SparkOptions): void {
  if (!conf.some((one) => /^spark\.submit\.deployMode=cluster$/.test(one.trim()))) return;
  throw new RepartitionError('usage', 'the Spark driver must run here, in client mode', {
    hint: 'Leave spark.submit.deployMode out; to run all of it in the cluster, submit spark/align_tasks.py itself: see docs/scale.md.',
  });
}

/** The session of a driver that has started this very process. */
function sessionOf(options: SparkOptions): Driver | undefined {
  const fd = sparkSession(options);
  if (fd === undefined) return undefined;
  const socket = new Socket({ fd, readable: true, writable: true });
  return { socket, reason: () => 'its session was closed', ended: () => Promise.resolve() };
}

async function submit(
  { master, conf = [], submit: program = 'spark-submit' }: SparkOptions,
  log: Log | undefined,
  signal: AbortSignal | undefined,
): Promise<Driver> {
  const token = randomBytes(16).toString('hex');
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  // On one machine the workers are this very program; elsewhere they are what the executors find on their PATH.
  const own = isLocal(master)
    ? ['--conf', `spark.gsRepartition.command=${commandOf(process.execPath, MAIN)}`]
    : [];
  const words = [
    ...(master === undefined ? [] : ['--master', master]),
    ...own,
    ...conf.flatMap((one) => ['--conf', one]),
    DRIVER,
    `127.0.0.1:${port}`,
  ];
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C is for us, who stop Spark in order; and what does not stop can be killed as a whole.
    detached: true,
    env: { ...process.env, GS_REPARTITION_SPARK_TOKEN: token },
  });
  const killed = (): void => kill(child);
  process.once('exit', killed);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log?.debug(`spark: ${line}`);
      said.push(line);
      if (said.length > KEPT_LINES) said.shift();
    });
  }
  const closed = once(child, 'close').then(
    ([code, by]: unknown[]) => by ?? code,
    (error: unknown) => error,
  );
  try {
    const failed = closed.then((how) => {
      throw notStarted(program, how, said);
    });
    const socket = await Promise.race([connection(server, token), failed, stopped(signal)]);
    return {
      socket,
      reason: () => lastError(said) ?? 'its driver has ended',
      ended: async () => {
        await Promise.race([closed, sleep(STOP_MS, undefined, { ref: false })]);
        kill(child);
        await closed;
        process.off('exit', killed);
      },
    };
  } catch (error) {
    kill(child);
    process.off('exit', killed);
    throw error;
  } finally {
    server.close();
  }
}

/**
 * How the driver starts a worker: a line that Python's `shlex` splits.
 * @internal exported for its tests
 */
export function commandOf(...words: string[]): string {
  return words.map(quoted).join(' ');
}

function isLocal(master = ''): boolean {
  return /^local\b/.test(master);
}

/** With its children: the launcher is a shell, Spark a Java process below it, the driver a Python process below that. */
function kill({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || (exitCode !== null && signalCode !== null)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** The first who connects and knows the token; others are cut off. */
function connection(server: Server, token: string): Promise<Socket> {
  return new Promise((resolve) => {
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => socket.destroy());
      let head = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        head = Buffer.concat([head, chunk]);
        if (head.length < token.length + 1) return;
        socket.off('data', onData).pause();
        if (!timingSafeEqual(head.subarray(0, token.length), Buffer.from(token))) {
          socket.destroy();
          return;
        }
        if (head.length > token.length + 1) socket.unshift(head.subarray(token.length + 1));
        resolve(socket);
      };
      socket.on('data', onData).resume();
    });
  });
}

function stopped(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(interrupted(signal));
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

class SparkCluster implements Cluster {
  private next = 0;
  private readonly waiting = new Map<number, Waiting>();
  private end: RepartitionError | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly driver: Driver,
    private coresNow: number,
  ) {}

  get cores(): number {
    return this.coresNow;
  }

  static async over(
    driver: Driver,
    { signal, log }: { signal?: AbortSignal | undefined; log?: Log | undefined },
  ): Promise<SparkCluster> {
    const lines = createInterface({ input: driver.socket });
    const source = lines[Symbol.asyncIterator]();
    driver.socket.on('error', () => lines.close());
    const first = await Promise.race([source.next(), stopped(signal)]).catch(async (error: unknown) => {
      driver.socket.destroy();
      await driver.ended();
      throw error;
    });
    if (first.done) {
      await driver.ended();
      throw neverReady(driver.reason());
    }
    const { ready } = JSON.parse(first.value) as Extract<Message, { ready: unknown }>;
    log?.info(`Spark application ${ready.application}: ${ready.cores} tasks at a time`);
    const cluster = new SparkCluster(driver, ready.cores);
    void cluster.listen(source);
    return cluster;
  }

  async run(setup: WorkerSetup, batch: readonly Request[]): Promise<BatchOutcome> {
    if (this.end) throw this.end;
    const number = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      const tasks = batch.map((request) => JSON.stringify(request));
      this.driver.socket.write(`${JSON.stringify({ batch: number, setup: JSON.stringify(setup), tasks })}\n`);
    });
  }

  close(): Promise<void> {
    return (this.closing ??= this.stop());
  }

  private async stop(): Promise<void> {
    const isBusy = this.waiting.size > 0;
    this.fail(new RepartitionError('interrupted', 'the Spark application was stopped'));
    this.driver.socket.end();
    await this.driver.ended();
    this.driver.socket.destroy();
    if (isBusy) await sleep(SETTLE_MS);
  }

  private async listen(lines: AsyncIterable<string>): Promise<void> {
    try {
      for await (const line of lines) this.take(JSON.parse(line) as Message);
    } catch (error) {
      this.fail(gone(messageOf(error)));
    }
    this.fail(gone(this.driver.reason()));
  }

  private take(message: Message): void {
    if ('batch' in message) {
      const { batch, executor } = message;
      if ('cores' in message) this.coresNow = message.cores;
      this.settle(
        batch,
        'missing' in message
          ? { executor, error: noWorker(message.missing) }
          : { executor, answers: message.answers.map((line) => JSON.parse(line) as Answer) },
      );
    } else if ('over' in message && message.over.some((batch) => this.waiting.has(batch))) {
      for (const [batch, outcome] of failedJob(message.why, message.over)) this.settle(batch, outcome);
    }
  }

  private settle(batch: number, outcome: BatchOutcome | RepartitionError): void {
    const waiting = this.waiting.get(batch);
    this.waiting.delete(batch);
    if (outcome instanceof RepartitionError) waiting?.reject(outcome);
    else waiting?.resolve(outcome);
  }

  private fail(error: RepartitionError): void {
    this.end ??= error;
    for (const { reject } of this.waiting.values()) reject(this.end);
    this.waiting.clear();
  }
}
