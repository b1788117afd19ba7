/**
 * Threads that read units, one each at a time, as long as what they hold stays within bounds. A thread whose reader has
 * broken is replaced. Not Piscina: it would have to be told which of its threads to end, and of bytes on the way.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { fromErrorMessage, interrupted, throwIfAborted } from '../../../errors.js';
import type { Storage } from '../../../storage/storage.js';
import type { DeepSetup, FromThread, Unit, UnitFacts } from './model.js';

/** Room for compressed bytes beside the largest row group, of the 300 MB that a process may have. */
const MB = 1_000_000;
const [PROCESS_BYTES, BASE_BYTES, THREAD_BYTES, LEAST_ROOM] = [300 * MB, 70 * MB, 55 * MB, 10 * MB];

export interface PoolOptions {
  threads: number | undefined;
  signal: AbortSignal | undefined;
  onBytes: (bytes: number) => void;
  onDone: (unit: Unit, facts: UnitFacts) => void;
}

/**
 * Reads all units.
 * @throws the first thing that keeps a thread from looking, after all have stopped
 */
export async function readUnits(
  storage: Storage,
  units: readonly Unit[],
  { threads, signal, onBytes, onDone }: PoolOptions,
): Promise<void> {
  throwIfAborted(signal);
  const most = Math.min(availableParallelism(), storage.profile.mostThreads);
  if (most === 0) return readHere(storage, units, { threads, signal, onBytes, onDone });
  const count = Math.max(1, Math.min(threads ?? most, units.length));
  const largest = units.reduce((sum, unit) => Math.max(sum, unit.largest), 0);
  const room = largest + Math.max(LEAST_ROOM, PROCESS_BYTES - BASE_BYTES - count * THREAD_BYTES);
  const turns = new Turns(units, room);
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    turns.end();
  };
  const onAbort = (): void => fail(interrupted(signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.all(
      Array.from({ length: count }, () => work(storage, turns, { onBytes, onDone }).catch(fail)),
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
  { signal, onBytes, onDone }: PoolOptions,
): Promise<void> {
  const { readAny } = await import('./read-any.js');
  for (const unit of units) {
    throwIfAborted(signal);
    onDone(unit, (await readAny(storage, unit, { signal, onBytes })).facts);
  }
}

/** Takes units in turn until there are none. */
async function work(
  storage: Storage,
  turns: Turns,
  { onBytes, onDone }: Pick<PoolOptions, 'onBytes' | 'onDone'>,
): Promise<void> {
  let thread: Thread | undefined;
  try {
    for (let unit = await turns.next(); unit; unit = await turns.next()) {
      thread ??= new Thread(storage, onBytes);
      const { facts, isSpent } = await Promise.race([thread.read(unit), turns.ended]).finally(() =>
        turns.done(unit),
      );
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

  constructor(storage: Storage, onBytes: (bytes: number) => void) {
    const workerData: DeepSetup = { location: storage.location };
    this.worker = new Worker(new URL('./deep-worker.js', import.meta.url), { workerData });
    this.loaded = new Promise((resolve) => {
      this.worker.on('message', (message: FromThread) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'bytes') onBytes(message.bytes);
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

/** Who may begin: the next unit, when there is room for what it holds beside what others hold. */
class Turns {
  /** Rejects when all must stop. */
  readonly ended: Promise<never>;
  private stop: (error: Error) => void = () => undefined;
  private at = 0;
  private held = 0;
  private isOver = false;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly units: readonly Unit[],
    private readonly room: number,
  ) {
    this.ended = new Promise((_, reject) => (this.stop = reject));
    this.ended.catch(() => undefined);
  }

  async next(): Promise<Unit | undefined> {
    for (;;) {
      const unit = this.units[this.at];
      if (!unit || this.isOver) return undefined;
      // A range is held twice while its reader copies it.
      if (this.held === 0 || this.held + 2 * unit.largest <= this.room) {
        this.at++;
        this.held += unit.largest;
        return unit;
      }
      await new Promise<void>((go) => this.waiting.push(go));
    }
  }

  done(unit: Unit): void {
    this.held -= unit.largest;
    this.wake();
  }

  end(): void {
    this.isOver = true;
    this.stop(new Error('stopped'));
    this.wake();
  }

  private wake(): void {
    for (const go of this.waiting.splice(0)) go();
  }
}
