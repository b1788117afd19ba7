/**
 * Threads that read units, one each at a time. A thread whose reader has broken or grown large is replaced. Not Piscina: it
 * would have to be told which of its threads to end, and of bytes on the way.
 */
import { Worker } from 'node:worker_threads';
import { fromErrorMessage, interrupted, throwIfAborted } from '../../../errors.js';
import { DEFAULT_MEMORY, Memory } from '../../../memory.js';
import { isToldOfSentAgain, tellSentAgain } from '../../../sent-again.js';
import { COUNTERS } from '../../../storage/registry.js';
import type { Storage } from '../../../storage/storage.js';
import type { Tally } from '../../../storage/tally.js';
import { defaultThreads } from '../../default-threads.js';
import type { DeepSetup, FromThread, Unit, UnitFacts } from './model.js';

/** Short-lived objects: a small nursery keeps the threads' memory down, as in a run's threads. */
const NURSERY_MB = 4;

export interface PoolOptions {
  threads: number | undefined;
  /** Bytes that the process may take. */
  memory: number | undefined;
  signal: AbortSignal | undefined;
  /** Where the threads count what they meet with. */
  tally: Tally;
  onBytes: (bytes: number) => void;
  onDone: (unit: Unit, facts: UnitFacts) => void;
}

/** What a thread takes with parquet-wasm and what it has in hand, measured: two stay below 300 MB in all. */
const THREAD_BYTES = 64 * 1024 * 1024;

/**
 * Reads all units.
 * @throws the first thing that keeps a thread from looking, after all have stopped
 */
export async function readUnits(
  storage: Storage,
  units: readonly Unit[],
  { threads, memory: allowance = DEFAULT_MEMORY, signal, tally, onBytes, onDone }: PoolOptions,
): Promise<void> {
  throwIfAborted(signal);
  const memory = Memory.within(allowance);
  const usual = defaultThreads(storage.profile, allowance, THREAD_BYTES);
  if (usual === 0) return readHere(storage, units, { memory, signal, onBytes, onDone });
  const count = Math.max(1, Math.min(threads ?? usual, units.length));
  const turns = new Turns(units);
  const setup: DeepSetup = {
    location: storage.location,
    memory: memory.share(),
    threads: count,
    counters: new Int32Array(new SharedArrayBuffer(4 * COUNTERS)),
    tally: tally.share(),
    tellsSentAgain: isToldOfSentAgain(),
  };
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    turns.end();
  };
  const onAbort = (): void => fail(interrupted(signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.all(
      Array.from({ length: count }, () => work(setup, turns, { memory, onBytes, onDone }).catch(fail)),
    );
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- as it was thrown
  if (failure !== undefined) throw failure;
}

/** For storages that no other thread can open. */
async function readHere(
  storage: Storage,
  units: readonly Unit[],
  { memory, signal, onBytes, onDone }: Omit<PoolOptions, 'threads' | 'memory' | 'tally'> & { memory: Memory },
): Promise<void> {
  const { readAny } = await import('./read-any.js');
  const { Desk } = await import('./desk.js');
  const desk = new Desk();
  for (const unit of units) {
    throwIfAborted(signal);
    onDone(unit, (await readAny(storage, unit, { memory, desk, signal, onBytes })).facts);
  }
}

/** Takes units in turn until there are none. */
async function work(
  setup: DeepSetup,
  turns: Turns,
  { memory, onBytes, onDone }: Pick<PoolOptions, 'onBytes' | 'onDone'> & { memory: Memory },
): Promise<void> {
  let thread: Thread | undefined;
  try {
    for (let unit = turns.next(); unit; unit = turns.next()) {
      thread ??= new Thread(setup, memory, onBytes);
      const { facts, isSpent } = await Promise.race([thread.read(unit), turns.ended]);
      onDone(unit, facts);
      if (!isSpent) continue;
      await thread.end();
      thread = undefined;
    }
  } finally {
    await thread?.end();
  }
}

interface Answer {
  facts: UnitFacts;
  isSpent: boolean;
}

class Thread {
  private readonly worker: Worker;
  private readonly loaded: Promise<void>;
  private unit: Unit | undefined;
  private settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  private broken: Error | undefined;
  /** It has none once it has ended. */
  private readonly number: number;

  constructor(
    setup: DeepSetup,
    private readonly memory: Memory,
    onBytes: (bytes: number) => void,
  ) {
    this.worker = new Worker(new URL('./deep-worker.js', import.meta.url), {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
    });
    this.number = this.worker.threadId;
    this.loaded = new Promise((resolve) => {
      this.worker.on('message', (message: FromThread) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'bytes') onBytes(message.bytes);
        else if (message.kind === 'sent-again') tellSentAgain(() => message.line);
        else if (message.kind === 'done') this.settle?.resolve(message);
        else this.settle?.reject(fromErrorMessage(message.error));
      });
      this.worker.on('error', (error) => this.onBroken(error));
      this.worker.on('exit', (code) => {
        resolve();
        this.onBroken(new Error(`a thread ended with code ${code}`));
      });
    });
  }

  read(unit: Unit): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.unit = unit;
      this.settle = { resolve, reject };
      if (this.broken) reject(this.broken);
      else this.worker.postMessage(unit);
    });
  }

  /** One that is ended while it loads modules may hang: Node.js 24 does. */
  async end(): Promise<void> {
    this.settle = undefined;
    await this.loaded;
    await this.worker.terminate();
    this.memory.forget(this.number);
  }

  /** What parquet-wasm's authors took for impossible ends the thread: no promise of theirs is told. */
  private onBroken(error: Error): void {
    this.broken ??= error;
    if (error.name !== 'RuntimeError' || !this.unit) {
      this.settle?.reject(error);
      return;
    }
    const path = this.unit.kind === 'part' ? this.unit.path : (this.unit.parts[0]?.path ?? '');
    const problem = `its pages cannot be read (parquet-wasm: ${error.message})`;
    this.settle?.resolve({ facts: { kind: 'unreadable', path, problem }, isSpent: true });
  }
}

/** The units, each once, until there are no more or all must stop. */
class Turns {
  /** Rejects when all must stop. */
  readonly ended: Promise<never>;
  private stop: (error: Error) => void = () => undefined;
  private at = 0;
  private isOver = false;

  constructor(private readonly units: readonly Unit[]) {
    this.ended = new Promise((_, reject) => (this.stop = reject));
    this.ended.catch(() => undefined);
  }

  next(): Unit | undefined {
    return this.isOver ? undefined : this.units[this.at++];
  }

  end(): void {
    this.isOver = true;
    this.stop(new Error('stopped'));
  }
}
