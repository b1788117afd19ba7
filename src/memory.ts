/**
 * The memory that the threads of a process share (D18). Whatever a file claims to need is asked for here before it is made:
 * it waits until others have given back theirs, and is refused when it is more than there is.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

/** Room that was given. */
export interface Room {
  /** So far. */
  readonly bytes: number;
  /**
   * Waits for more. Meanwhile all of it counts as given back, or two that wait for each other would wait for ever.
   * @throws MemoryError when the work would need more than all there is
   */
  grow(bytes: number): Promise<void>;
  /**
   * More for the same work, at once.
   * @throws MemoryError when the work would need more than all there is
   */
  more(bytes: number): void;
  /** Gives back what goes beyond so many bytes. */
  shrink(bytes: number): void;
  /** Gives all of it back. */
  release(): void;
}

/** What is there anyway, as bytes of a part that are made and wait to be written: nobody waits for it to be counted. */
export interface Holding {
  /** From now on it is so many bytes. */
  set(bytes: number): void;
  release(): void;
}

/** Work that needs more memory than there is. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';

  constructor(
    /** Bytes the work needs, as far as it got. */
    readonly needed: number,
    /** Bytes there are. */
    readonly total: number,
  ) {
    super(`needs ${inMegabytes(needed)} of memory where ${inMegabytes(total)} are to be had`);
  }

  /** What a process must be allowed in all, for this work to have its room: whole megabytes, as a person types them. */
  get allowance(): string {
    return inMegabytes(this.needed + PROCESS_BYTES);
  }
}

/** What crosses to another thread. */
export interface SharedMemory {
  total: number;
  used: Counter;
  /** What is held beside it. */
  held: Counter;
}

/** A sum over all threads, and of it what each thread has, by its number: one that dies gives nothing back. */
interface Counter {
  sum: Int32Array<SharedArrayBuffer>;
  byThread: Int32Array<SharedArrayBuffer>;
}

/** As long as no more than this share of the memory is in use, something more may begin. */
const STARTING_SHARE = 0.25;
/** Memory is counted in these, for the count has 32 bits. */
const UNIT = 1024;
/** How long somebody waits before looking again, in milliseconds: about as long as a page takes. */
const LOOK_AGAIN = 2;

/** What a process may take when nobody says. */
export const DEFAULT_MEMORY = 256 * 1024 * 1024;
/** Of it Node, its threads, their modules and the buffers of storages take about so much. */
const PROCESS_BYTES = 128 * 1024 * 1024;
/** What the process takes before it has threads. */
const MAIN_BYTES = 112 * 1024 * 1024;
/** However little a process may take, a page of a usual writer fits. */
const SMALLEST_TOTAL = 16 * 1024 * 1024;

/**
 * Worker threads that a process has memory for.
 * @param each bytes that a thread adds: a heap, and what it has in hand
 */
export function threadsWithin(allowance: number, each: number): number {
  return Math.max(1, Math.floor((allowance - MAIN_BYTES) / each));
}

/** More threads than a process has at a time: their numbers go on, and share places. */
const PLACES = 1024;

/** Counts what is taken; nothing is allocated here. */
export class Memory {
  private constructor(private readonly shared: SharedMemory) {}

  /** @param allowance bytes that the process may take in all */
  static within(allowance: number): Memory {
    const total = Math.max(allowance - PROCESS_BYTES, SMALLEST_TOTAL);
    return new Memory({ total, used: newCounter(), held: newCounter() });
  }

  /** The memory of another thread of this process. */
  static sharedBy(shared: SharedMemory): Memory {
    return new Memory(shared);
  }

  share(): SharedMemory {
    return this.shared;
  }

  /** Gives back what a thread holds that has died. */
  forget(thread: number): void {
    for (const { sum, byThread } of [this.shared.used, this.shared.held]) {
      Atomics.sub(sum, 0, Atomics.exchange(byThread, thread % PLACES, 0));
    }
  }

  /** Bytes there are for files' claims. */
  get total(): number {
    return this.shared.total;
  }

  /**
   * Waits until so many bytes are free. Whoever holds room asks it for more.
   * @throws MemoryError when there are not so many at all
   */
  async take(bytes: number): Promise<Room> {
    if (bytes > this.total) throw new MemoryError(bytes, this.total);
    const { total } = this.shared;
    let held = await this.add(Math.ceil(bytes / UNIT));
    const shrink = (to: number): void => {
      const kept = Math.min(held, Math.ceil(to / UNIT));
      this.change(kept - held);
      held = kept;
    };
    return {
      get bytes() {
        return held * UNIT;
      },
      grow: async (further) => {
        const needed = held * UNIT + further;
        if (needed > total) throw new MemoryError(needed, total);
        shrink(0);
        held = await this.add(Math.ceil(needed / UNIT));
      },
      more: (further) => {
        const needed = held * UNIT + further;
        if (needed > total) throw new MemoryError(needed, total);
        const units = Math.ceil(further / UNIT);
        this.change(units);
        held += units;
      },
      shrink,
      release: () => {
        shrink(0);
      },
    };
  }

  /**
   * Counts bytes that somebody holds, if they and all that is used and held are a quarter of what there is: the rest is
   * for what is asked for by those who have begun, and for what of it nobody holds any more and V8 has not collected. Who takes room does not wait for what is held.
   */
  tryHold(bytes: number): Holding | undefined {
    const { used, held, total } = this.shared;
    const units = Math.ceil(bytes / UNIT);
    const isRoom =
      (Atomics.load(used.sum, 0) + Atomics.load(held.sum, 0) + units) * UNIT <= total * STARTING_SHARE;
    return isRoom ? this.hold(bytes) : undefined;
  }

  /** The same, whether they fit or not. */
  hold(bytes: number): Holding {
    const { held } = this.shared;
    let units = 0;
    const set = (to: number): void => {
      const wanted = Math.ceil(to / UNIT);
      add(held, wanted - units);
      units = wanted;
    };
    set(bytes);
    return {
      set,
      release: () => {
        set(0);
      },
    };
  }

  private async add(units: number): Promise<number> {
    while (!this.tryAdd(units)) await wait(LOOK_AGAIN);
    return units;
  }

  private tryAdd(units: number): boolean {
    const { total } = this.shared;
    const before = this.change(units);
    // Whoever is alone is let in: then nobody is left who could give anything back.
    if (before === 0 || (before + units) * UNIT <= total) return true;
    this.change(-units);
    return false;
  }

  /** @returns what was used before */
  private change(units: number): number {
    return add(this.shared.used, units);
  }
}

function newCounter(): Counter {
  const [sum, byThread] = [1, PLACES].map((count) => new Int32Array(new SharedArrayBuffer(4 * count)));
  return { sum: sum!, byThread: byThread! };
}

/** @returns the sum before */
function add({ sum, byThread }: Counter, units: number): number {
  Atomics.add(byThread, threadId % PLACES, units);
  return Atomics.add(sum, 0, units);
}

function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / (1024 * 1024))} MB`;
}
