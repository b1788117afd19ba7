import pLimit, { type LimitFunction } from 'p-limit';
import type { OwnThread } from '../storage/registry.js';

/** Requests in flight at first. */
const FIRST_CAP = 32;
/** What is left of the cap after a SlowDown. With less of it the allowed rate is used worse, with more it takes longer to be found. */
const KEPT_SHARE = 0.75;

/** Places in the counters that the threads share. */
const [CAP, ERA, SUCCESSES] = [0, 1, 2];

/**
 * A cap on requests in flight that follows what S3 can take. It begins low and doubles with each round of answers, as long
 * as there is more to ask for; the first SlowDown ends that, and each takes a quarter of it away, once for all requests
 * that were on their way together. From then on it is raised by one after as many successes as it is high (additive
 * increase, multiplicative decrease). The cap is that of all threads, and each has an equal share.
 *
 * The SDK's adaptive retries slow down the *rate* of one client; this bounds how much work stands in line,
 * so that a burst of 503s is not answered by as many retries as there were requests.
 */
export class Throttle {
  private readonly limit: LimitFunction;
  private readonly threads: number;
  private readonly counters: Int32Array;

  /** @param max requests of all threads */
  constructor(
    readonly max: number,
    { threads, counters }: Pick<OwnThread, 'threads' | 'counters'> = {
      threads: 1,
      counters: new Int32Array(new SharedArrayBuffer(12)),
    },
  ) {
    this.threads = threads;
    this.counters = counters;
    Atomics.compareExchange(counters, CAP, 0, Math.min(max, FIRST_CAP));
    this.limit = pLimit(this.share);
  }

  /** How many requests may be in flight now, in all threads. */
  get cap(): number {
    return Atomics.load(this.counters, CAP);
  }

  /** Runs `work` as soon as the cap lets it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.limit(work);
  }

  /** Notes that an attempt leaves; its answer is told to the function that comes back. */
  attempt(): (outcome: 'fine' | 'slow-down') => void {
    const era = Atomics.load(this.counters, ERA);
    return (outcome) => {
      if (outcome === 'fine') this.succeeded();
      // Requests sent before the last cut were sent under the old cap and say nothing new.
      else if (Atomics.compareExchange(this.counters, ERA, era, era + 1) === era) this.cut();
      if (this.limit.concurrency !== this.share) this.limit.concurrency = this.share;
    };
  }

  private get share(): number {
    return Math.max(1, Math.ceil(this.cap / this.threads));
  }

  private succeeded(): void {
    const { cap, counters } = this;
    // A cap that nobody waits for has not been tried.
    if (cap >= this.max || this.limit.pendingCount === 0) return;
    const isFirstRise = Atomics.load(counters, ERA) === 0;
    if (!isFirstRise) {
      if (Atomics.add(counters, SUCCESSES, 1) + 1 < cap) return;
      Atomics.store(counters, SUCCESSES, 0);
    }
    Atomics.compareExchange(counters, CAP, cap, cap + 1);
  }

  private cut(): void {
    const { cap, counters } = this;
    Atomics.store(counters, SUCCESSES, 0);
    Atomics.store(counters, CAP, Math.max(1, Math.floor(cap * KEPT_SHARE)));
  }
}
