/** When a thread may start one more task: while there is room for what it will hold. */
import { setTimeout as wait } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Holding, Memory } from '../../memory.js';

/** What a task holds while its part is read and cut: indexes, pages, requests under way. Of a usual part, in bytes. */
export const TASK_BYTES = 1024 * 1024;
/** How long the next task waits before it looks again, in milliseconds. */
const LOOK_AGAIN = 5;

/** Lets the tasks of a thread start in their order. */
export class Admission {
  private readonly turn = pLimit(1);
  private running = 0;

  constructor(private readonly memory: Memory) {}

  /**
   * @param work is given what is counted for it, to be set right once it knows better
   * @param bytes that it will hold
   */
  async run<T>(work: (holding: Holding) => Promise<T>, bytes: number): Promise<T> {
    const holding = await this.turn(() => this.admit(bytes));
    this.running += 1;
    try {
      return await work(holding);
    } finally {
      this.running -= 1;
      holding.release();
    }
  }

  /** One task always runs, however much the others hold. */
  private async admit(bytes: number): Promise<Holding> {
    for (;;) {
      const holding = this.running === 0 ? this.memory.hold(bytes) : this.memory.tryHold(bytes);
      if (holding) return holding;
      await wait(LOOK_AGAIN);
    }
  }
}
